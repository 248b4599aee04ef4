"""All SQL of sending: what is queued, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ravi.server.db import Queries, Transaction
from ravi.server.mail.records import State

#: A retried request comes at once; nobody writes this many messages in between.
_LOOKED_THROUGH = 200
#: Of a long queue, so that one look costs the same however long it is. A message has at most 100 recipients.
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What has to be known of a message to send it, and to tell its sender about it."""

    message_pk: int
    account_id: int
    identity_id: int
    identity_uuid: str
    inbox_id: int
    message_id: str
    thread_id: str
    from_email: str
    to_email: str
    subject: str
    envelope_from: str


@dataclass(frozen=True, slots=True)
class Queued:
    """One recipient whose turn it is. `attempts` counts this one, times are in microseconds."""

    id: int
    account_id: int
    message_pk: int
    recipient: str
    attempts: int
    created_at: int


async def find_repeated(
    db: Queries, account_id: int, identity_id: int, fingerprint: bytes, *, since: int
) -> int | None:
    """Return the id of the message with that fingerprint that the identity has sent since *since*."""
    row = await db.one(
        "SELECT id FROM (SELECT id, direction, fingerprint, created_at FROM messages"
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


async def insert(
    tx: Transaction,
    *,
    account_id: int,
    identity_id: int,
    message_pk: int,
    recipient: str,
    state: str,
    next_at: int | None,
    error: str,
    at: int,
) -> None:
    """Write what is to be done for one recipient, or has been done already."""
    await tx.run(
        "INSERT INTO deliveries (account_id, identity_id, message_pk, recipient, state, attempts, next_at, last_error,"
        " created_at, updated_at) VALUES (:account, :identity, :message, :recipient, :state, :attempts, :next_at,"
        " :error, :at, :at)",
        account=account_id,
        identity=identity_id,
        message=message_pk,
        recipient=recipient,
        state=state,
        attempts=0 if state == "queued" else 1,
        next_at=next_at,
        error=error,
        at=at,
    )


async def claim(tx: Transaction, dialect: str, *, at: int, until: int, most: int) -> list[Queued]:
    """
    Take what is due of the *most* messages that have waited longest, of whomever, for the caller alone until *until*:
    who has died by then has lost it. Mail of identities that are switched off stays where it is.
    """
    rows = await tx.all(
        "SELECT d.id, d.account_id, d.message_pk, d.recipient, d.attempts + 1, d.created_at FROM deliveries d"
        " WHERE d.next_at <= :at AND d.message_pk IN (SELECT message_pk FROM"
        " (SELECT q.message_pk, q.next_at FROM deliveries q JOIN identities i ON i.id = q.identity_id"
        " WHERE q.next_at <= :at AND i.status <> 'disabled' ORDER BY q.next_at LIMIT :looked_at) AS due"
        " GROUP BY message_pk ORDER BY MIN(next_at), message_pk LIMIT :most) ORDER BY d.id"
        f"{' FOR UPDATE OF d SKIP LOCKED' if dialect == 'postgresql' else ''}",
        at=at,
        most=most,
        looked_at=_LOOKED_AT,
    )
    claimed = [Queued(*row) for row in rows]
    for each in claimed:
        await tx.run(
            "UPDATE deliveries SET next_at = :until, attempts = :attempts, updated_at = :at"
            " WHERE id = :id AND account_id = :account",
            until=until,
            attempts=each.attempts,
            at=at,
            id=each.id,
            account=each.account_id,
        )
    return claimed


async def settle(
    tx: Transaction, account_id: int, delivery_id: int, *, state: str, next_at: int | None, error: str, at: int
) -> bool:
    """Write down how an attempt ended; False when the message is gone, or somebody else has ended it."""
    changed = await tx.run(
        "UPDATE deliveries SET state = :state, next_at = :next_at, last_error = :error, updated_at = :at"
        " WHERE id = :id AND account_id = :account AND state = 'queued'",
        state=state,
        next_at=next_at,
        error=error,
        at=at,
        id=delivery_id,
        account=account_id,
    )
    return changed == 1


async def release(tx: Transaction, account_id: int, delivery_id: int, *, at: int) -> None:
    """Give back what was claimed and not tried."""
    await tx.run(
        "UPDATE deliveries SET next_at = :at, attempts = attempts - 1 WHERE id = :id AND account_id = :account"
        " AND state = 'queued'",
        at=at,
        id=delivery_id,
        account=account_id,
    )


async def take_back(tx: Transaction, *, claimed_for: int, at: int) -> int:
    """Make due what was claimed, for *claimed_for* microseconds, by a server that is no more; return how many."""
    return await tx.run(
        "UPDATE deliveries SET next_at = :at WHERE state = 'queued' AND next_at - updated_at = :claimed_for",
        claimed_for=claimed_for,
        at=at,
    )


async def fail_sent(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    message_pk: int,
    recipients: Sequence[str],
    *,
    error: str,
    at: int,
) -> int:
    """Mark deliveries that were thought to be done, because a report says otherwise; return how many."""
    changed = 0
    for recipient in recipients:
        changed += await tx.run(
            "UPDATE deliveries SET state = 'failed', next_at = NULL, last_error = :error, updated_at = :at"
            " WHERE identity_id = :identity AND account_id = :account AND message_pk = :message"
            " AND lower(recipient) = :recipient AND state <> 'failed'",
            error=error,
            at=at,
            identity=identity_id,
            account=account_id,
            message=message_pk,
            recipient=recipient.lower(),
        )
    return changed


async def list_states(db: Queries, account_id: int, identity_id: int, message_pk: int) -> list[tuple[str, str]]:
    """Return recipient and state of each delivery of a message."""
    rows = await db.all(
        "SELECT recipient, state FROM deliveries WHERE identity_id = :identity AND account_id = :account"
        " AND message_pk = :message ORDER BY id",
        identity=identity_id,
        account=account_id,
        message=message_pk,
    )
    return [(recipient, state) for recipient, state in rows]


async def set_state(tx: Transaction, account_id: int, message_pk: int, state: State) -> bool:
    """Give a message its state; False when it has it already, or is gone."""
    changed = await tx.run(
        "UPDATE messages SET state = :state WHERE id = :message AND account_id = :account AND state <> :state",
        state=state,
        message=message_pk,
        account=account_id,
    )
    return changed == 1


_OUTGOING = (
    "m.id, m.account_id, m.identity_id, i.uuid, a.id, m.message_id, m.thread_id, m.from_email, m.to_email, m.subject,"
    " m.envelope_from FROM messages m JOIN identities i ON i.id = m.identity_id"
    " JOIN addresses a ON a.identity_id = m.identity_id"
)


async def find_outgoing(db: Queries, account_id: int, message_pk: int) -> Outgoing | None:
    row = await db.one(
        f"SELECT {_OUTGOING} WHERE m.account_id = :account AND m.id = :message AND m.direction = 'outgoing'",
        account=account_id,
        message=message_pk,
    )
    return None if row is None else Outgoing(*row)


async def find_sent(db: Queries, account_id: int, identity_id: int, message_id: str) -> Outgoing | None:
    """Return the newest message that the identity has sent with that Message-ID."""
    row = await db.one(
        f"SELECT {_OUTGOING} WHERE m.account_id = :account AND m.message_id = :message_id"
        " AND m.identity_id = :identity AND m.direction = 'outgoing' ORDER BY m.id DESC LIMIT 1",
        account=account_id,
        message_id=message_id,
        identity=identity_id,
    )
    return None if row is None else Outgoing(*row)
