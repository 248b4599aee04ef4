"""All SQL of events."""

from collections.abc import Sequence

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.db.many import insert_many as insert_rows
from ravi.server.events.records import Event

_COLUMNS = "seq, id, type, identity_uuid, data, created_at, identity_id"


async def insert(
    tx: Transaction,
    *,
    id: str,
    account_id: int,
    identity: tuple[int, str] | None,
    type: str,
    data: bytes,
    at: int,
) -> int:
    """Append one event and return its number."""
    row = await tx.one(
        "INSERT INTO events (id, account_id, identity_id, identity_uuid, type, data, created_at)"
        " VALUES (:id, :account, :identity, :uuid, :type, :data, :at) RETURNING seq",
        id=id,
        account=account_id,
        identity=identity[0] if identity else None,
        uuid=identity[1] if identity else None,
        type=type,
        data=data.decode(),
        at=at,
    )
    assert row is not None  # RETURNING
    return int(row[0])


async def insert_many(
    tx: Transaction, account_id: int, events: Sequence[tuple[str, tuple[int, str], str, bytes]], *, at: int
) -> None:
    """Append events, each (id, identity's row id and uuid, type, data), in this order."""
    await insert_rows(
        tx,
        "INSERT INTO events (id, account_id, identity_id, identity_uuid, type, data, created_at)",
        [(id_, account_id, *identity, type_, data.decode(), at) for id_, identity, type_, data in events],
    )


async def list_after(
    db: Queries, account_id: int, identity_id: int | None, *, since: int, limit: int, types: list[str]
) -> list[Event]:
    """Return at most *limit* events after *since*, oldest first; of one identity, or of the whole account."""
    conditions = ["account_id = :account", "seq > :since"]
    params: dict[str, object] = {"account": account_id, "since": since, "limit": limit}
    if identity_id is not None:
        conditions.append("identity_id = :identity")
        params["identity"] = identity_id
    if types:
        names = {f"type_{place}": type_ for place, type_ in enumerate(types)}
        conditions.append(f"type IN ({', '.join(f':{name}' for name in names)})")
        params |= names
    rows = await db.all(
        f"SELECT {_COLUMNS} FROM events WHERE {' AND '.join(conditions)} ORDER BY seq LIMIT :limit", **params
    )
    return [_event(row) for row in rows]


async def last_seq(db: Queries, account_id: int, identity_id: int | None) -> int:
    """Return the number of the last event of one identity, or of the account; 0 when there is none."""
    if identity_id is None:
        row = await db.one(
            "SELECT seq FROM events WHERE account_id = :account ORDER BY seq DESC LIMIT 1", account=account_id
        )
    else:
        row = await db.one(
            "SELECT seq FROM events WHERE identity_id = :identity AND account_id = :account ORDER BY seq DESC LIMIT 1",
            identity=identity_id,
            account=account_id,
        )
    return int(row[0]) if row else 0


async def count(db: Queries, account_id: int, identity_id: int) -> int:
    """Return how many events are about an identity."""
    row = await db.one(
        "SELECT COUNT(*) FROM events WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return int(row[0]) if row else 0


async def purge(tx: Transaction, account_id: int, identity_id: int, *, most: int) -> int:
    """Erase the oldest of what was recorded about an identity, no more than *most*; return how many that were."""
    return await tx.run(
        "DELETE FROM events WHERE seq IN (SELECT seq FROM events"
        " WHERE identity_id = :identity AND account_id = :account ORDER BY seq LIMIT :most)",
        identity=identity_id,
        account=account_id,
        most=most,
    )


def _event(row: Row) -> Event:
    seq, id_, type_, uuid, data, at, identity = row
    return Event(seq, id_, type_, uuid, msgspec.json.decode(data), from_micros(at), identity)
