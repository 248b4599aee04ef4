"""Files that are broken, or that somebody else put there: refused by name, and nothing leaks to anybody."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli, Result
from tests.support.http import Http
from tests.support.journey import NOBODY, Canary, Redirecting, api, make_workspace, saved_sign_in, sign_in, unchanged
from tests.support.server import Server

PLANTED_KEY = "ravi_id_planted0000000000000000000000000000000000000"


@dataclass
class Trap:
    """
    The owner, signed in, whose home selects *victim*: what a client that shrugs at a broken file would act as.

    `agent` stands in a project directory whose file `plant` writes.
    """

    agent: Cli
    api: Http
    server: Server
    folder: Path
    victim: dict[str, Any]
    own: dict[str, Any]

    def plant(self, content: str) -> None:
        (self.folder / ".ravi" / "config.json").write_text(content)

    def plant_keys(self, **keys: Any) -> None:
        self.plant(json.dumps({"identity_uuid": self.own["uuid"], **keys}))

    @property
    def requests(self) -> int:
        """How many requests of the API the server has answered; it writes them down a moment later."""
        asked = self.api.get("/api/domains/").headers["x-request-id"]
        self.server.wait_for_line(asked)
        return sum(line["path"] != "/api/domains/" for line in self.server.log if line["event"] == "request")

    def refuses(self, *command: str) -> Result:
        """Run *command*, which must fail before anything is sent, and must not speak of the victim."""
        before = self.requests
        result = self.agent.run(*command)
        assert result.code != 0, str(result)
        assert result.stdout == ""
        assert self.victim["inbox"] not in result.stderr
        assert self.requests == before, "something was sent"
        return result


@pytest.fixture
def trap(owner: Cli, shared_server: Server, workspace: Path) -> Trap:
    victim, own = (owner.json("identity", "create", "--name", name) for name in ("victim", "own"))
    owner.ok("identity", "use", "victim")
    make_workspace(workspace, own["uuid"])
    return Trap(owner.at(workspace), api(owner), shared_server, workspace, victim, own)


BROKEN = {
    "empty": "",
    "only white space": " \n",
    "truncated": '{"identity_uuid": "0000',
    "not JSON": "identity_uuid = 1",
    "a list": "[]",
    "null": "null",
    "no uuid": "{}",
    "an empty uuid": '{"identity_uuid": ""}',
    "a null uuid": '{"identity_uuid": null}',
    "a number for a uuid": '{"identity_uuid": 7}',
    "a name for a uuid": '{"identity_uuid": "victim"}',
    "a uuid twice": f'{{"identity_uuid": "{NOBODY}", "identity_uuid": "{NOBODY}"}}',
    "a misspelled key": f'{{"identity_uid": "{NOBODY}"}}',
    "not finished": f'{{"binding": true, "identity_uuid": "{NOBODY}"}}',
    "copied from another workspace": f'{{"identity_uuid": "{NOBODY}", "workspace": {{"path": "/somewhere/else"}}}}',
    "too large": '{"identity_uuid": "' + "a" * 70_000 + '"}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_project_file_is_an_error_that_names_it_and_nobody_else_acts(trap: Trap, content: str) -> None:
    trap.plant(content)

    with unchanged(trap.agent.home), unchanged(trap.folder):
        for command in (("get", "email"), ("get", "phone", "--json")):
            result = trap.refuses(*command)
            assert result.code == 1
            assert result.error["code"] == "config.invalid"
            assert "./.ravi/config.json" in result.error["error"]
            assert result.error["hint"]
        # The same file, where it was named rather than found.
        told = trap.agent.at(Path("/"), RAVI_CONFIG_DIR=trap.folder / ".ravi")
        named = told.fails(1, "get", "email")
        assert str(trap.folder / ".ravi" / "config.json") in named["error"]


def test_what_lies_at_the_name_of_a_project_file_and_is_none_is_an_error(trap: Trap) -> None:
    config = trap.folder / ".ravi" / "config.json"
    config.unlink()
    obstacles = {
        "directory": config.mkdir,
        "pipe": lambda: os.mkfifo(config),
        "link to nothing": lambda: config.symlink_to("nowhere"),
        "link out of the project": lambda: config.symlink_to(trap.agent.home / ".ravi" / "config.json"),
    }
    for what, put in obstacles.items():
        put()
        error = trap.refuses("get", "email").error
        assert "./.ravi/config.json" in error["error"], what
        config.rmdir() if what == "directory" else config.unlink()

    config.parent.rmdir()
    config.parent.write_text("a file where the directory should be")
    assert "./.ravi/config.json" in trap.refuses("get", "email").error["error"]


def test_a_project_file_that_others_can_write_is_refused(trap: Trap) -> None:
    (trap.folder / ".ravi" / "config.json").chmod(0o666)

    error = trap.refuses("get", "email").error

    assert error["code"] == "config.untrusted"
    assert "chmod" in error["hint"]


def test_a_broken_home_file_is_an_error_too(trap: Trap) -> None:
    (trap.agent.home / ".ravi" / "config.json").write_text('{"identity_uuid": ""}')

    assert "~/.ravi/config.json" in trap.agent.at(trap.agent.home).fails(1, "get", "email")["error"]


@pytest.mark.parametrize("whose", ["nobody's", "another owner's", "deleted"])
def test_a_uuid_that_is_not_the_owners_is_an_error_that_names_the_file(trap: Trap, tmp_path: Path, whose: str) -> None:
    uuid = NOBODY
    if whose == "another owner's":
        (tmp_path / "stranger").mkdir()
        stranger = sign_in(trap.server, Cli(tmp_path / "stranger"), f"stranger-of-{trap.own['uuid']}@example.com")
        uuid = stranger.json("identity", "create", "--name", "not yours")["uuid"]
    if whose == "deleted":
        uuid = trap.own["uuid"]
        trap.agent.ok("identity", "delete", uuid)
    make_workspace(trap.folder, uuid)

    for command in (("get", "email"), ("get", "phone"), ("identity", "show")):
        error = trap.agent.fails(4, *command)
        assert trap.victim["inbox"] not in str(error)
        assert "not yours" not in str(error)
        if command[0] == "get":
            assert "./.ravi/config.json" in error["error"]
    if whose == "another owner's":
        # To somebody who may not see it, it looks exactly like one that never was.
        mine = trap.agent.fails(4, "get", "email")
        make_workspace(trap.folder, NOBODY)
        nobodys = trap.agent.fails(4, "get", "email")
        assert {**mine, "request_id": ""} == {**nobodys, "request_id": ""}


PLANTED = {
    "a key": {"identity_key": PLANTED_KEY},
    "a management key": {"management_key": PLANTED_KEY},
    "tokens": {"bound_access_token": "ravi_at_planted", "bound_refresh_token": "ravi_rt_planted"},
    "a server": {"server": "URL"},
    "a server under another name": {"base_url": "URL"},
    "a key and its server": {"identity_key": PLANTED_KEY, "server": "URL"},
    "a proxy": {"proxy": "URL"},
    "proxies": {"http_proxy": "URL", "https_proxy": "URL", "all_proxy": "URL"},
    "a certificate authority": {"ca_bundle": "/tmp/ca.pem"},
    "no verification": {"verify": False},
}


@pytest.mark.parametrize("keys", PLANTED.values(), ids=PLANTED)
def test_a_project_file_that_asks_for_more_than_an_identity_is_refused_and_nobody_is_called(
    trap: Trap, canary: Canary, keys: dict[str, Any]
) -> None:
    trap.plant_keys(**{name: canary.url if value == "URL" else value for name, value in keys.items()})

    for command in (("get", "email"), ("get", "owner"), ("status",)):
        result = trap.refuses(*command)
        assert result.code == 1
        assert result.error["code"] == "config.untrusted"
        assert "./.ravi/config.json" in result.error["error"]
        assert "planted" not in result.stderr
        assert "ravi trust" in result.error["hint"]
    # What the account does goes on, at the account's own server.
    assert len(trap.agent.json("identity", "list")) == 2

    assert canary.visits == []


def test_a_sign_in_planted_beside_a_project_file_is_not_even_read(trap: Trap, canary: Canary) -> None:
    planted = {"access_token": "ravi_at_planted", "refresh_token": "ravi_rt_planted", "server": canary.url}
    for name in ("auth.json", "trust.json"):
        (trap.folder / ".ravi" / name).write_text(json.dumps(planted))

    assert trap.agent.json("get", "email")["email"] == trap.own["inbox"]
    assert trap.agent.json("status")["sources"]["credential"] == "~/.ravi/auth.json"
    assert canary.visits == []


def test_an_approved_project_file_acts_with_its_own_key_until_it_changes(trap: Trap, canary: Canary) -> None:
    key = trap.agent.json("keys", "create", "--identity", "own", "--label", "project")["key"]
    trap.plant_keys(identity_key=key, server=trap.server.url)
    assert trap.refuses("get", "email").error["code"] == "config.untrusted"

    shown = trap.agent.ok("trust")

    assert key not in shown.stdout + shown.stderr
    assert trap.agent.json("get", "email")["email"] == trap.own["inbox"]
    assert trap.agent.json("status")["sources"]["credential"] == "./.ravi/config.json"
    trap.plant_keys(identity_key=key, server=canary.url)
    assert trap.refuses("get", "email").error["code"] == "config.untrusted"
    assert canary.visits == []


def test_a_named_directory_may_hold_a_key_which_goes_to_the_server_beside_it_and_the_sign_in_stays_home(
    trap: Trap, canary: Canary
) -> None:
    trap.plant_keys(identity_key=PLANTED_KEY, server=canary.url)
    told = trap.agent.at(Path("/"), RAVI_CONFIG_DIR=trap.folder / ".ravi")

    for command in (("get", "email"), ("identity", "list"), ("identity", "create"), ("auth", "refresh")):
        told.run(*command)

    assert canary.visits
    saved = saved_sign_in(trap.agent)
    sent = b"".join(canary.visits).decode()
    assert PLANTED_KEY in sent
    assert saved["access_token"] not in sent
    assert saved["refresh_token"] not in sent


def test_a_named_directory_without_a_credential_cannot_send_the_sign_in_elsewhere(trap: Trap, canary: Canary) -> None:
    trap.plant_keys(server=canary.url, base_url=canary.url, http_proxy=canary.url)
    told = trap.agent.at(Path("/"), RAVI_CONFIG_DIR=trap.folder / ".ravi")

    told.run("get", "email")
    told.run("identity", "list")

    assert canary.visits == []


def test_a_saved_sign_in_is_sent_to_no_other_server_whoever_asks_for_it(trap: Trap, canary: Canary) -> None:
    agent = trap.agent
    for elsewhere, more in ((agent.at(RAVI_API_URL=canary.url), ()), (agent, ("--server", canary.url))):
        for command in (("get", "email"), ("identity", "list"), ("auth", "status"), ("auth", "refresh")):
            error = elsewhere.fails(1, *command, *more)
            assert error["code"] == "config.invalid"
            assert trap.server.url in error["error"]
    # Signing out is about the server that was signed in to, whatever the variable says.
    assert agent.at(RAVI_API_URL=canary.url).json("auth", "logout")["signed_out"] == 1

    assert canary.visits == []


def test_a_credential_does_not_follow_a_redirect(trap: Trap, canary: Canary) -> None:
    key = trap.agent.json("keys", "create", "--identity", "own")["key"]

    with contextlib.closing(Redirecting(canary.url)) as redirecting:
        visitor = trap.agent.at(RAVI_API_KEY=key, RAVI_API_URL=redirecting.url)
        for command in (("get", "email"), ("identity", "list"), ("identity", "create", "--name", "x")):
            assert visitor.run(*command).code != 0

    assert redirecting.visits
    assert canary.visits == []


def test_a_sign_in_of_which_nobody_knows_the_server_goes_nowhere(trap: Trap) -> None:
    path = trap.agent.home / ".ravi" / "auth.json"
    saved = json.loads(path.read_text())
    del saved["server"]
    path.write_text(json.dumps(saved))

    error = trap.refuses("get", "email").error

    assert "~/.ravi/auth.json" in error["error"]
    assert "--server" in error["hint"]
    assert saved["access_token"] not in str(error)
