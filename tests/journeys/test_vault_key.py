"""The owner hands out one identity's key. It opens that vault and no other, and the server can tell it from another."""

import base64
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import Terminal, api
from tests.support.server import Server
from tests.support.vault_agents import hire, unlock


@pytest.fixture
def unlocked(owner: Cli) -> Cli:
    return unlock(owner)


def test_it_is_printed_for_programs_for_shells_and_for_people(unlocked: Cli) -> None:
    made = unlocked.json("identity", "create", "--name", "agent")

    document = unlocked.json("vault", "key", "--identity", "agent")
    assert document.keys() == {"identity_uuid", "vault_key"}
    assert document["identity_uuid"] == made["uuid"]
    assert len(base64.b64decode(document["vault_key"], validate=True)) == 32
    plain = unlocked.ok("vault", "key", "--identity", "agent", "--plain")
    assert (plain.stdout, plain.stderr) == (document["vault_key"] + "\n", "")
    person = Terminal(unlocked, "vault", "key", "--identity", made["uuid"])
    assert person.end() == 0
    assert person.screen.startswith(document["vault_key"] + "\r\n")
    assert "RAVI_VAULT_KEY" in person.screen
    assert "0600" in person.screen
    assert unlocked.fails(2, "vault", "key", "--identity", "agent", "--plain")["code"] == "usage"


def test_an_agent_that_has_it_needs_nothing_else_of_the_owner(
    unlocked: Cli, shared_server: Server, tmp_path: Path
) -> None:
    agent = hire(unlocked, shared_server, tmp_path, "reader")
    agent.ok("secrets", "set", "TOKEN", "--stdin", stdin="t-1")

    assert agent.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"
    assert unlocked.ok("secrets", "get", "TOKEN", "--plain", "--identity", "reader").stdout == "t-1"
    assert agent.json("vault", "key") == unlocked.json("vault", "key", "--identity", "reader")


def test_another_identity_s_key_neither_reads_nor_writes(unlocked: Cli, shared_server: Server, tmp_path: Path) -> None:
    agent = hire(unlocked, shared_server, tmp_path, "reader")
    agent.ok("secrets", "set", "TOKEN", "--stdin", stdin="t-1")
    unlocked.ok("identity", "create", "--name", "other")
    foreign = unlocked.json("vault", "key", "--identity", "other")["vault_key"]
    confused = agent.at(RAVI_VAULT_KEY=foreign)

    assert confused.fails(10, "secrets", "get", "TOKEN")["code"] == "vault.unreadable"
    assert confused.fails(10, "secrets", "set", "TOKEN", "t-2")["code"] == "vault.key_differs"
    assert confused.fails(10, "vault", "key")["code"] == "vault.key_differs"
    assert agent.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"


def test_whoever_holds_no_key_is_told_and_gets_none(owner: Cli, shared_server: Server, tmp_path: Path) -> None:
    unlock(owner)
    agent = hire(owner, shared_server, tmp_path, "reader")
    (agent.cwd / ".ravi" / "config.json").write_text(
        (agent.cwd / ".ravi" / "config.json").read_text().replace('"vault_key"', '"former_key"')
    )
    assert agent.fails(10, "vault", "key")["code"] == "vault.locked"
    owner.ok("lock")
    refused = owner.fails(10, "vault", "key", "--identity", "reader")
    assert refused["code"] == "vault.locked"
    assert "ravi unlock" in refused["hint"]


def test_the_server_knows_a_new_identity_s_key_from_the_start(unlocked: Cli) -> None:
    made = unlocked.json("identity", "create", "--name", "agent")

    assert made["public_key"]
    assert made["public_key"] != unlocked.json("identity", "create", "--name", "twin")["public_key"]
    assert unlocked.json("identity", "create", "--name", "agent", "--reuse")["public_key"] == made["public_key"]


@pytest.mark.parametrize(
    "command", [("show", "late"), ("use", "late", "--local"), ("create", "--name", "late", "--reuse")]
)
def test_that_of_an_identity_which_was_made_elsewhere_is_filled_in(unlocked: Cli, command: tuple[str, ...]) -> None:
    made = api(unlocked).post("/api/identities/", {"name": "late"}).json
    assert made["public_key"] is None

    unlocked.ok("identity", *command)

    assert api(unlocked).get(f"/api/identities/{made['uuid']}/").json["public_key"]


def test_a_locked_owner_makes_and_looks_at_identities_as_ever(unlocked: Cli) -> None:
    unlocked.ok("lock")

    made = unlocked.json("identity", "create", "--name", "agent")

    assert made["public_key"] is None
    assert unlocked.json("identity", "show", "agent") == made
