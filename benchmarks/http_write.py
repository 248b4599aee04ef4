"""Durable writes under load: an identity created by the server, and a row inserted by a bare route."""

import json
from typing import Any

from benchmarks import wire
from benchmarks.durable_postgres import durable_cluster
from benchmarks.load import Target
from benchmarks.measure import Effort, NotMeasured, Table, at_least
from benchmarks.rivals import under_load
from benchmarks.servers import Owner, Serving, add_account, bare_server, ravi_server, sign_in, workplace

BASELINE = "bare Starlette route, one durable insert"
OURS = "POST /api/identities/"
KEYED = "POST /api/identities/ with an Idempotency-Key"

#: What `ravi identity create --name …` sends.
BODY = '{"name":"agent-{n}","api_key":false}'


def run(effort: Effort) -> list[Table]:
    """Measure on both engines; the bar is SQLite's."""
    tables = []
    with workplace() as folder:
        code = add_account(folder)
        with bare_server(folder, "sqlite") as other, ravi_server(folder) as server:
            owner = sign_in(folder, server, code)
            title = "Durable writes on SQLite (WAL, synchronous=FULL)"
            tables.append(_measure(title, owner, server, other, effort, bar=0.3))
    with workplace() as folder, durable_cluster() as cluster:
        ours, theirs = (cluster.url(cluster.create(name=name)) for name in ("ours", "theirs"))
        code = add_account(folder, database=ours)
        with bare_server(folder, theirs) as other, ravi_server(folder, database=ours) as server:
            owner = sign_in(folder, server, code)
            title = f"Durable writes on PostgreSQL {cluster.version} (fsync on)"
            tables.append(_measure(title, owner, server, other, effort, bar=None))
    return tables


def _measure(title: str, owner: Owner, server: Serving, other: Serving, effort: Effort, *, bar: float | None) -> Table:
    key = owner.management_key()
    targets = {
        BASELINE: Target(other, "POST", "/write", body=BODY),
        OURS: Target(server, "POST", "/api/identities/", token=key, body=BODY),
        KEYED: Target(server, "POST", "/api/identities/", token=key, body=BODY, keyed=True),
    }
    first = _created(server, key)
    bars = {OURS: at_least(bar)} if bar else {}
    notes = (
        "Ours writes identity, address, number and event in one transaction, with an Idempotency-Key the sealed answer"
        " as well, and answers after the commit is on disk; the bare route writes one row of three columns.",
    )
    table = under_load(title, targets, effort, baseline=BASELINE, bars=bars, notes=notes)
    last = _created(server, key)
    table.notes.append(f"{last['id'] - first['id']:,} identities were created, warm-up included.")
    if last["phone_number"] is None:
        table.notes.append("The loopback carrier's numbers ran out on the way: the creates after that were cheaper.")
    return table


def _created(server: Serving, key: str) -> dict[str, Any]:
    """Create one identity and return it: the first and the last of the run show that it creates what it should."""
    connection = wire.Connection(server.port)
    sent = wire.request("POST", "/api/identities/", token=key, body={"name": "one more", "api_key": False})
    made: dict[str, Any] = json.loads(connection.ask(sent))
    connection.close()
    if made["name"] != "one more" or not made["email"]:
        raise NotMeasured(f"asked for an identity, and got {made}")
    return made
