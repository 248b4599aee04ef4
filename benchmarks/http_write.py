"""Durable writes under load: an identity created by the server, and a row inserted by a bare route."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import wire
from benchmarks.durable_postgres import durable_cluster
from benchmarks.load import Target
from benchmarks.measure import Bar, Effort, NotMeasured, Table, at_least
from benchmarks.rivals import under_load
from benchmarks.servers import MEMORY, Serving, add_account, bare_server, ravi_server, sign_in, workplace
from tests.support.postgres import Cluster

BASELINE = "bare Starlette route, one durable insert"
PATH = "/api/identities/"
OURS = f"POST {PATH}"
KEYED = f"POST {PATH} with an Idempotency-Key"
ACCOUNTS = 8
SPREAD = f"POST {PATH} for {ACCOUNTS} accounts in turn"
BARS = {OURS: at_least(0.3)}

#: What `ravi identity create --name …` sends.
BODY = '{"name":"agent-{n}","api_key":false}'


def run(effort: Effort) -> Iterator[Table]:
    """Measure on a disk, where the bar is; in memory, where nothing hides what our code costs; and on PostgreSQL."""
    with workplace() as folder:
        yield _on_sqlite(folder, "Durable writes on SQLite (on disk before the answer)", effort, bars=BARS)
    if MEMORY.is_dir():
        with workplace(within=MEMORY) as folder:
            yield _on_sqlite(folder, "The same writes on a file system in memory", effort, bars={})
    with workplace() as folder, durable_cluster() as cluster:
        yield _on_postgres(folder, cluster, effort)


def _on_sqlite(folder: Path, title: str, effort: Effort, *, bars: dict[str, Bar]) -> Table:
    code = add_account(folder)
    with bare_server(folder, "sqlite") as other, ravi_server(folder) as server:
        key = sign_in(folder, server, code).management_key()
        return _measure(title, [key], server, other, effort, bars=bars)


def _on_postgres(folder: Path, cluster: Cluster, effort: Effort) -> Table:
    ours, theirs = (cluster.url(cluster.create(name=name)) for name in ("ours", "theirs"))
    emails = [f"owner-{number}@example.com" for number in range(ACCOUNTS)]
    codes = [add_account(folder, database=ours, email=email) for email in emails]
    with bare_server(folder, theirs) as other, ravi_server(folder, database=ours) as server:
        owners = [sign_in(folder, server, code, home=f"home-{number}") for number, code in enumerate(codes)]
        keys = [owner.management_key() for owner in owners]
        title = f"Durable writes on PostgreSQL {cluster.version} (fsync on)"
        return _measure(title, keys, server, other, effort, bars={})


def _measure(
    title: str, keys: list[str], server: Serving, other: Serving, effort: Effort, *, bars: dict[str, Bar]
) -> Table:
    key = keys[0]
    targets = {
        BASELINE: Target(other, "POST", "/write", body=BODY),
        OURS: Target(server, "POST", PATH, tokens=(key,), body=BODY),
        KEYED: Target(server, "POST", PATH, tokens=(key,), body=BODY, keyed=True),
    }
    if len(keys) > 1:
        targets[SPREAD] = Target(server, "POST", PATH, tokens=tuple(keys), body=BODY)
    first = _created(server, key)
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
    sent = wire.request("POST", PATH, token=key, body={"name": "one more", "api_key": False})
    with wire.connected(server.port) as connection:
        made: dict[str, Any] = json.loads(connection.ask(sent))
    if made["name"] != "one more" or not made["email"]:
        raise NotMeasured(f"asked for an identity, and got {made}")
    return made
