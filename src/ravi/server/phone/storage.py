"""
All SQL of texts: writing, reading, conversations.

The queue is in `queue_storage.py`; numbers that nobody has yet are in `spare_storage.py`, devices in
`devices_storage.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.http import Paging
from ravi.server.phone.records import Conversation, Text

_TEXT = (
    "m.id, m.uuid, m.account_id, m.identity_id, i.uuid, m.number_id, n.number, m.peer, m.direction, m.state, m.body,"
    " m.is_read, m.sender_type, m.verdict, m.encoding, m.segments, m.carrier, m.carrier_ref, m.last_error, m.codes,"
    " m.links, m.created_at FROM sms_messages m JOIN identities i ON i.id = m.identity_id"
    " JOIN numbers n ON n.id = m.number_id"
)
#: A repetition comes at once; nobody sends this many texts in between.
_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which texts a list shows; None does not matter. `conversation` is a number's row id and the other side."""

    is_read: bool | None = None
    direction: str | None = None
    conversation: tuple[int, str] | None = None


ALL = Filter()


async def insert(tx: Transaction, **columns: object) -> int | None:
    """Write a text with every column of its table named; None when it is a repeated delivery of one that is there."""
    row = await tx.one(
        "INSERT INTO sms_messages (uuid, account_id, identity_id, number_id, direction, state, is_read, sender_type,"
        " verdict, created_at, peer, body, encoding, segments, codes, links, carrier, carrier_ref, fingerprint,"
        " attempts, maybe_sent, next_at, last_error)"
        " VALUES (:uuid, :account_id, :identity_id, :number_id, :direction, :state, :is_read, :sender_type,"
        " :verdict, :created_at, :peer, :body, :encoding, :segments, :codes, :links, :carrier, :carrier_ref,"
        " :fingerprint, 0, 0, :next_at, '') ON CONFLICT DO NOTHING RETURNING id",
        **columns,
    )
    return None if row is None else int(row[0])


async def find(db: Queries, account_id: int, identity_id: int | None, **ref: int | str) -> Text | None:
    """Return the text with an `id` or a `uuid`, whichever is named."""
    ((column, value),) = ref.items()
    conditions = ["m.account_id = :account", f"m.{column} = :ref"]
    params: dict[str, object] = {"account": account_id, "ref": value}
    if identity_id is not None:
        conditions.append("m.identity_id = :identity")
        params["identity"] = identity_id
    rows = await db.all(f"SELECT {_TEXT} WHERE {' AND '.join(conditions)}", **params)
    return _text(rows[0]) if rows else None


async def find_received(db: Queries, account_id: int, identity_id: int, fingerprint: bytes) -> int | None:
    """Return the id of the text that the identity has received with that fingerprint."""
    row = await db.one(
        "SELECT id FROM sms_messages WHERE identity_id = :identity AND fingerprint = :fingerprint"
        " AND direction = 'incoming' AND account_id = :account",
        identity=identity_id,
        fingerprint=fingerprint,
        account=account_id,
    )
    return None if row is None else int(row[0])


async def find_repeated(
    db: Queries, account_id: int, identity_id: int, fingerprint: bytes, *, since: int
) -> int | None:
    """Return the id of the text with that fingerprint that the identity has sent since *since*."""
    row = await db.one(
        "SELECT id FROM (SELECT id, direction, fingerprint, created_at FROM sms_messages"
        " WHERE identity_id = :identity AND account_id = :account ORDER BY id DESC LIMIT :most) AS latest"
        " WHERE direction = 'outgoing' AND fingerprint = :fingerprint AND created_at >= :since"
        " ORDER BY id DESC LIMIT 1",
        identity=identity_id,
        account=account_id,
        most=_LOOKED_THROUGH,
        fingerprint=fingerprint,
        since=since,
    )
    return None if row is None else int(row[0])


async def list_(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    wanted: Filter = ALL,
    *,
    oldest_first: bool = False,
    paging: Paging,
) -> tuple[list[Text], int]:
    """Return the texts of one identity, or of the account, that fit, and how many there are without *paging*."""
    conditions = ["m.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("m.identity_id = :identity")
        params["identity"] = identity_id
    order = "m.id"
    if wanted.is_read is not None:
        conditions.append(f"m.is_read = {int(wanted.is_read)}")  # spelled out, or SQLite could not use its index
    if wanted.direction is not None:
        conditions.append("m.direction = :direction")
        params["direction"] = wanted.direction
    if wanted.conversation is not None:
        conditions.append("m.number_id = :number AND m.peer = :peer")
        params["number"], params["peer"] = wanted.conversation
    if identity_id is None and (wanted.conversation is not None or wanted.is_read is False):
        # Their indexes begin with the identity. A plus sign keeps SQLite from walking all texts in its order instead.
        conditions.append("m.identity_id IN (SELECT id FROM identities WHERE account_id = :account)")
        order = "+m.id"
    count = None
    if paging.limit is not None:
        row = await db.one(f"SELECT COUNT(*) FROM sms_messages m WHERE {' AND '.join(conditions)}", **params)
        count = int(row[0]) if row else 0
        params |= {"limit": paging.limit, "offset": paging.offset}
    order += "" if oldest_first else " DESC"
    page = "" if paging.limit is None else " LIMIT :limit OFFSET :offset"
    rows = await db.all(f"SELECT {_TEXT} WHERE {' AND '.join(conditions)} ORDER BY {order}{page}", **params)
    return [_text(row) for row in rows], len(rows) if count is None else count


async def list_conversations(
    db: Queries, account_id: int, identity_id: int | None, *, unread: bool, paging: Paging
) -> tuple[list[Conversation], int]:
    """Return conversations, the one with the newest text first, and how many there are without *paging*."""
    conditions = ["g.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("g.identity_id = :identity")
        params["identity"] = identity_id
    else:  # the index that this is made of begins with the identity
        conditions.append("g.identity_id IN (SELECT id FROM identities WHERE account_id = :account)")
    having = " HAVING SUM(1 - g.is_read) > 0" if unread else ""
    group = f"GROUP BY g.identity_id, g.number_id, g.peer{having}"
    count = None
    if paging.limit is not None:
        row = await db.one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM sms_messages g"
            f" WHERE {' AND '.join(conditions)} {group}) AS every_one",
            **params,
        )
        count = int(row[0]) if row else 0
        params |= {"limit": paging.limit, "offset": paging.offset}
    page = "" if paging.limit is None else " LIMIT :limit OFFSET :offset"
    rows = await db.all(
        "SELECT c.number_id, n.number, c.peer, m.body, c.many, c.unread, m.created_at"
        " FROM (SELECT g.number_id, g.peer, COUNT(*) AS many, SUM(1 - g.is_read) AS unread, MAX(g.id) AS latest"
        f" FROM sms_messages g WHERE {' AND '.join(conditions)} {group}) AS c"
        " JOIN sms_messages m ON m.id = c.latest AND m.account_id = :account"
        f" JOIN numbers n ON n.id = c.number_id ORDER BY c.latest DESC{page}",
        **params,
    )
    found = [
        Conversation(number_id, own, peer, body, int(many), int(unread_count), from_micros(at))
        for number_id, own, peer, body, many, unread_count, at in rows
    ]
    return found, len(found) if count is None else count


async def mark(tx: Transaction, account_id: int, text_id: int, *, is_read: bool) -> None:
    await tx.run(
        "UPDATE sms_messages SET is_read = :is_read WHERE id = :text AND account_id = :account",
        is_read=int(is_read),
        text=text_id,
        account=account_id,
    )


async def count_unread(db: Queries, account_id: int, identity_ids: Sequence[int]) -> dict[int, int]:
    """Return how many texts are unread, by identity; who has none is missing."""
    wanted = {f"id_{place}": id_ for place, id_ in enumerate(identity_ids)}
    if not wanted:
        return {}
    rows = await db.all(
        "SELECT identity_id, COUNT(*) FROM sms_messages WHERE account_id = :account AND is_read = 0"
        f" AND identity_id IN ({', '.join(f':{name}' for name in wanted)}) GROUP BY identity_id",
        account=account_id,
        **wanted,
    )
    return {identity: int(count) for identity, count in rows}


async def count(db: Queries, account_id: int, identity_id: int) -> int:
    """Return how many texts an identity has."""
    row = await db.one(
        "SELECT COUNT(*) FROM sms_messages WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return int(row[0]) if row else 0


async def delete_some(tx: Transaction, account_id: int, identity_id: int, *, most: int) -> int:
    """Erase at most *most* texts of an identity; return how many that were."""
    return await tx.run(
        "DELETE FROM sms_messages WHERE id IN (SELECT id FROM sms_messages"
        " WHERE identity_id = :identity AND account_id = :account LIMIT :most)",
        identity=identity_id,
        account=account_id,
        most=most,
    )


def _text(row: Row) -> Text:
    """Make a text of a row of `_TEXT`; the record's fields are in the same order."""
    values: list[Any] = list(row)
    values[11] = bool(values[11])
    values[19], values[20] = (tuple(msgspec.json.decode(each)) for each in (row[19], row[20]))
    values[21] = from_micros(row[21])
    return Text(*values)
