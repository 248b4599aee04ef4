"""All SQL of events."""

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.events.records import Event

_COLUMNS = "seq, id, type, identity_uuid, data, created_at"


async def insert(
    tx: Transaction,
    *,
    id: str,
    account_id: int,
    identity: tuple[int, str] | None,
    type: str,
    data: bytes,
    at: int,
) -> None:
    await tx.run(
        "INSERT INTO events (id, account_id, identity_id, identity_uuid, type, data, created_at)"
        " VALUES (:id, :account, :identity, :uuid, :type, :data, :at)",
        id=id,
        account=account_id,
        identity=identity[0] if identity else None,
        uuid=identity[1] if identity else None,
        type=type,
        data=data.decode(),
        at=at,
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


async def purge(tx: Transaction, account_id: int, identity_id: int) -> int:
    """Erase what was recorded about an identity; return how many events that were."""
    return await tx.run(
        "DELETE FROM events WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )


def _event(row: Row) -> Event:
    seq, id_, type_, uuid, data, at = row
    return Event(seq, id_, type_, uuid, msgspec.json.decode(data), from_micros(at))
