"""Which machine this is, what is written beside a binding, and how a lock goes away with what it guards."""

import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ravi.errors import ConfigInvalid, UsageError
from ravi.settings.locking import locked
from ravi.settings.sandbox import network_hint
from ravi.settings.workspace import Workspace
from ravi.settings.workspace_env import check_free, locate, remove_env, write_env
from ravi.settings.workspace_gone import judge
from ravi.settings.workspace_host import find_host, host, number_of

ONE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def workspace(tmp_path: Path, home: Path) -> Workspace:
    folder = tmp_path / "agent"
    folder.mkdir()
    return Workspace(str(folder), home=str(home))


def test_a_machine_has_one_number_whoever_asks_first(tmp_path: Path) -> None:
    assert find_host(str(tmp_path)) is None
    ask = "import sys\nfrom ravi.settings.workspace_host import host\nprint(host(sys.argv[1]))"
    processes = [
        subprocess.Popen([sys.executable, "-c", ask, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    answers = {process.communicate()[0].strip() for process in processes}

    assert answers == {host(str(tmp_path))} == {find_host(str(tmp_path))}
    assert len(number_of(answers.pop())) == 8
    assert (tmp_path / "host_id").stat().st_mode & 0o777 == 0o600


def test_two_homes_on_one_machine_have_two_numbers(tmp_path: Path) -> None:
    assert host(str(tmp_path / "a")) != host(str(tmp_path / "b"))


def test_a_number_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "host_id").write_text("my laptop\n")

    with pytest.raises(ConfigInvalid, match="8 hexadecimal digits"):
        host(str(tmp_path))


@pytest.mark.parametrize("name", ["laptop", "laptop:", "laptop:0123", "laptop:ABCDEF01", "ci/run-17", ""])
def test_what_others_record_as_their_host_has_no_number_of_ours(name: str) -> None:
    assert number_of(name) == ""


def test_another_machines_identities_are_nobodys_business(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    (tmp_path / "there").touch()

    assert judge(ONE, "laptop:0badcafe", gone, here="laptop:01234567") is None
    assert judge(ONE, "laptop", gone, here="laptop:01234567") is None
    judged = judge(ONE, "laptop:01234567", gone, here="laptop:01234567")
    assert judged is not None
    assert judged[0] == "gone"


@pytest.mark.parametrize("path", ["", "relative/path", "/proc/1/no/such/place", "\0"])
def test_a_path_that_cannot_be_judged_is_unsure(path: str) -> None:
    judged = judge(ONE, "h:01234567", path, here="h:01234567")

    assert judged is not None
    assert judged[0] == "unsure"


def test_an_environment_file_is_ours_from_its_first_line_on(workspace: Workspace) -> None:
    path = locate(workspace, ".env.local")

    write_env(path, "A=1\n")
    check_free(path)
    write_env(path, "A=2\n")

    text = Path(path).read_text()
    assert text.startswith("# ")
    assert text.endswith("\nA=2\n")
    assert remove_env(workspace, ".env.local")
    assert not remove_env(workspace, ".env.local")


@pytest.mark.parametrize("put", ["file", "link", "directory", "fifo"])
def test_what_is_somebody_elses_is_not_written_over(workspace: Workspace, tmp_path: Path, put: str) -> None:
    path = Path(locate(workspace, ".env.local"))
    {
        "file": lambda: path.write_text("MINE=1\n"),
        "link": lambda: path.symlink_to(tmp_path / "elsewhere"),
        "directory": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
    }[put]()

    with pytest.raises(ConfigInvalid):
        write_env(str(path), "A=1\n")

    assert not remove_env(workspace, ".env.local")
    assert path.is_symlink() or path.exists()
    assert not (tmp_path / "elsewhere").exists()


def test_an_environment_file_behind_a_link_out_of_the_workspace_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    (Path(workspace.path) / "out").symlink_to(tmp_path)

    with pytest.raises(UsageError):
        locate(workspace, "out/.env")


def test_who_waits_for_a_lock_whose_file_was_removed_gets_the_new_one(tmp_path: Path) -> None:
    folder = tmp_path / ".ravi"
    config = str(folder / "config.json")
    entered = []

    def wait() -> None:
        with locked(config, config, patience=20):
            entered.append(time.monotonic())
            time.sleep(0.2)
            entered.append(time.monotonic())

    with locked(config, config):
        waiting = [threading.Thread(target=wait) for _ in range(4)]
        for thread in waiting:
            thread.start()
        time.sleep(0.2)
        shutil.rmtree(folder)
    for thread in waiting:
        thread.join()

    assert len(entered) == 8
    spans = sorted(zip(entered[::2], entered[1::2], strict=True))
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans)), "one at a time"
    assert Path(config + ".lock").exists()


def test_a_sandbox_without_network_is_told_apart() -> None:
    assert network_hint({}) is None
    assert network_hint({"CODEX_SANDBOX_NETWORK_DISABLED": "0"}) is None
    assert "network_access" in str(network_hint({"CODEX_SANDBOX_NETWORK_DISABLED": "1"}))
