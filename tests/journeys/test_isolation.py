"""One identity's credential reaches that identity, and stops when its owner says so."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import NOBODY, make_workspace, saved_sign_in, sign_in
from tests.support.server import Server


@dataclass
class Agent:
    """An agent that was given a workspace with a key of its own, and nobody's home."""

    cli: Cli
    identity: dict[str, Any]
    key: str
    http: Http

    @property
    def uuid(self) -> str:
        return self.identity["uuid"]

    def works(self) -> bool:
        return self.cli.json("get", "email")["email"] == self.identity["inbox"]


class Office:
    """The owner, who hires agents."""

    def __init__(self, owner: Cli, server: Server, folder: Path) -> None:
        self.owner = owner
        self.server = server
        self.folder = folder

    def hire(self, name: str, *more: str) -> Agent:
        made = self.owner.json("identity", "create", "--name", name, *more)
        key = self.owner.json("keys", "create", "--identity", made["uuid"])["key"]
        workspace = make_workspace(self.folder / name, made["uuid"], identity_key=key, server=self.server.url)
        home = self.folder / f"home of {name}"
        home.mkdir()
        cli = Cli(home, workspace, {"RAVI_CONFIG_DIR": str(workspace / ".ravi")})
        return Agent(cli, made, key, Http(self.server.url, key))


@pytest.fixture
def office(owner: Cli, shared_server: Server, tmp_path: Path) -> Office:
    return Office(owner, shared_server, tmp_path)


def test_an_agent_with_its_own_key_sees_itself_and_nobody_else(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")

    assert agent.works()
    assert [each["uuid"] for each in agent.cli.json("identity", "list")] == [agent.uuid]
    assert agent.cli.json("identity", "list", "--name", "sibling") == []
    assert agent.cli.json("identity", "show")["name"] == "agent"
    assert agent.cli.json("status")["credential"] == "identity_key"
    assert agent.cli.json("get", "owner") == {"first_name": "Ada", "last_name": "Lovelace"}
    (only_key,) = agent.cli.json("keys", "list")
    assert (only_key["kind"], only_key["identity_uuid"]) == ("identity", agent.uuid)
    assert agent.key not in str(only_key)

    # A sibling looks exactly like an identity that never was.
    for command in (("identity", "show"), ("identity", "rename")):
        more = ("new name",) if command[1] == "rename" else ()
        theirs = agent.cli.fails(4, *command, sibling.uuid, *more)
        nobodys = agent.cli.fails(4, *command, NOBODY, *more)
        assert {**theirs, "request_id": ""} == {**nobodys, "request_id": ""}
        assert theirs["code"] == "identity.not_found"
    assert office.owner.json("identity", "show", sibling.uuid)["name"] == "sibling"


def test_an_agent_can_neither_make_nor_end_identities_nor_mint_keys(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")

    for command in (
        ("identity", "create", "--name", "another"),
        ("identity", "create", "--name", "sibling", "--reuse"),
        ("identity", "delete", sibling.uuid),
        ("identity", "delete", agent.uuid),
        ("identity", "disable", sibling.uuid),
        ("identity", "enable", agent.uuid),
        ("keys", "create"),
        ("keys", "create", "--identity", sibling.uuid),
        ("keys", "create", "--management"),
        ("get", "email", "--identity", sibling.uuid),
        ("get", "phone", "--identity", sibling.uuid),
    ):
        error = agent.cli.fails(6, *command)
        assert error["status"] == 403, command
        assert sibling.identity["inbox"] not in str(error)

    (their_key,) = (key for key in office.owner.json("keys", "list") if key["identity_uuid"] == sibling.uuid)
    assert agent.cli.fails(4, "keys", "revoke", their_key["uuid"])["status"] == 404
    assert agent.works()
    assert sibling.works()
    assert {each["name"] for each in office.owner.json("identity", "list")} == {"agent", "sibling"}


def test_an_agent_cannot_move_its_own_end_or_its_labels(office: Office) -> None:
    agent = office.hire("short", "--ttl", "1h", "--label", "team=research")

    one = f"/api/identities/{agent.uuid}/"
    assert agent.http.patch(one, {"ttl_seconds": None}).status == 403
    assert agent.http.patch(one, {"labels": {}}).status == 403
    assert agent.http.patch(one, {"name": "renamed"}).status == 200
    shown = office.owner.json("identity", "show", agent.uuid)
    assert (shown["name"], shown["labels"]) == ("renamed", {"team": "research"})
    assert shown["expires_dt"] == agent.identity["expires_dt"]


def test_every_way_to_name_another_identity_in_a_request_is_refused(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")

    for path in ("/api/email/", "/api/phone/", "/api/events/", "/api/auth/keys/identity/"):
        assert agent.http.get(path).status == 200
        for way in (
            {"path": f"{path}?identity={sibling.uuid}"},
            {"path": path, "headers": {"X-Ravi-Identity": sibling.uuid}},
            {"path": f"{path}?identity={agent.uuid}", "headers": {"X-Ravi-Identity": sibling.uuid}},
        ):
            reply = agent.http.get(**way)
            assert reply.status in (400, 403), (way, reply.body)
            assert sibling.identity["inbox"].encode() not in reply.body
    events = agent.http.get("/api/events/").json["events"]
    assert {event["identity"] for event in events} == {agent.uuid}


def test_two_owners_share_nothing(office: Office, shared_server: Server, tmp_path: Path) -> None:
    (tmp_path / "neighbour").mkdir()
    email = f"neighbour-of-{saved_sign_in(office.owner)['user_email']}"
    neighbour = sign_in(shared_server, Cli(tmp_path / "neighbour"), email)
    theirs = neighbour.json("identity", "create", "--name", "shared name")
    mine = office.owner.json("identity", "create", "--name", "shared name")

    assert mine["inbox"] != theirs["inbox"]
    assert [each["uuid"] for each in office.owner.json("identity", "list")] == [mine["uuid"]]
    assert office.owner.json("identity", "show", "shared name")["uuid"] == mine["uuid"]
    assert office.owner.json("identity", "create", "--name", "shared name", "--reuse")["uuid"] == mine["uuid"]
    for command in (
        ("identity", "show", theirs["uuid"]),
        ("identity", "delete", theirs["uuid"]),
        ("identity", "disable", theirs["uuid"]),
        ("identity", "use", theirs["uuid"]),
        ("get", "email", "--identity", theirs["uuid"]),
        ("keys", "create", "--identity", theirs["uuid"]),
    ):
        assert office.owner.fails(4, *command)["code"] == "identity.not_found", command
    taken = office.owner.fails(5, "identity", "create", "--email", theirs["inbox"])
    assert taken["code"] == "identity.address_taken"
    assert neighbour.json("identity", "show", theirs["uuid"]) == theirs


def test_a_disabled_identity_stops_at_its_next_call_and_enabling_brings_it_back(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")

    assert office.owner.json("identity", "disable", "agent")["status"] == "disabled"

    for command in (("get", "email"), ("get", "phone"), ("identity", "show"), ("identity", "list")):
        error = agent.cli.fails(6, *command)
        assert (error["code"], error["status"]) == ("identity.disabled", 403)
        assert "ravi identity enable" in error["hint"]
    for command in (("get", "email"), ("get", "phone")):
        assert office.owner.fails(6, *command, "--identity", agent.uuid)["code"] == "identity.disabled", "as the owner"
    assert sibling.works()
    assert office.owner.json("identity", "disable", "agent")["status"] == "disabled", "twice is fine"
    assert office.owner.json("identity", "show", "agent")["status"] == "disabled"

    assert office.owner.json("identity", "enable", agent.uuid)["status"] == "active"

    assert agent.works()
    assert agent.cli.json("get", "phone")["phone_number"] == agent.identity["phone_number"]


def test_a_deleted_identitys_key_is_refused_and_its_siblings_go_on(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")

    receipt = office.owner.json("identity", "delete", "agent")

    assert receipt["revoked"]["keys"] == 1
    for command in (("get", "email"), ("identity", "show"), ("identity", "list")):
        assert agent.cli.fails(3, *command)["status"] == 401
    assert sibling.works()
    assert sibling.cli.json("get", "phone")["phone_number"] == sibling.identity["phone_number"]
    assert office.owner.json("identity", "show", "sibling")["status"] == "active"
    assert [key["identity_uuid"] for key in office.owner.json("keys", "list")] == [sibling.uuid]


def test_revoking_a_key_stops_that_key_and_no_other(office: Office) -> None:
    agent = office.hire("agent")
    second = office.owner.json("keys", "create", "--identity", agent.uuid, "--label", "second")

    office.owner.ok("keys", "revoke", second["uuid"])

    assert agent.http.holding(second["key"]).get("/api/email/").status == 401
    assert agent.works()
    assert office.owner.json("keys", "revoke", second["uuid"])["status"] == "revoked", "twice is fine"


def test_an_agent_may_give_up_its_own_key(office: Office) -> None:
    agent = office.hire("agent")
    (own,) = agent.cli.json("keys", "list")

    agent.cli.ok("keys", "revoke", own["uuid"])

    assert agent.cli.fails(3, "get", "email")["status"] == 401


def test_an_identity_whose_time_is_over_is_gone_with_its_key(office: Office) -> None:
    sibling, agent = office.hire("sibling"), office.hire("brief", "--ttl", "6s")
    deadline = time.monotonic() + 6.2
    assert agent.works()
    assert agent.identity["expires_dt"] > agent.identity["created_dt"]

    time.sleep(max(0.0, deadline - time.monotonic()))

    assert agent.http.get("/api/email/").status in (401, 403, 404)
    assert agent.cli.run("get", "email").code in (3, 4)
    assert [each["name"] for each in office.owner.json("identity", "list")] == ["sibling"]
    assert office.owner.fails(4, "identity", "show", agent.uuid)
    assert sibling.works()
    # The server ends it for good within a few seconds more.
    for _ in range(40):
        error = office.owner.fails(4, "identity", "show", agent.uuid)
        if error["code"] == "identity.deleted":
            break
        time.sleep(0.25)
    assert error["code"] == "identity.deleted"
    assert agent.cli.fails(3, "get", "email")["status"] == 401


def test_a_sign_in_can_be_narrowed_to_one_identity(office: Office) -> None:
    agent, sibling = office.hire("agent"), office.hire("sibling")
    account = Http(office.server.url, saved_sign_in(office.owner)["access_token"])

    pair = account.post("/api/auth/bind-identity/", {"identity": agent.uuid}).json

    bound = account.holding(pair["access"])
    assert [each["uuid"] for each in bound.get("/api/identities/").json] == [agent.uuid]
    assert [each["email"] for each in bound.get("/api/email/").json] == [agent.identity["inbox"]]
    assert bound.get(f"/api/email/?identity={sibling.uuid}").status == 403
    assert bound.post("/api/identities/", {"name": "no"}).status == 403
    again = bound.holding(None).post("/api/auth/token/refresh/", {"refresh": pair["refresh"]}).json
    narrowed = [each["uuid"] for each in bound.holding(again["access"]).get("/api/identities/").json]
    assert narrowed == [agent.uuid], "a renewal did not widen it"
    office.owner.ok("identity", "disable", agent.uuid)
    assert bound.holding(again["access"]).get("/api/email/").status == 403
