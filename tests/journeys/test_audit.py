"""`ravi audit` and `ravi-server audit verify`, beside a server that runs."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from tests.support.cli import Cli
from tests.support.journey import Terminal, api, sign_in
from tests.support.server import Server
from tests.support.tampering import TRIGGERS


@contextmanager
def tampering(server: Server) -> Iterator[sqlite3.Connection]:
    """Its database without the triggers that guard the log, beside the server."""
    with closing(sqlite3.connect(server.data / "ravi.db", timeout=10)) as database, database:
        for trigger in TRIGGERS:
            database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        yield database


def verify(server: Server, *words: str, ok: bool) -> list[dict[str, Any]]:
    done = server.run("audit", "verify", "--json", *words, ok=ok)
    assert done.returncode == (0 if ok else 1), done.stderr
    return json.loads(done.stdout)


def test_an_owner_reads_who_did_what_and_an_agent_does_not(server: Server, cli: Cli) -> None:
    owner = sign_in(server, cli)
    made = owner.json("identity", "create", "--name", "agent")
    key = owner.json("keys", "create", "--identity", "agent")["key"]
    agent = owner.at(RAVI_API_KEY=key, RAVI_API_URL=server.url)

    assert agent.run("audit").code == 6
    entries = owner.json("audit")
    refused = entries[-1]

    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["action"] == "account.created"
    assert entries[0]["by"]["kind"] == "operator"
    assert (refused["action"], refused["result"]) == ("request.refused", "auth.forbidden")
    assert (refused["identity"], refused["by"]["kind"]) == (made["uuid"], "identity_key")
    assert refused["target"] == {"route": "GET /api/audit/"}
    assert owner.json("audit", "--identity", "agent", "--limit", "1") == [refused]
    assert owner.json("audit", "--after", "2", "--limit", "2") == entries[2:4]
    assert owner.json("audit", "--since", "1h") == entries
    assert owner.json("audit", "--since", "1h", "--until", "1h") == []
    assert owner.json("audit", "--head") == {"seq": refused["seq"], "hash": refused["hash"]}
    assert owner.run("audit", "--head", "--limit", "3").code == 2
    assert owner.run("audit", "--since", "yesterday").code == 2


def test_people_see_a_table_with_the_newest_last(server: Server, cli: Cli) -> None:
    owner = sign_in(server, cli)
    owner.json("identity", "create", "--name", "agent")
    terminal = Terminal(owner, "audit")
    assert terminal.end() == 0

    lines = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", terminal.screen).splitlines() if line.strip()]
    assert lines[0].lower().split() == ["seq", "when", "by", "action", "identity", "about", "from", "result"]
    assert "identity.created" in lines[-1]
    assert "127.0.0.1" in lines[-1]


def test_verify_finds_what_was_done_to_the_log_while_the_server_runs(server: Server, cli: Cli) -> None:
    owner = sign_in(server, cli)
    for name in ("agent", "other"):
        owner.json("identity", "create", "--name", name)
    (whole,) = verify(server, ok=True)
    head = owner.json("audit", "--head")
    assert whole["ok"] is True
    assert whole["head"] == head
    assert (
        verify(server, "--account", whole["email"], "--expect", head["hash"], ok=True)[0]["expected_at"] == head["seq"]
    )

    with tampering(server) as database:
        database.execute("UPDATE audit SET peer = '192.0.2.1' WHERE seq = 3")
        database.execute("DELETE FROM audit WHERE seq = ?", (head["seq"] - 1,))
    (broken,) = verify(server, ok=False)
    assert [finding["seq"] for finding in broken["findings"]] == [3, head["seq"]]

    human = server.run("audit", "verify", "--human", ok=False).stdout
    assert "NOT OK" in human
    assert f"{whole['email']}: row 3: this row was changed" in human
    assert api(owner).get("/api/identities/").status == 200, "the server goes on"


def test_verify_misses_a_hash_that_is_not_there(server: Server, cli: Cli) -> None:
    email = "owner@example.com"
    sign_in(server, cli, email)

    (verdict,) = verify(server, "--account", email, "--expect", "00" * 32, ok=False)

    assert (verdict["ok"], verdict["findings"], verdict["expected_at"]) == (False, [], None)
    assert server.run("audit", "verify", "--expect", "00" * 32, ok=False).returncode == 2
    assert server.run("audit", "verify", "--account", email, "--expect", "nonsense", ok=False).returncode == 2
    assert server.run("audit", "verify", "--account", "nobody@example.com", ok=False).returncode == 4
