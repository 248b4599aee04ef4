"""An agent keeps sign-ins for sites: it finds them again, nobody else does, and nobody can slip it a wrong one."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import NOBODY, Terminal, api, run_script
from tests.support.server import MakeServer, Server
from tests.support.vault_agents import acting, hire, unlock, unlocked_owner


@pytest.fixture
def agent(owner: Cli, workspace: Path) -> Cli:
    """`ravi` of an owner with an unlocked vault, in a workspace that acts as an identity of its own."""
    return acting(unlock(owner), workspace)


def events(cli: Cli, kind: str) -> list[dict[str, Any]]:
    return [event for event in api(cli).get("/api/events/?limit=500").json["events"] if event["type"] == kind]


def test_a_sign_in_lives_from_its_creation_to_its_end(agent: Cli) -> None:
    address = agent.json("get", "email")["email"]

    made = agent.json("passwords", "create", "https://login.example.co.uk/sign-up", "--notes", "the shop")
    assert (made["domain"], made["username"], made["notes"]) == ("example.co.uk", address, "the shop")
    assert len(made["password"]) == 16

    assert agent.json("passwords", "get", "www.example.co.uk") == made
    assert agent.json("passwords", "get", made["uuid"]) == made
    listed = agent.json("passwords", "list")
    assert listed == [{name: made[name] for name in ("uuid", "domain", "username", "created_dt", "updated_dt")}]

    changed = agent.json("passwords", "edit", "example.co.uk", "--generate", "--length", "24", "--no-special")
    assert len(changed["password"]) == 24
    assert changed["password"].isalnum()
    assert (changed["username"], changed["notes"]) == (address, "the shop")
    assert agent.json("passwords", "get", "example.co.uk") == changed
    assert [version["password"] for version in agent.json("passwords", "history", "example.co.uk")] == [
        made["password"]
    ]

    moved = agent.json("passwords", "update", made["uuid"], "--domain", "example.com", "--username", "")
    assert (moved["domain"], moved["username"], moved["password"]) == ("example.com", "", changed["password"])
    assert agent.fails(4, "passwords", "get", "example.co.uk")["code"] == "not_found"

    assert agent.json("passwords", "delete", "example.com") == {"status": "deleted", "entry": "example.com"}
    assert agent.json("passwords", "list") == []
    for verb in ("get", "history", "delete"):
        assert agent.fails(4, "passwords", verb, made["uuid"])["code"] == "not_found"


def test_shells_get_the_password_and_nothing_beside_it(agent: Cli) -> None:
    script = """
        made=$(ravi passwords create example.com | jq -r .password)
        found=$(ravi passwords get https://example.com/login --json | jq -r .password)
        [ ${#made} = 16 ] && [ "$made" = "$found" ]
        printf 'correct horse\\n' | ravi passwords update example.com --password-stdin | jq -r .password
        [ "$(ravi passwords history example.com | jq -r '.[0].password')" = "$found" ]
    """

    done = run_script(agent, script)

    assert (done.code, done.stdout, done.stderr) == (0, "correct horse\n", "")


def test_of_several_sign_ins_for_one_site_the_uuid_decides(agent: Cli) -> None:
    made = {
        name: agent.json("passwords", "create", "example.com", "--username", name)["uuid"] for name in ("ada", "grace")
    }

    for verb in (["get"], ["update", "--generate"], ["history"], ["delete"]):
        refusal = agent.fails(5, "passwords", verb[0], "example.com", *verb[1:])
        assert refusal["code"] == "vault.entry_ambiguous"
        assert {each["username"]: each["uuid"] for each in refusal["details"]} == made
    assert agent.json("passwords", "get", made["grace"])["username"] == "grace"


def test_what_agents_change_at_the_same_moment_is_neither_lost_nor_overwritten(agent: Cli) -> None:
    uuid = agent.json("passwords", "create", "example.com", "--password", "first")["uuid"]
    words = [["--username", "u"], ["--notes", "n"], ["--password", "p1"], ["--password", "p2"], ["--password", "p3"]]

    running = [agent.start("passwords", "update", uuid, *each, "--json") for each in words]
    outcomes = [(process.communicate(timeout=60), process.returncode) for process in running]

    codes = [code for _, code in outcomes]
    assert codes[:2] == [0, 0], outcomes
    assert set(codes[2:]) <= {0, 5}
    assert 0 in codes[2:]
    for (out, err), code in outcomes:
        assert code == 0 or (out, json.loads(err)["code"]) == ("", "vault.changed")
    entry = agent.json("passwords", "get", uuid)
    assert (entry["username"], entry["notes"]) == ("u", "n")
    kept = {version["password"] for version in agent.json("passwords", "history", uuid)} | {entry["password"]}
    assert kept == {"first"} | {words[2 + number][1] for number, code in enumerate(codes[2:]) if code == 0}


def test_an_agent_with_its_own_keys_reaches_its_own_sign_ins_alone(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    unlock(owner)
    agent, sibling = (hire(owner, shared_server, tmp_path, name) for name in ("agent", "sibling"))

    made = agent.json("passwords", "create", "example.com")

    assert agent.json("passwords", "get", "example.com") == made
    assert owner.json("passwords", "get", "example.com", "--identity", "agent") == made
    assert sibling.json("passwords", "list") == []
    for ref in ("example.com", made["uuid"]):
        assert sibling.fails(4, "passwords", "get", ref)["code"] == "not_found"
        assert owner.fails(4, "passwords", "get", ref, "--identity", "sibling")["code"] == "not_found"

    # The same agent in a container, which has three variables and no file.
    own = json.loads((agent.cwd / ".ravi" / "config.json").read_text())
    variables = {"RAVI_API_KEY": own["identity_key"], "RAVI_VAULT_KEY": own["vault_key"]}
    contained = Cli(tmp_path / "nowhere", tmp_path, {**variables, "RAVI_API_URL": shared_server.url})
    assert contained.json("passwords", "get", "example.com") == made
    assert contained.json("passwords", "create", "example.net")["username"] == made["username"]

    # With a key of somebody else's nothing opens, and nothing is written that the agent could not read.
    foreign = json.loads((sibling.cwd / ".ravi" / "config.json").read_text())["vault_key"]
    mistaken = agent.at(RAVI_VAULT_KEY=foreign)
    assert mistaken.fails(10, "passwords", "get", "example.com")["code"] == "vault.unreadable"
    assert mistaken.fails(10, "passwords", "update", "example.com", "--generate")["code"] == "vault.unreadable"
    assert mistaken.fails(10, "passwords", "create", "example.org")["code"] == "vault.key_differs"
    assert agent.json("passwords", "get", "example.com") == made


def test_a_locked_vault_shows_sites_and_nothing_that_is_sealed(agent: Cli) -> None:
    made = agent.json("passwords", "create", "example.com", "--username", "ada")
    agent.ok("lock")

    listed = agent.run("passwords", "list", "--json")
    assert [(entry["domain"], entry["username"]) for entry in listed.json] == [("example.com", None)]
    assert listed.stderr.count("\n") == 1
    for words in (["get", "example.com"], ["create", "example.org"], ["update", made["uuid"], "--generate"]):
        assert agent.fails(10, "passwords", *words)["code"] == "vault.locked"
    assert len(agent.json("passwords", "list")) == 1
    agent.ok("passwords", "delete", "example.com")
    assert agent.json("passwords", "list") == []


def test_generating_needs_neither_server_nor_sign_in(cli: Cli) -> None:
    nowhere = cli.at(RAVI_API_URL="http://127.0.0.1:1")

    assert len({nowhere.json("passwords", "generate", "--length", "32")["password"] for _ in range(3)}) == 3


def test_a_password_can_be_typed_where_nobody_sees_it(agent: Cli) -> None:
    terminal = Terminal(agent, "passwords", "create", "example.com", "--username", "ada", "--password-stdin", "--json")
    terminal.wait_for("password: ")
    terminal.type("correct horse")

    assert terminal.end() == 0
    assert terminal.screen.count("correct horse") == 1, "shown while it was typed, or not in the answer"
    assert agent.json("passwords", "get", "example.com")["password"] == "correct horse"


def test_the_owner_sees_who_read_what_and_the_server_never_sees_a_word_of_it(
    make_server: MakeServer, cli: Cli, workspace: Path
) -> None:
    server = make_server("--log-level", "debug")
    agent = acting(unlocked_owner(server, cli), workspace)
    texts = {"username": "ada of the shop", "password": "correct horse battery", "notes": "the third of May"}
    flags = [word for name, text in texts.items() for word in (f"--{name}", text)]
    uuid = agent.json("passwords", "create", "example.com", *flags)["uuid"]
    agent.ok("passwords", "update", "example.com", "--password", "correct horse stapler")
    agent.ok("passwords", "list")
    agent.ok("passwords", "get", uuid)
    agent.ok("passwords", "history", uuid)
    agent.ok("passwords", "delete", uuid)

    reads = events(agent, "password.read")
    assert [event["data"]["uuids"] for event in reads] == [[uuid]] * 3  # the update had to read it, too
    assert {event["data"]["by"]["kind"] for event in reads} == {"session"}
    assert len(events(agent, "password.written")) == 2
    assert len(events(agent, "password.deleted")) == 1

    server.stop()
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert uuid.encode() in stored
    for text in [*texts.values(), "correct horse stapler"]:
        assert text.encode() not in stored
        assert text not in "\n".join(server.lines)


@pytest.fixture
def tamper(make_server: MakeServer, cli: Cli, workspace: Path) -> Iterator[Callable[[str], Cli]]:
    """`tamper(sql)` is what somebody who took the server over does to two sign-ins; it returns the agent's `ravi`."""
    server = make_server()
    agent = acting(unlocked_owner(server, cli), workspace)
    for site, password in (("bank.example", "for the bank"), ("evil.example", "for the thief")):
        agent.ok("passwords", "create", site, "--username", "ada", "--password-stdin", stdin=password)
    with contextlib.closing(sqlite3.connect(server.data / "ravi.db", isolation_level=None)) as database:
        before = database.execute("SELECT domain, password, site, id FROM passwords").fetchall()

        def change(statement: str) -> Cli:
            database.executemany("UPDATE passwords SET domain = ?, password = ?, site = ? WHERE id = ?", before)
            assert agent.json("passwords", "get", "bank.example")["password"] == "for the bank"
            assert database.execute(statement).rowcount > 0
            return agent

        yield change


SWAPPED_LABELS = (
    "UPDATE passwords SET domain = CASE domain WHEN 'bank.example' THEN 'evil.example' ELSE 'bank.example' END"
)
ONE_PASSWORD = "UPDATE passwords SET password = (SELECT password FROM passwords WHERE domain = 'evil.example')"


def test_a_server_that_was_taken_over_cannot_make_an_agent_use_another_password(
    tamper: Callable[[str], Cli],
) -> None:
    readable = "UPDATE passwords SET password = 'for the thief'"
    another_field = "UPDATE passwords SET password = username"
    nothing = "UPDATE passwords SET password = ''"
    for statement in (SWAPPED_LABELS, ONE_PASSWORD, readable, another_field, nothing):
        refusal = tamper(statement).fails(10, "passwords", "get", "bank.example")

        assert refusal["code"] == "vault.unreadable", statement
        assert not any(text in str(refusal) for text in ("for the bank", "for the thief"))


def test_a_server_that_was_taken_over_cannot_take_the_seal_of_a_site_away(tamper: Callable[[str], Cli]) -> None:
    agent = tamper("UPDATE passwords SET site = ''")

    refusal = agent.fails(10, "passwords", "get", "bank.example")

    assert "for the bank" not in str(refusal)
    agent.ok("passwords", "update", "bank.example", "--domain", "bank.example")
    mended = agent.ok("passwords", "get", "bank.example", "--json")
    assert (mended.json["site"], mended.stderr) == ("bank.example", "")


def test_every_failure_is_one_json_document_on_stderr(agent: Cli) -> None:
    for code, words in (
        (2, ["create", "not a host"]),
        (2, ["create", "example.com", "--length", "2"]),
        (2, ["update", NOBODY]),
        (2, ["get"]),
        (4, ["get", NOBODY]),
        (4, ["get", "nowhere.example"]),
        (4, ["history", NOBODY]),
        (4, ["delete", NOBODY]),
    ):
        assert agent.fails(code, "passwords", *words)["hint"] is not None
