"""
Emptying the queue: what is due goes to the relay, again and again until it is taken, refused, or two days old.

A delivery is claimed by moving its time past the longest attempt, in a transaction of its own. Whoever is killed in the
middle has said nothing more, so it comes up again: at least once, with the same Message-ID (docs/adr/0029).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from ravi.server.db import Database, from_micros, micros
from ravi.server.mail import outbox_storage as storage
from ravi.server.mail import storage as messages
from ravi.server.mail.bounce_writing import Failure, one_line
from ravi.server.mail.dkim_signing import Signer
from ravi.server.mail.outbox_storage import Queued
from ravi.server.mail.outcomes import Outcomes
from ravi.server.mail.receiving import lock_mail
from ravi.server.mail.relay import ATTEMPT_SECONDS, Outcome, Relay

log = logging.getLogger("ravi.mail")

#: After the first attempt, the second, and so on; the last one repeats.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
#: When it is given up.
LONGEST = timedelta(hours=48)
#: How long a claim holds: no attempt takes longer, and none waits for its turn after it was claimed.
CLAIMED = timedelta(seconds=ATTEMPT_SECONDS + 60)
#: Messages that are under way at once, each on a connection of its own.
CONNECTIONS = 8


class Deliverer:
    """The way from the queue to the relay."""

    def __init__(
        self,
        db: Database,
        outcomes: Outcomes,
        relay: Relay,
        signer: Signer | None,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._outcomes = outcomes
        self._relay = relay
        self._signer = signer
        self._now = now

    async def take_back(self) -> None:
        """
        Make due what a server that was killed has claimed. Call it at the start.

        On PostgreSQL others may be at work, and nobody can tell theirs from a dead one's: there the claims run out.
        """
        if self._db.dialect == "sqlite":
            async with self._db.begin() as tx:
                claimed_for = CLAIMED // timedelta(microseconds=1)
                await storage.take_back(tx, claimed_for=claimed_for, at=micros(self._now()))

    async def send_due(self) -> int:
        """Try everything that is due, and return how many recipients that were. A slow message holds up no other."""
        tried = 0
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                due = await self._claim(CONNECTIONS - len(under_way)) if len(under_way) < CONNECTIONS else []
                tried += len(due)
                for _, group in groupby(due, key=lambda each: each.message_pk):
                    under_way.add(asyncio.create_task(self._try(list(group))))
                if not under_way:
                    return tried
                ended, under_way = await asyncio.wait(under_way, timeout=1, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    if fault := task.exception():  # its claim runs out, and then it comes up again
                        log.error("delivery failed", exc_info=fault)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _claim(self, most: int) -> list[Queued]:
        now = self._now()
        async with self._db.begin() as tx:
            due = await storage.claim(tx, self._db.dialect, at=micros(now), until=micros(now + CLAIMED), most=most)
        return sorted(due, key=lambda each: each.message_pk)

    async def _try(self, group: Sequence[Queued]) -> None:
        """Send one message to those of its recipients whose turn it is."""
        account_id, message_pk = group[0].account_id, group[0].message_pk
        try:
            sent = await storage.find_outgoing(self._db, account_id, message_pk)
            raw = await messages.find_raw(self._db, account_id, message_pk)
            if sent is None or raw is None:  # deleted with its identity
                return
            outcomes = await self._send(raw, sent.envelope_from, [each.recipient for each in group])
        except asyncio.CancelledError:
            # The server stops. What the relay has taken in this very moment will be sent again.
            await self._give_back(group)
            raise
        # The relay has answered. A server that stops now stops a moment later, rather than to send it all again.
        writing = asyncio.create_task(self._write_down(sent.identity_id, group, outcomes, raw))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _send(self, raw: bytes, mail_from: str, recipients: list[str]) -> dict[str, Outcome]:
        if self._signer is not None:
            try:
                raw = await asyncio.to_thread(self._signer.sign, raw, mail_from.rpartition("@")[2])
            except ValueError as fault:
                log.error("not signed", extra={"reason": str(fault)})
                return dict.fromkeys(recipients, Outcome("later", "the message could not be signed"))
        return await self._relay.send(raw, mail_from=mail_from, recipients=recipients)

    async def _give_back(self, group: Sequence[Queued]) -> None:
        async with self._db.begin() as tx:
            for each in group:
                await storage.release(tx, each.account_id, each.id, at=micros(self._now()))

    async def _write_down(
        self, identity_id: int, group: Sequence[Queued], outcomes: dict[str, Outcome], raw: bytes
    ) -> None:
        now = self._now()
        account_id, message_pk = group[0].account_id, group[0].message_pk
        failed: list[Failure] = []
        async with self._db.begin() as tx:
            await lock_mail(tx, identity_id)
            for each in group:
                outcome = outcomes[each.recipient]
                state, next_at = _next(each, outcome, now)
                reason = one_line(outcome.reason)
                if not await storage.settle(
                    tx,
                    each.account_id,
                    each.id,
                    state=state,
                    next_at=None if next_at is None else micros(next_at),
                    error="" if state == "sent" else reason,
                    at=micros(now),
                ):
                    continue
                if state == "failed":
                    failed.append(Failure(each.recipient, reason))
            await self._outcomes.settled(tx, account_id, message_pk, raw=raw, failed=failed)
        for each in group:
            result = outcomes[each.recipient].result
            log.info("delivery tried", extra={"message_pk": message_pk, "attempt": each.attempts, "result": result})


def _next(queued: Queued, outcome: Outcome, now: datetime) -> tuple[str, datetime | None]:
    """Return the delivery's state after an attempt, and when the next one is."""
    if outcome.result != "later":
        return outcome.result, None
    if now >= from_micros(queued.created_at) + LONGEST:
        return "failed", None
    wait = BACKOFF[min(queued.attempts, len(BACKOFF)) - 1]
    return "queued", min(now + wait, from_micros(queued.created_at) + LONGEST)
