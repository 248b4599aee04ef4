"""Signing in and out without a browser, and what is left on the machine."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import Canary, api, make_workspace, rewrite, saved_sign_in, unchanged
from tests.support.server import Server
from tests.support.vault_agents import unlock

FIELDS = {"authenticated", "email", "identity", "identity_uuid", "has_encryption", "vault", "server", "sources"}


@pytest.fixture
def account(shared_server: Server) -> dict[str, Any]:
    """What `ravi-server owner add` printed for an owner who has signed in nowhere."""
    return shared_server.add_owner(f"{uuid.uuid4().hex}@example.com")


def another_code(server: Server, account: dict[str, Any]) -> str:
    return json.loads(server.run("signin-code", account["email"], "--json").stdout)["signin_code"]


def test_a_one_time_code_signs_in_from_the_command_line(
    cli: Cli, shared_server: Server, account: dict[str, Any]
) -> None:
    done = cli.ok("auth", "login", "--server", shared_server.url, "--code", account["signin_code"])

    assert done.json == {
        "authenticated": True,
        "email": account["email"],
        "server": shared_server.url,
        "identities": 0,
        "auth_file": str(cli.home / ".ravi" / "auth.json"),
        "vault": "locked",
        "recovery_file": None,
    }
    assert "ravi identity create" in done.stderr
    saved = saved_sign_in(cli)
    assert saved["user_email"] == account["email"]
    assert saved["server"] == shared_server.url
    assert saved["access_token"].startswith("ravi_at_")
    assert saved["refresh_token"].startswith("ravi_rt_")
    assert saved["expires_at"].endswith("Z")
    assert not (cli.home / ".ravi" / "config.json").exists(), "signing in selects nobody"


@pytest.mark.parametrize("ending", ["\n", "", "\r\n", "  \nnot read\n"])
def test_a_one_time_code_signs_in_from_standard_input(
    cli: Cli, shared_server: Server, account: dict[str, Any], ending: str
) -> None:
    done = cli.ok("auth", "login", "--server", shared_server.url, "--code", "-", stdin=account["signin_code"] + ending)

    assert done.json["authenticated"] is True
    assert cli.json("identity", "list") == []


def test_the_server_may_come_from_the_environment_and_is_remembered(
    cli: Cli, shared_server: Server, account: dict[str, Any]
) -> None:
    cli.at(RAVI_API_URL=shared_server.url).ok("auth", "login", "--code", account["signin_code"])
    assert cli.json("identity", "list") == []

    again = cli.json("auth", "login", "--code", another_code(shared_server, account))

    assert again["server"] == shared_server.url


def test_a_code_is_good_once_and_a_wrong_one_never(cli: Cli, shared_server: Server, account: dict[str, Any]) -> None:
    code = account["signin_code"]
    cli.ok("auth", "login", "--server", shared_server.url, "--code", code)

    with unchanged(cli.home):
        for refused in (code, "AAAA-BBBB-CCCC", "x"):
            error = cli.fails(3, "auth", "login", "--code", "-", stdin=refused)
            assert error["code"] == "auth.bad_credentials"
            assert "ravi-server signin-code" in error["hint"]
            assert code not in str(error)
        assert cli.fails(2, "auth", "login", "--code", "-", stdin="")["code"] == "usage"
        assert cli.fails(2, "auth", "login", "--code", "")["code"] == "usage"
    assert cli.json("auth", "status")["authenticated"] is True


@pytest.mark.parametrize("umask", [0o000, 0o177])
def test_files_are_the_users_alone_whatever_the_umask(
    cli: Cli, shared_server: Server, account: dict[str, Any], umask: int
) -> None:
    before = os.umask(umask)
    try:
        cli.ok("auth", "login", "--server", shared_server.url, "--code", "-", stdin=account["signin_code"])
        made = cli.json("identity", "create")
        cli.ok("identity", "use", made["uuid"])
        email = cli.json("get", "email")
    finally:
        os.umask(before)

    assert email["email"]
    assert (cli.home / ".ravi").stat().st_mode & 0o777 == 0o700
    for path in (cli.home / ".ravi").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name


def test_a_file_that_was_open_to_others_is_closed_when_it_is_used(owner: Cli) -> None:
    path = owner.home / ".ravi" / "auth.json"
    path.chmod(0o644)

    owner.ok("identity", "list")

    assert path.stat().st_mode & 0o777 == 0o600


def test_signing_in_again_keeps_what_else_is_in_the_file(owner: Cli, shared_server: Server) -> None:
    unlock(owner)
    rewrite(owner.home / ".ravi" / "auth.json", note={"of": "another version"})
    old = saved_sign_in(owner)

    owner.ok("auth", "login", "--code", another_code(shared_server, {"email": old["user_email"]}))

    new = saved_sign_in(owner)
    assert (new["root_key"], new["note"]) == (old["root_key"], {"of": "another version"})
    assert new["access_token"] != old["access_token"]


def test_a_broken_sign_in_file_is_noticed_before_the_code_is_spent(
    cli: Cli, shared_server: Server, account: dict[str, Any]
) -> None:
    path = cli.home / ".ravi" / "auth.json"
    path.parent.mkdir(mode=0o700)
    path.write_text("{")
    login = ("auth", "login", "--server", shared_server.url, "--code", "-")

    error = cli.fails(1, *login, stdin=account["signin_code"])

    assert "~/.ravi/auth.json" in error["error"]
    path.unlink()
    cli.ok(*login, stdin=account["signin_code"])


def test_signing_out_ends_the_tokens_at_the_server_and_keeps_keys_and_selection(owner: Cli) -> None:
    owner.ok("identity", "create", "--name", "kept")
    owner.ok("identity", "use", "kept")
    unlock(owner)
    config = (owner.home / ".ravi" / "config.json").read_bytes()
    server, old = api(owner), saved_sign_in(owner)
    assert server.get("/api/identities/").status == 200

    done = owner.ok("auth", "logout")

    assert (done.json["authenticated"], done.json["signed_out"], done.json["vault_locked"]) == (False, 1, True)
    assert (owner.home / ".ravi" / "config.json").read_bytes() == config
    left = saved_sign_in(owner)
    assert (left["secret_key"], left["user_email"]) == (old["secret_key"], old["user_email"])
    assert not {"access_token", "refresh_token", "expires_at", "root_key"} & set(left)
    assert server.get("/api/identities/").status == 401
    assert server.holding(None).post("/api/auth/token/refresh/", {"refresh": old["refresh_token"]}).status == 401
    assert owner.fails(3, "get", "email")["code"] == "auth.not_signed_in"
    assert owner.json("auth", "logout")["message"] == "there was no sign-in"


def test_signing_in_and_out_from_a_workspace_is_about_the_owners_home(
    cli: Cli, shared_server: Server, account: dict[str, Any], workspace: Path
) -> None:
    there = cli.at(workspace, RAVI_CONFIG_DIR=workspace / ".ravi")

    document = there.json("auth", "login", "--server", shared_server.url, "--code", account["signin_code"])

    assert document["auth_file"] == str(cli.home / ".ravi" / "auth.json")
    assert os.listdir(workspace) == []
    assert there.json("auth", "logout")["signed_out"] == 1
    assert os.listdir(workspace) == []


def test_status_says_who_is_signed_in_and_where_each_value_comes_from(
    owner: Cli, shared_server: Server, workspace: Path
) -> None:
    status = owner.json("auth", "status")
    assert set(status) == FIELDS
    assert status["authenticated"] is True
    assert status["email"] == saved_sign_in(owner)["user_email"]
    assert status["server"] == shared_server.url
    assert (status["identity"], status["identity_uuid"], status["has_encryption"]) == (None, None, False)
    assert status["sources"] == {"server": "~/.ravi/auth.json", "credential": "~/.ravi/auth.json", "identity": None}

    made = owner.json("identity", "create", "--name", "reader")
    there = owner.at(make_workspace(workspace, made["uuid"]))
    status = there.json("auth", "status")
    assert (status["identity"], status["identity_uuid"]) == ("reader", made["uuid"])
    assert status["sources"]["identity"] == "./.ravi/config.json"


def test_status_of_a_key_names_the_identity_that_it_belongs_to(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    made = owner.json("identity", "create", "--name", "keyed")
    key = owner.json("keys", "create", "--identity", "keyed")["key"]
    (tmp_path / "empty").mkdir()

    status = Cli(tmp_path / "empty", env={"RAVI_API_KEY": key, "RAVI_API_URL": shared_server.url}).json(
        "auth", "status"
    )

    assert (status["authenticated"], status["identity"], status["identity_uuid"]) == (True, "keyed", made["uuid"])
    assert status["sources"] == {
        "server": "RAVI_API_URL",
        "credential": "RAVI_API_KEY",
        "identity": "the credential from RAVI_API_KEY",
    }


def test_status_without_a_sign_in_is_an_answer_and_no_error(cli: Cli) -> None:
    status = cli.json("auth", "status")

    assert set(status) == FIELDS | {"message"}
    assert (status["authenticated"], status["email"]) == (False, None)
    assert "ravi auth login" in status["message"]
    assert status["sources"]["credential"] is None


def test_a_credential_in_the_environment_comes_before_the_saved_sign_in(
    owner: Cli, shared_server: Server, canary: Canary
) -> None:
    other = shared_server.add_owner(f"{uuid.uuid4().hex}@example.com")
    answer = api(owner).holding(None).post("/api/auth/login/", {"signin_code": other["signin_code"]})
    assert answer.status == 200
    given = owner.at(RAVI_ACCESS_TOKEN=answer.json["access"], RAVI_API_URL=shared_server.url)

    assert given.json("auth", "status")["email"] == other["email"]
    assert given.json("auth", "status")["sources"]["credential"] == "RAVI_ACCESS_TOKEN"
    assert owner.json("auth", "status")["email"] != other["email"]
    # Two that contradict each other are an error, not a choice.
    both = given.at(RAVI_API_KEY="ravi_mgmt_something_else", RAVI_API_URL=canary.url)
    assert both.fails(1, "auth", "status")["code"] == "config.invalid"
    assert canary.visits == []


def test_the_sign_in_can_be_renewed_on_purpose(owner: Cli) -> None:
    old = saved_sign_in(owner)

    document = owner.json("auth", "refresh")

    new = saved_sign_in(owner)
    assert document["authenticated"] is True
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert owner.json("identity", "list") == []
    assert document["expires_at"][:16] == new["expires_at"][:16]


def test_a_person_who_never_approves_is_waited_for_no_longer_than_asked(cli: Cli, shared_server: Server) -> None:
    error = cli.fails(7, "auth", "login", "--server", shared_server.url, "--timeout", "2s", timeout=20)

    assert error["code"] == "timed_out"
    assert "ravi auth login" in error["hint"]
    assert not (cli.home / ".ravi" / "auth.json").exists()
