"""The program from argv to exit code, without a server."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ravi.server.command import main
from ravi.settings.server import SETTINGS
from ravi.settings.server_example import example
from ravi.version import __version__


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """The program sets the umask of its process, which here is that of the tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def error_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    captured = capsys.readouterr()
    assert captured.out == ""
    document: dict[str, Any] = json.loads(captured.err)
    assert set(document) <= {"error", "code", "hint", "details"}
    return document


def test_the_version_is_one_json_document_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]):
    assert main(["version"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": __version__}


def test_people_may_ask_for_text(capsys: pytest.CaptureFixture[str]):
    assert main(["version", "--human"]) == 0
    assert capsys.readouterr().out == f"ravi-server {__version__}\n"


@pytest.mark.parametrize("argv", [[], ["--help"], ["help"]])
def test_help_lists_every_command(argv: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert all(f"  {command} " in out for command in ("run", "owner add", "signin-code", "migrate", "config check"))


def test_help_of_run_names_every_flag_and_variable(capsys: pytest.CaptureFixture[str]):
    assert main(["run", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for setting in SETTINGS:
        assert f"{setting.flag} " in out
        assert f"[{setting.variable};" in out.replace("- ", "-")


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]):
    assert main(["rnu"]) == 2
    document = error_of(capsys)
    assert document["code"] == "usage"
    assert document["hint"] == "did you mean: ravi-server run"


@pytest.mark.parametrize(
    ("argv", "error", "hint"),
    [
        ("run --htpp 1", "unknown flag --htpp for ravi-server run", "did you mean: --http"),
        ("run --ht 1", "unknown flag --ht for ravi-server run", "did you mean: --http"),
        (
            "migrate --http 127.0.0.1:0",
            "unknown flag --http for ravi-server migrate",
            "see: ravi-server migrate --help",
        ),
        ("run --data", "--data: expected one argument", "see: ravi-server run --help"),
        ("owner add", "missing EMAIL", "see: ravi-server owner add --help"),
        ("version now", "unexpected argument 'now'", "see: ravi-server version --help"),
        ("version --json --human", "--json and --human exclude each other", ""),
    ],
)
def test_arguments_that_do_not_fit_are_usage_errors(
    argv: str, error: str, hint: str, capsys: pytest.CaptureFixture[str]
):
    assert main(argv.split()) == 2
    assert error_of(capsys) == {"error": error, "code": "usage", "hint": hint}


def test_people_get_error_details_and_hint_on_lines_of_their_own(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "check", "--http", "x", "--smtp", "y", "--human"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "ravi-server: error: the configuration has 2 problems"
    assert lines[1].startswith("  --http: ")
    assert lines[2].startswith("  --smtp: ")
    assert lines[3].startswith("ravi-server: hint: ")


def test_config_check_shows_values_with_their_sources(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "config.toml").write_text("pool_size = 3\n")
    monkeypatch.setenv("RAVI_SERVER_DATABASE", "postgresql://ravi:hunter2@db/ravi")

    assert main(["config", "check", "--data", str(tmp_path), "--no-behind-proxy"]) == 0

    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["config_file"] == str(tmp_path / "config.toml")
    assert document["settings"]["pool_size"] == {"value": 3, "source": f"{tmp_path / 'config.toml'}: pool_size"}
    assert document["settings"]["database"] == {
        "value": "postgresql://ravi:***@db/ravi",
        "source": "RAVI_SERVER_DATABASE",
    }
    assert document["settings"]["behind_proxy"] == {"value": False, "source": "--behind-proxy"}
    assert document["settings"]["http"] == {"value": "127.0.0.1:8787", "source": "default"}
    assert list(document["settings"]) == [setting.name for setting in SETTINGS]
    assert "hunter2" not in captured.out + captured.err


def test_config_check_for_people_hides_passwords_too(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "check", "--human", "--database", "postgresql://ravi:hunter2@db/ravi"]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert any(line.split() == ["database", "postgresql://ravi:***@db/ravi", "--database"] for line in out.splitlines())


def test_config_check_fails_as_run_would(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "check", "--http", "0.0.0.0:80"]) == 1
    document = error_of(capsys)
    assert document["code"] == "config.invalid"
    assert "--tls-cert" in document["hint"]
    assert "--behind-proxy" in document["hint"]


def test_config_example_prints_the_example(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "example"]) == 0
    assert capsys.readouterr().out == example()


def test_migrate_tells_what_it_did_and_then_has_nothing_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["migrate", "--data", str(tmp_path / "d")]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["--data", str(tmp_path / "d"), "migrate"]) == 0
    second = json.loads(capsys.readouterr().out)

    assert first["database"] == f"sqlite://{tmp_path}/d/ravi.db"
    assert first["applied"][0] == "0001_accounts_and_identities"
    assert second == {**first, "applied": []}


def test_an_owner_is_added_listed_and_given_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    where = ["--data", str(tmp_path)]

    assert main(["owner", "add", "Ada@Example.org", "--first-name", "Ada", "--last-name", "Byron", *where]) == 0
    added = json.loads(capsys.readouterr().out)
    assert main(["owner", "list", *where]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert main(["signin-code", "ADA@example.org", *where]) == 0
    again = json.loads(capsys.readouterr().out)

    assert set(added) == {"email", "signin_code", "expires_at", "account_uuid", "server"}
    assert added["email"] == "ada@example.org"
    assert added["server"] == "http://127.0.0.1:8787"
    assert listed == [
        {
            "email": "ada@example.org",
            "first_name": "Ada",
            "last_name": "Byron",
            "account_uuid": added["account_uuid"],
            "has_password": False,
        }
    ]
    assert again["account_uuid"] == added["account_uuid"]
    assert again["signin_code"] != added["signin_code"]


def test_people_get_the_command_to_sign_in_with(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["owner", "add", "ada@example.org", "--data", str(tmp_path), "--human"]) == 0
    out = capsys.readouterr().out
    assert "  ravi auth login --server http://127.0.0.1:8787 --code " in out


def test_adding_an_owner_twice_is_a_conflict_with_a_way_out(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["owner", "add", "ada@example.org", "--data", str(tmp_path)]) == 0
    capsys.readouterr()

    assert main(["owner", "add", "ada@example.org", "--data", str(tmp_path)]) == 5

    document = error_of(capsys)
    assert document["code"] == "conflict"
    assert document["hint"].endswith("ravi-server signin-code ada@example.org")


def test_a_code_for_nobody_is_not_found(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["signin-code", "nobody@example.org", "--data", str(tmp_path)]) == 4
    document = error_of(capsys)
    assert document["code"] == "not_found"
    assert "ravi-server owner add nobody@example.org" in document["hint"]


def test_what_is_no_address_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["owner", "add", "ada", "--data", str(tmp_path)]) == 1
    assert error_of(capsys)["code"] == "validation.failed"


def test_no_accounts_is_an_empty_list(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["owner", "list", "--data", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["owner", "list", "--data", str(tmp_path), "--human"]) == 0
    assert "ravi-server owner add" in capsys.readouterr().out


def test_control_characters_in_a_name_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["owner", "add", "a@example.org", "--first-name", "\x1b[2JAda", "--data", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["owner", "list", "--data", str(tmp_path), "--human"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_data_directory_that_cannot_be_made_is_one_clear_error(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "file").touch()
    assert main(["migrate", "--data", str(tmp_path / "file" / "data")]) == 1
    document = error_of(capsys)
    assert document["error"] == f"cannot make the directory {tmp_path}/file/data: not a directory"
    assert "--data" in document["hint"]


def test_a_file_that_is_no_database_is_one_clear_error(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "ravi.db").write_bytes(b"something else entirely" * 100)
    assert main(["migrate", "--data", str(tmp_path)]) == 1
    document = error_of(capsys)
    assert "NotADBError" in document["error"]
    assert str(tmp_path / "ravi.db") in document["error"]
    assert document["hint"]


def test_a_database_of_a_newer_release_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    import apsw

    assert main(["migrate", "--data", str(tmp_path)]) == 0
    capsys.readouterr()
    connection = apsw.Connection(str(tmp_path / "ravi.db"))
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 'x', 0)")
    connection.close()

    assert main(["migrate", "--data", str(tmp_path)]) == 1

    document = error_of(capsys)
    assert "9999" in document["error"]
    assert document["hint"] == "start the release that wrote it, or a newer one"


def test_a_postgresql_that_does_not_answer_is_told_with_its_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    url = "postgresql://ravi:hunter2@127.0.0.1:1/ravi"
    assert main(["migrate", "--data", str(tmp_path), "--database", url]) == 1
    document = error_of(capsys)
    assert document["code"] == "server.unavailable"
    assert "refused" in document["error"]
    assert "postgresql://ravi:***@127.0.0.1:1/ravi" in document["error"]
    assert "hunter2" not in json.dumps(document)


def test_a_postgresql_url_that_cannot_be_understood_is_not_quoted(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    url = "postgresql://ravi@127.0.0.1:1/ravi?hunter2=x"
    assert main(["migrate", "--data", str(tmp_path), "--database", url]) == 1
    document = error_of(capsys)
    assert "cannot be understood" in document["error"]
