"""
All SQL of messages, their raw bytes and their attachments.

Searching is in `search.py`, threads are in `threads.py`, sending is in `outbox_storage.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.http import Paging
from ravi.server.mail.parsed import Part
from ravi.server.mail.records import Attachment, Delivery, Message

_MESSAGE = (
    "m.attachment_count, m.id, m.uuid, m.account_id, m.identity_id, i.uuid, m.direction, m.state, m.thread_id,"
    " m.message_id, m.in_reply_to, m.reference_ids, m.from_email, m.from_name, m.to_email, m.cc, m.reply_to, m.subject,"
    " m.envelope_to, m.text_content, m.html_content, m.preview, m.is_read, m.sender_type, m.sender_certain, m.verdicts,"
    " m.defects, m.codes, m.links, m.size, m.created_at FROM messages m JOIN identities i ON i.id = m.identity_id"
)
_ATTACHMENT = "t.id, t.uuid, t.filename, t.content_type, t.size, t.is_inline"
#: How many ids one statement asks for, always the same, so that each is prepared once. (A plus sign before the owner's
#: column there keeps SQLite from walking the account's mail instead of looking up the ids.)
_AT_ONCE = 100
_AMONG = ", ".join(f":id_{place}" for place in range(_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Filter:
    """
    Which messages a list shows; what is None does not matter.

    *sender* is a whole address, or a domain with everything below it. *after_id* is the id of a message that was seen,
    *created_after* a time in microseconds. *search* is what `search.condition` returned.
    """

    is_read: bool | None = None
    direction: str | None = None
    thread_id: str | None = None
    sender: str | None = None
    after_id: int | None = None
    created_after: int | None = None
    search: tuple[str, str] | None = None


ALL = Filter()


async def insert(tx: Transaction, *, raw: bytes, **columns: object) -> int:
    """Write a message with every column of its table named, and its raw bytes; return the row id."""
    row = await tx.one(
        "INSERT INTO messages (uuid, account_id, identity_id, direction, state, is_read, sender_type, sender_certain,"
        " attachment_count, size, created_at, conversation, thread_id, message_id, fingerprint, from_email, from_name,"
        " to_email, cc, reply_to, subject, preview, envelope_from, envelope_to, in_reply_to, reference_ids, verdicts,"
        " defects, codes, links, text_content, html_content)"
        " VALUES (:uuid, :account_id, :identity_id, :direction, :state, :is_read, :sender_type, :sender_certain,"
        " :attachment_count, :size, :created_at, :conversation, :thread_id, :message_id, :fingerprint, :from_email,"
        " :from_name, :to_email, :cc, :reply_to, :subject, :preview, :envelope_from, :envelope_to, :in_reply_to,"
        " :reference_ids, :verdicts, :defects, :codes, :links, :text_content, :html_content) RETURNING id",
        **columns,
    )
    assert row is not None  # RETURNING
    await tx.run(
        "INSERT INTO raw_messages (message_pk, account_id, identity_id, content)"
        " VALUES (:message, :account, :identity, :content)",
        message=row[0],
        account=columns["account_id"],
        identity=columns["identity_id"],
        content=raw,
    )
    return int(row[0])


async def insert_attachment(
    tx: Transaction, *, uuid: str, account_id: int, identity_id: int, message_pk: int, part: Part
) -> None:
    await tx.run(
        "INSERT INTO attachments (uuid, account_id, identity_id, message_pk, position, filename, content_type,"
        " content_id, content_hash, is_inline, size)"
        " VALUES (:uuid, :account_id, :identity_id, :message_pk, :position, :filename, :content_type,"
        " :content_id, :content_hash, :is_inline, :size)",
        uuid=uuid,
        account_id=account_id,
        identity_id=identity_id,
        message_pk=message_pk,
        position=part.position,
        filename=part.filename,
        content_type=part.content_type,
        content_id=part.content_id,
        content_hash=part.content_hash,
        is_inline=int(part.is_inline),
        size=part.size,
    )


async def find_delivered(
    db: Queries, account_id: int, identity_id: int, *, message_id: str, fingerprint: bytes, since: int
) -> int | None:
    """Return the id of the message with that Message-ID and fingerprint that arrived since *since*."""
    row = await db.one(
        "SELECT id FROM messages WHERE account_id = :account AND message_id = :message_id"
        " AND identity_id = :identity AND fingerprint = :fingerprint AND created_at >= :since ORDER BY id LIMIT 1",
        identity=identity_id,
        account=account_id,
        message_id=message_id,
        fingerprint=fingerprint,
        since=since,
    )
    return None if row is None else int(row[0])


async def find(db: Queries, account_id: int, identity_id: int | None, **ref: int | str) -> list[Message]:
    """
    Return the message with an `id`, a `uuid` or a `message_id`, whichever is named.

    A Message-ID may be on many: then it is the newest of each identity that has one, and of no more than two.
    """
    ((column, value),) = ref.items()
    conditions = ["m.account_id = :account"]
    params: dict[str, object] = {"account": account_id, "ref": value}
    fence = ""
    if identity_id is not None:
        conditions.append("m.identity_id = :identity")
        params["identity"] = identity_id
        fence = " AND identity_id = :identity"
    if column == "message_id":
        conditions.append(
            "m.id IN (SELECT MAX(id) FROM messages WHERE account_id = :account AND message_id = :ref"
            f"{fence} GROUP BY identity_id ORDER BY MAX(id) DESC LIMIT 2)"
        )
    else:
        conditions.append(f"m.{column} = :ref")
    rows = await db.all(f"SELECT {_MESSAGE} WHERE {' AND '.join(conditions)} ORDER BY m.id DESC", **params)
    return await _complete(db, account_id, rows)


async def list_(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    wanted: Filter = ALL,
    *,
    oldest_first: bool = False,
    paging: Paging,
) -> tuple[list[Message], int]:
    """
    Return the messages of one identity, or of the account, that fit, and how many there are without *paging*.

    Newest first unless *oldest_first*.
    """
    conditions = ["m.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("m.identity_id = :identity")
        params["identity"] = identity_id
    for condition, names in _conditions(wanted):
        conditions.append(condition)
        params |= names
    order = "m.id"
    if identity_id is None and (wanted.thread_id is not None or wanted.is_read is False):
        # Their indexes begin with the identity. A plus sign keeps SQLite from walking all mail in its order instead.
        conditions.append("m.identity_id IN (SELECT id FROM identities WHERE account_id = :account)")
        order = "+m.id"
    count = None
    if paging.limit is not None:
        row = await db.one(f"SELECT COUNT(*) FROM messages m WHERE {' AND '.join(conditions)}", **params)
        count = int(row[0]) if row else 0
        params |= {"limit": paging.limit, "offset": paging.offset}
    order += "" if oldest_first else " DESC"
    page = "" if paging.limit is None else " LIMIT :limit OFFSET :offset"
    rows = await db.all(f"SELECT {_MESSAGE} WHERE {' AND '.join(conditions)} ORDER BY {order}{page}", **params)
    return await _complete(db, account_id, rows), len(rows) if count is None else count


def _conditions(wanted: Filter) -> Iterator[tuple[str, dict[str, object]]]:
    if wanted.is_read is not None:
        yield f"m.is_read = {int(wanted.is_read)}", {}  # spelled out, or SQLite could not use the index of the unread
    if wanted.direction is not None:
        yield "m.direction = :direction", {"direction": wanted.direction}
    if wanted.thread_id is not None:
        yield "m.thread_id = :thread", {"thread": wanted.thread_id}
    if wanted.after_id is not None:
        yield "m.id > :after_id", {"after_id": wanted.after_id}
    if wanted.created_after is not None:
        yield "m.created_at > :created_after", {"created_after": wanted.created_after}
    if wanted.search is not None:
        condition, search = wanted.search
        yield condition, {"search": search}
    if wanted.sender is not None:
        sender = wanted.sender.lower()
        if "@" in sender:
            yield "m.from_email = :sender", {"sender": sender}
        else:
            quoted = sender.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            yield (
                "(m.from_email LIKE :at_domain ESCAPE '!' OR m.from_email LIKE :below_domain ESCAPE '!')",
                {"at_domain": f"%@{quoted}", "below_domain": f"%@%.{quoted}"},
            )


async def mark(tx: Transaction, account_id: int, message_pk: int, *, is_read: bool) -> None:
    await tx.run(
        "UPDATE messages SET is_read = :is_read WHERE id = :message AND account_id = :account",
        is_read=int(is_read),
        message=message_pk,
        account=account_id,
    )


async def find_raw(db: Queries, account_id: int, message_pk: int) -> bytes | None:
    row = await db.one(
        "SELECT content FROM raw_messages WHERE message_pk = :message AND account_id = :account",
        message=message_pk,
        account=account_id,
    )
    return None if row is None else bytes(row[0])


async def find_attachment(
    db: Queries, account_id: int, identity_id: int | None, uuid: str
) -> tuple[int, int, int, Attachment] | None:
    """Return (identity, message, position in its raw bytes, attachment)."""
    conditions = ["t.account_id = :account", "t.uuid = :uuid"]
    params: dict[str, object] = {"account": account_id, "uuid": uuid}
    if identity_id is not None:
        conditions.append("t.identity_id = :identity")
        params["identity"] = identity_id
    row = await db.one(
        f"SELECT t.identity_id, t.message_pk, t.position, {_ATTACHMENT} FROM attachments t"
        f" WHERE {' AND '.join(conditions)}",
        **params,
    )
    if row is None:
        return None
    identity, message, position, *columns = row
    return identity, message, position, _attachment(columns)


async def find_owner_of_attachment(db: Queries, uuid: str, *, at: int) -> tuple[int, int, bool] | None:
    """Return (account, identity, whether that is switched off), whoever asks; None when its identity's time is over."""
    row = await db.one(
        "SELECT t.account_id, t.identity_id, i.status = 'disabled' FROM attachments t"
        " JOIN identities i ON i.id = t.identity_id"
        " WHERE t.uuid = :uuid AND (i.expires_at IS NULL OR i.expires_at > :at)",
        uuid=uuid,
        at=at,
    )
    return None if row is None else (row[0], row[1], bool(row[2]))


async def count_unread(db: Queries, account_id: int, identity_ids: Sequence[int]) -> dict[int, int]:
    """Return how many messages are unread, by identity; who has none is missing."""
    wanted = {f"id_{place}": id_ for place, id_ in enumerate(identity_ids)}
    if not wanted:
        return {}
    rows = await db.all(
        "SELECT identity_id, COUNT(*) FROM messages WHERE account_id = :account AND is_read = 0"
        f" AND identity_id IN ({', '.join(f':{name}' for name in wanted)}) GROUP BY identity_id",
        account=account_id,
        **wanted,
    )
    return {identity: int(count) for identity, count in rows}


async def count(db: Queries, account_id: int, identity_id: int) -> dict[str, int]:
    """Return how many messages and attachments an identity has."""
    counts = {}
    for table in ("messages", "attachments"):
        row = await db.one(
            f"SELECT COUNT(*) FROM {table} WHERE identity_id = :identity AND account_id = :account",
            identity=identity_id,
            account=account_id,
        )
        counts[table] = int(row[0]) if row else 0
    return counts


async def _complete(db: Queries, account_id: int, rows: list[Row]) -> list[Message]:
    """Return the messages in *rows* (of `_MESSAGE`) with their attachments and deliveries, if they have any."""
    messages = [_message(row[1:]) for row in rows]
    attachments = await _attachments(db, account_id, [row[1] for row in rows if row[0]])
    deliveries = await _deliveries(db, account_id, [each.id for each in messages if each.direction == "outgoing"])
    if not attachments and not deliveries:
        return messages
    return [
        replace(
            message,
            attachments=tuple(attachments.get(message.id, ())),
            deliveries=tuple(deliveries.get(message.id, ())),
        )
        for message in messages
    ]


async def _attachments(db: Queries, account_id: int, message_pks: Sequence[int]) -> dict[int, list[Attachment]]:
    found: dict[int, list[Attachment]] = {}
    for ids in _batches(message_pks):
        for pk, *columns in await db.all(
            f"SELECT t.message_pk, {_ATTACHMENT} FROM messages m JOIN attachments t ON t.identity_id = m.identity_id"
            " AND t.account_id = m.account_id AND t.message_pk = m.id"
            f" WHERE +m.account_id = :account AND m.id IN ({_AMONG}) ORDER BY t.message_pk, t.position",
            account=account_id,
            **ids,
        ):
            found.setdefault(pk, []).append(_attachment(columns))
    return found


async def _deliveries(db: Queries, account_id: int, message_pks: Sequence[int]) -> dict[int, list[Delivery]]:
    found: dict[int, list[Delivery]] = {}
    for ids in _batches(message_pks):
        for pk, *columns in await db.all(
            "SELECT d.message_pk, d.recipient, d.state, d.attempts, d.last_error FROM messages m"
            " JOIN deliveries d ON d.identity_id = m.identity_id AND d.account_id = m.account_id"
            " AND d.message_pk = m.id"
            f" WHERE +m.account_id = :account AND m.id IN ({_AMONG}) ORDER BY d.message_pk, d.id",
            account=account_id,
            **ids,
        ):
            found.setdefault(pk, []).append(Delivery(*columns))
    return found


def _batches(ids: Sequence[int]) -> Iterable[dict[str, int]]:
    """Yield the parameters of `_AMONG` for all *ids*; the last batch is filled up with its first id."""
    for start in range(0, len(ids), _AT_ONCE):
        batch = ids[start : start + _AT_ONCE]
        yield {f"id_{place}": batch[place] if place < len(batch) else batch[0] for place in range(_AT_ONCE)}


def _message(row: Row) -> Message:
    """Make a message of a row of `_MESSAGE` without its first column; the record's fields are in the same order."""
    *texts, read, sender_type, certain, verdicts, defects, codes, links, size, at = row
    texts[10] = tuple(texts[10].split())
    values: list[Any] = [*texts, bool(read), sender_type, bool(certain), msgspec.json.decode(verdicts)]
    values += [tuple(msgspec.json.decode(each)) for each in (defects, codes, links)]
    values += [size, from_micros(at)]
    return Message(*values)


def _attachment(columns: Sequence[Any]) -> Attachment:
    id_, uuid, filename, content_type, size, is_inline = columns
    return Attachment(id_, uuid, filename, content_type, size, bool(is_inline))
