"""
All SQL of waiting: which messages have what is wanted, and what was handed out.

Messages and texts are only read here, and only what is needed to choose one; the chosen one comes from its noun.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.db.many import insert_many
from ravi.server.waiting.records import Awaited, Candidate, Medium, Wait, Want


@dataclass(frozen=True, slots=True)
class Place:
    """Where what comes by one medium is kept: tables, and columns of the first."""

    medium: Medium
    table: str
    handed_out: str
    sender: str
    certain: str
    subject: str


MAIL = Place("mail", "messages", "handed_out", "m.from_email", "m.sender_certain", "m.subject")
#: A word is what anybody may call themselves; numbers are what the network says (docs/adr/0031).
TEXTS = Place("sms", "sms_messages", "sms_handed_out", "m.peer", "(m.verdict <> 'none')", "''")

#: Where a message keeps what is wanted of it. A message itself is wanted for nothing in particular.
_VALUES = {"otp": "m.codes", "link": "m.links", "message": "'[]'"}


async def last_id(db: Queries, place: Place, account_id: int, identity_id: int) -> int:
    """Return the id of the newest message of an identity, 0 when it has none."""
    row = await db.one(
        f"SELECT MAX(id) FROM {place.table} WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return int(row[0] or 0) if row else 0


async def list_candidates(
    db: Queries,
    place: Place,
    account_id: int,
    identity_id: int,
    want: Want,
    *,
    after_id: int,
    unread: bool,
    since: int | None,
    limit: int,
) -> list[Candidate]:
    """
    Return incoming messages behind *after_id* that have what is wanted and were not handed out, oldest first.

    Only unread ones with *unread*, and only those since *since* (microseconds).
    """
    conditions = [
        "m.account_id = :account",
        "m.identity_id = :identity",
        "m.direction = 'incoming'",
        "m.id > :after",
        f"NOT EXISTS (SELECT 1 FROM {place.handed_out} h WHERE h.identity_id = m.identity_id AND h.message_pk = m.id"
        " AND h.what = :want)",
    ]
    params: dict[str, object] = {
        "account": account_id,
        "identity": identity_id,
        "after": after_id,
        "want": want,
        "limit": limit,
    }
    if unread:
        conditions.append("m.is_read = 0")
    if since is not None:
        conditions.append("m.created_at >= :since")
        params["since"] = since
    if want != "message":
        conditions.append(f"{_VALUES[want]} <> '[]'")
    rows = await db.all(
        f"SELECT m.id, m.created_at, {place.sender}, {place.certain}, {place.subject}, {_VALUES[want]}"
        f" FROM {place.table} m WHERE {' AND '.join(conditions)} ORDER BY m.id LIMIT :limit",
        **params,
    )
    return [_candidate(place.medium, row) for row in rows]


async def hand_out(
    tx: Transaction, place: Place, account_id: int, identity_id: int, message_pk: int, want: Want, *, at: int
) -> bool:
    """Note that what is wanted of a message was handed out; return False when somebody was faster."""
    return bool(
        await tx.run(
            f"INSERT INTO {place.handed_out} (identity_id, message_pk, what, account_id, created_at)"
            " VALUES (:identity, :message, :want, :account, :at) ON CONFLICT DO NOTHING",
            identity=identity_id,
            message=message_pk,
            want=want,
            account=account_id,
            at=at,
        )
    )


def _candidate(medium: Medium, row: Row) -> Candidate:
    id_, at, sender, certain, subject, found = row
    # Codes are under "value", links under "url": as `extraction` returned them.
    values = tuple((each.get("value") or each["url"], float(each["score"])) for each in msgspec.json.decode(found))
    return Candidate(medium, id_, from_micros(at), sender, bool(certain), subject, values)


async def insert_waits(tx: Transaction, replica: str, waits: Sequence[tuple[Awaited, int]]) -> None:
    """Write down what *replica* holds, each with the time since when."""
    await insert_many(
        tx,
        "INSERT INTO waits (identity_id, account_id, replica, want, media, sender, since_at)",
        [
            (what.identity_id, what.account_id, replica, what.want, ",".join(what.media), what.sender, since)
            for what, since in waits
        ],
    )


async def delete_waits(tx: Transaction, replica: str, waits: Sequence[Awaited]) -> None:
    """Erase what *replica* does not hold any more."""
    for what in waits:
        await tx.run(
            "DELETE FROM waits WHERE identity_id = :identity AND account_id = :account AND replica = :replica"
            " AND want = :want AND media = :media AND sender = :sender",
            identity=what.identity_id,
            account=what.account_id,
            replica=replica,
            want=what.want,
            media=",".join(what.media),
            sender=what.sender,
        )


async def list_waits(db: Queries, account_id: int, identity_ids: Sequence[int], *, after: int) -> list[Wait]:
    """Return the waits of these identities on replicas that were seen after *after*, oldest first."""
    wanted = {f"id_{place}": id_ for place, id_ in enumerate(identity_ids)}
    if not wanted:
        return []
    rows = await db.all(
        "SELECT w.identity_id, w.want, w.media, w.sender, w.since_at FROM waits w JOIN replicas r ON r.id = w.replica"
        f" WHERE w.account_id = :account AND w.identity_id IN ({', '.join(f':{name}' for name in wanted)})"
        " AND r.seen_at > :after ORDER BY w.since_at, w.want, w.sender",
        account=account_id,
        after=after,
        **wanted,
    )
    return [
        Wait(identity, want, tuple(media.split(",")), sender, from_micros(since))
        for identity, want, media, sender, since in rows
    ]


async def set_replica_seen(tx: Transaction, replica: str, *, at: int) -> None:
    await tx.run(
        "INSERT INTO replicas (id, seen_at) VALUES (:id, :at) ON CONFLICT (id) DO UPDATE SET seen_at = :at",
        id=replica,
        at=at,
    )


async def delete_replica(tx: Transaction, replica: str) -> None:
    """Erase *replica* with what it wrote."""
    await tx.run("DELETE FROM waits WHERE replica = :replica", replica=replica)
    await tx.run("DELETE FROM replicas WHERE id = :replica", replica=replica)


async def delete_silent_replicas(tx: Transaction, *, before: int) -> int:
    """Erase replicas that were last seen before *before*, with what they wrote; return how many."""
    silent = await tx.all("SELECT id FROM replicas WHERE seen_at < :before", before=before)
    for (replica,) in silent:
        await delete_replica(tx, replica)
    return len(silent)
