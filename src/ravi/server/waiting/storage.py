"""
All SQL of waiting: which messages have what is wanted, and what was handed out.

Messages are only read here, and only what is needed to choose one; the chosen one comes from `mail`.
"""

import msgspec

from ravi.server.db import Queries, Row, Transaction
from ravi.server.waiting.records import Candidate, Want

#: Where a message keeps what is wanted of it. A message itself is wanted for nothing in particular.
_VALUES = {"otp": "m.codes", "link": "m.links", "message": "'[]'"}


async def last_id(db: Queries, account_id: int, identity_id: int) -> int:
    """Return the id of the newest message of an identity, 0 when it has none."""
    row = await db.one(
        "SELECT MAX(id) FROM messages WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return int(row[0] or 0) if row else 0


async def list_candidates(
    db: Queries,
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
        "NOT EXISTS (SELECT 1 FROM handed_out h WHERE h.identity_id = m.identity_id AND h.message_pk = m.id"
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
        f"SELECT m.id, m.from_email, m.sender_certain, m.subject, {_VALUES[want]} FROM messages m"
        f" WHERE {' AND '.join(conditions)} ORDER BY m.id LIMIT :limit",
        **params,
    )
    return [_candidate(row) for row in rows]


async def hand_out(tx: Transaction, account_id: int, identity_id: int, message_pk: int, want: Want, *, at: int) -> bool:
    """Note that what is wanted of a message was handed out; return False when somebody was faster."""
    return bool(
        await tx.run(
            "INSERT INTO handed_out (identity_id, message_pk, what, account_id, created_at)"
            " VALUES (:identity, :message, :want, :account, :at) ON CONFLICT DO NOTHING",
            identity=identity_id,
            message=message_pk,
            want=want,
            account=account_id,
            at=at,
        )
    )


def _candidate(row: Row) -> Candidate:
    id_, from_email, certain, subject, found = row
    # Codes are under "value", links under "url": as `extraction` returned them.
    values = tuple((each.get("value") or each["url"], float(each["score"])) for each in msgspec.json.decode(found))
    return Candidate(id_, from_email, bool(certain), subject, values)
