"""What other users could change or read is refused before anything is opened, and the hint ends the refusal."""

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ravi.server.command import main
from ravi.server.command.modes import OWN_CERTIFICATE
from ravi.server.smtp.tls import FILE


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a database in it, as the server itself made them under the most usual umask."""
    before = os.umask(0o022)
    try:
        assert main(["owner", "add", "ada@example.org", "--data", str(tmp_path / "data")]) == 0
    finally:
        os.umask(before)
    return tmp_path / "data"


@pytest.fixture
def refused(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """`refused(*settings)`: neither the check nor the start nor another command gets by; return the error."""

    def run(*settings: str) -> dict[str, Any]:
        said = []
        for command in (["config", "check"], ["run", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]):
            capsys.readouterr()
            assert main([*command, "--data", str(data), *settings]) == 1
            captured = capsys.readouterr()
            assert captured.out == ""
            said.append(json.loads(captured.err.splitlines()[-1]))
        assert said[0] == said[1]
        assert said[0]["code"] == "config.invalid"
        return said[0]

    return run


def follow(hint: str) -> None:
    """Do what the hint says, as its reader would: commands, and asides in brackets."""
    for command in hint.split("; "):
        subprocess.run(command.partition(" (")[0], shell=True, check=True)


def checks(data: Path, *settings: str) -> bool:
    return main(["config", "check", "--data", str(data), *settings]) == 0


def test_what_the_server_made_itself_is_closed_and_no_problem(data: Path) -> None:
    assert mode(data) == 0o700
    assert {mode(each) for each in data.iterdir()} == {0o600}
    assert checks(data)


@pytest.mark.parametrize("loose", [0o702, 0o777, 0o1777])
def test_a_data_directory_that_others_can_write_to_is_refused(data: Path, refused, loose: int) -> None:
    data.chmod(loose)

    document = refused()

    assert str(data) in document["error"]
    assert main(["owner", "add", "bob@example.org", "--data", str(data)]) == 1
    follow(document["hint"])
    assert checks(data)


@pytest.mark.parametrize("usual", [0o755, 0o750, 0o711])
def test_a_directory_made_by_somebody_else_under_a_usual_umask_will_do(data: Path, usual: int) -> None:
    data.chmod(usual)
    assert checks(data)
    assert main(["owner", "add", "bob@example.org", "--data", str(data)]) == 0
    assert mode(data) == usual


def test_inside_a_directory_open_to_all_the_server_makes_a_private_one(tmp_path: Path) -> None:
    """Volumes of containers are like that."""
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume").chmod(0o777)

    assert main(["owner", "add", "ada@example.org", "--data", str(tmp_path / "volume" / "ravi-server")]) == 0

    assert mode(tmp_path / "volume" / "ravi-server") == 0o700


@pytest.mark.parametrize("name", ["ravi.db", "ravi.db-wal", "ravi.db-shm", "ravi.db.lock", "config.toml"])
def test_a_file_that_others_can_write_is_refused(data: Path, refused, name: str) -> None:
    (data / name).touch()
    (data / name).chmod(0o602)

    document = refused()

    assert document["error"] == f"{data / name} can be written by other users"
    follow(document["hint"])
    assert mode(data / name) == 0o600
    assert checks(data)


def test_a_database_that_others_can_only_read_is_closed(data: Path) -> None:
    """It was copied there, say, under the usual umask."""
    (data / "ravi.db").chmod(0o644)
    (data / "ravi.db-journal").touch(0o644)

    assert main(["owner", "add", "bob@example.org", "--data", str(data)]) == 0

    assert mode(data / "ravi.db") == mode(data / "ravi.db-journal") == 0o600


@pytest.mark.parametrize("setting", ["--dkim-key", "--tls-key", "--smtp-tls-key"])
@pytest.mark.parametrize("loose", [0o644, 0o602, 0o601, 0o666])
def test_a_private_key_that_everybody_can_read_or_write_is_refused(
    data: Path, refused, tmp_path: Path, setting: str, loose: int
) -> None:
    key = tmp_path / "a key.pem"
    key.write_text("whatever it holds")
    settings = [setting, str(key)]
    if "tls" in setting:
        settings += [setting.replace("-key", "-cert"), str(key)]
    key.chmod(loose)

    document = refused(*settings)

    assert document["error"] == f"{setting[2:].replace('-', '_')}: {key} is open to other users"
    follow(document["hint"])
    assert checks(data, *settings)


@pytest.mark.parametrize("usual", [0o600, 0o400, 0o640, 0o440])
def test_a_private_key_may_be_shared_with_a_group(data: Path, tmp_path: Path, usual: int) -> None:
    key = tmp_path / "key.pem"
    key.write_text("whatever it holds")
    key.chmod(usual)

    assert checks(data, "--dkim-key", str(key))


def test_the_servers_own_certificate_that_others_could_read_is_refused_and_made_anew(data: Path, refused) -> None:
    assert OWN_CERTIFICATE == FILE
    (data / FILE).write_text("a key that somebody knows")
    (data / FILE).chmod(0o640)

    follow(refused()["hint"])

    assert not (data / FILE).exists()
    assert checks(data)


def test_everything_is_told_at_once_with_all_that_is_to_be_done(data: Path, refused) -> None:
    (data / "config.toml").touch()
    (data / "config.toml").chmod(0o666)
    data.chmod(0o777)

    document = refused()

    assert document["error"] == "2 files or directories are open to other users"
    assert len(document["details"]) == 2
    follow(document["hint"])
    assert checks(data)
