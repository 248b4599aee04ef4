"""Reads under load: who am I, answered by the server and by a bare route."""

import json
from collections.abc import Iterator

from benchmarks import bare, wire
from benchmarks.durable_postgres import durable_cluster
from benchmarks.load import Target
from benchmarks.measure import Effort, NotMeasured, Table, at_least
from benchmarks.rivals import under_load
from benchmarks.servers import Owner, Serving, add_account, bare_server, ravi_server, sign_in, workplace

BASELINE = "bare Starlette route, one indexed read"
OURS = "GET /api/email/ with an identity key"


def run(effort: Effort) -> Iterator[Table]:
    """Measure on both engines; the bar is SQLite's."""
    with workplace() as folder:
        code = add_account(folder)
        with bare_server(folder, "sqlite") as other, ravi_server(folder) as server:
            owner = sign_in(folder, server, code)
            yield _measure("Reads on SQLite", owner, server, other, effort, bar=0.4)
    with workplace() as folder, durable_cluster() as cluster:
        ours, theirs = (cluster.url(cluster.create(name=name)) for name in ("ours", "theirs"))
        code = add_account(folder, database=ours)
        with bare_server(folder, theirs) as other, ravi_server(folder, database=ours) as server:
            owner = sign_in(folder, server, code)
            title = f"Reads on PostgreSQL {cluster.version}"
            yield _measure(title, owner, server, other, effort, bar=None)


def _measure(title: str, owner: Owner, server: Serving, other: Serving, effort: Effort, *, bar: float | None) -> Table:
    identity = owner.ravi("identity", "create", "--name", "research-agent")
    key = owner.identity_key(identity["uuid"])
    _require(server, wire.request("GET", "/api/email/", token=key), identity["email"])
    _require(other, wire.request("GET", "/read", token=""), bare.WANTED)
    targets = {
        BASELINE: Target(other, "GET", "/read"),
        OURS: Target(server, "GET", "/api/email/", tokens=(key,)),
    }
    bars = {OURS: at_least(bar)} if bar else {}
    notes = (
        "Ours recognises the key in the database on every request, checks its scope, reads the address and logs the"
        " request, all in the default configuration; the bare route does none of these but the one read.",
    )
    return under_load(title, targets, effort, baseline=BASELINE, bars=bars, notes=notes)


def _require(server: Serving, sent: bytes, address: str) -> None:
    with wire.connected(server.port) as connection:
        answered = json.loads(connection.ask(sent))
    if [each["email"] for each in answered] != [address]:
        raise NotMeasured(f"asked for {address}, and got {answered}")
