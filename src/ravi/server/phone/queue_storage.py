"""All SQL of sending: what is queued, what was claimed, and what carriers report."""

from collections.abc import Sequence
from typing import Any

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.phone.records import Queued


async def claim(tx: Transaction, dialect: str, *, at: int, until: int, busy: Sequence[int], most: int) -> list[Queued]:
    """
    Take what is due, the oldest first, for the caller alone until *until*: who has died by then has lost it.

    Of each number only its oldest text, so that texts go in the order in which they were written; nothing of the
    *busy* ones (row ids of numbers), whose text is under way. Texts of identities that are switched off stay.
    """
    names = {f"busy_{place}": number for place, number in enumerate(busy)}
    not_busy = f" AND q.number_id NOT IN ({', '.join(f':{name}' for name in names)})" if names else ""
    rows = await tx.all(
        "SELECT m.id, m.uuid, m.account_id, m.identity_id, i.uuid, m.number_id, n.number, n.ref, m.carrier, m.peer,"
        " m.body, m.attempts + 1, m.maybe_sent, m.created_at FROM sms_messages m"
        " JOIN identities i ON i.id = m.identity_id JOIN numbers n ON n.id = m.number_id"
        " WHERE m.next_at <= :at AND m.id IN (SELECT MIN(q.id) FROM sms_messages q WHERE q.next_at <= :at"
        f"{not_busy} GROUP BY q.number_id) AND i.status <> 'disabled' ORDER BY m.id LIMIT :most"
        f"{' FOR UPDATE OF m SKIP LOCKED' if dialect == 'postgresql' else ''}",
        at=at,
        most=most,
        **names,
    )
    claimed = [_queued(row) for row in rows]
    for each in claimed:
        # From here on nobody can tell whether the carrier has it, until somebody writes down that it has not.
        await tx.run(
            "UPDATE sms_messages SET next_at = :until, attempts = :attempts, maybe_sent = 1"
            " WHERE id = :id AND account_id = :account",
            until=until,
            attempts=each.attempts,
            id=each.id,
            account=each.account_id,
        )
    return claimed


async def next_due(db: Queries) -> int | None:
    """Return when the next text is due, whoever sent it; None when nothing is queued."""
    row = await db.one("SELECT MIN(next_at) FROM sms_messages WHERE next_at IS NOT NULL")
    return None if row is None or row[0] is None else int(row[0])


async def settle(
    tx: Transaction,
    account_id: int,
    text_id: int,
    *,
    state: str,
    next_at: int | None,
    maybe_sent: bool,
    carrier_ref: str = "",
    error: str = "",
) -> bool:
    """Write down how an attempt ended; False when the text is gone, or something else has ended it."""
    changed = await tx.run(
        "UPDATE sms_messages SET state = :state, next_at = :next_at, maybe_sent = :maybe_sent,"
        " carrier_ref = CASE WHEN :ref = '' THEN carrier_ref ELSE :ref END, last_error = :error"
        " WHERE id = :id AND account_id = :account AND state = 'queued'",
        state=state,
        next_at=next_at,
        maybe_sent=int(maybe_sent),
        ref=carrier_ref,
        error=error,
        id=text_id,
        account=account_id,
    )
    return changed == 1


async def find_reported(db: Queries, carrier: str, ref: str) -> tuple[int, int, int, str, str] | None:
    """
    Return (account, identity, text, the identity's uuid, state) of the text that a carrier calls *ref*.

    Some carriers call it as we do, by its uuid; then a report is understood that comes before the carrier's answer.
    """
    for condition in ("m.carrier_ref = :ref AND m.carrier_ref <> ''", "m.uuid = :ref"):
        row = await db.one(
            "SELECT m.account_id, m.identity_id, m.id, i.uuid, m.state FROM sms_messages m"
            " JOIN identities i ON i.id = m.identity_id"
            f" WHERE {condition} AND m.carrier = :carrier AND m.direction = 'outgoing' ORDER BY m.id DESC LIMIT 1",
            ref=ref,
            carrier=carrier,
        )
        if row is not None:
            return (row[0], row[1], row[2], row[3], row[4])
    return None


async def progress(
    tx: Transaction, account_id: int, text_id: int, *, state: str, before: Sequence[str], error: str
) -> bool:
    """Move a text on to *state* if it is in one of the states *before*; False when it is not."""
    names = {f"before_{place}": each for place, each in enumerate(before)}
    changed = await tx.run(
        "UPDATE sms_messages SET state = :state, last_error = :error, next_at = NULL"
        f" WHERE id = :id AND account_id = :account AND state IN ({', '.join(f':{name}' for name in names)})",
        state=state,
        error=error,
        id=text_id,
        account=account_id,
        **names,
    )
    return changed == 1


async def take_back(tx: Transaction, *, claimed_for: int, at: int) -> None:
    """Make due at once what a server that is gone has claimed for *claimed_for* microseconds."""
    await tx.run(
        "UPDATE sms_messages SET next_at = :at"
        " WHERE next_at > :at AND next_at <= :at + :claimed_for AND maybe_sent = 1",
        at=at,
        claimed_for=claimed_for,
    )


def _queued(row: Row) -> Queued:
    """Make a record of a row whose columns are in the order of its fields."""
    values: list[Any] = list(row)
    values[12], values[13] = bool(row[12]), from_micros(row[13])
    return Queued(*values)
