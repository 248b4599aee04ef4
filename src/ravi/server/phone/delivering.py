"""
The way from the queue to the carriers.

Runs on every replica. A text is claimed in the database before its carrier sees it, with the note that the carrier may
have it. So whoever takes over from a server that died knows that, and asks the carrier to find out: no text is sent
twice, and one about which nobody can find out is marked as uncertain.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ravi.server.db import Database, DatabaseUnavailable, micros
from ravi.server.events.wakeup import Bell, Wakeup
from ravi.server.phone import queue_storage as storage
from ravi.server.phone.carriers.contract import Carrier, Later, Outgoing, Refused, Sent, Uncertain
from ravi.server.phone.receiving import LONGEST_REASON, lock_texts
from ravi.server.phone.records import Queued, State
from ravi.server.phone.sending import QUEUE
from ravi.server.phone.service import Phone

log = logging.getLogger("ravi.phone")

#: How long to wait after each failed attempt; the last one repeats.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 600, 1800))
#: Texts are about now: what could not be sent for this long is not sent any more.
LONGEST = timedelta(hours=4)
#: For one attempt, whatever the carrier does.
ATTEMPT_SECONDS = 45.0
#: Longer than an attempt can take, with what is written down before and after it.
CLAIMED = timedelta(seconds=ATTEMPT_SECONDS + 30)
#: Texts that are under way at once, each of another number.
MOST_AT_ONCE = 32
#: How often to look without having heard anything.
LOOK_SECONDS = 1.0
CONNECT_AGAIN_SECONDS = 5.0


class Deliverer:
    """Hands texts over, from `start` to `close`."""

    def __init__(
        self,
        db: Database,
        phone: Phone,
        carriers: Mapping[str, Carrier],
        wakeup: Wakeup,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._phone = phone
        self._carriers = carriers
        self._wakeup = wakeup
        self._now = now
        self._under_way: dict[asyncio.Task[None], int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._bell = Bell()

    async def start(self) -> None:
        """Begin; first make due what a server that was killed has claimed, where there can be no other server."""
        if self._db.dialect == "sqlite":
            async with self._db.begin() as tx:
                await storage.take_back(tx, claimed_for=CLAIMED // timedelta(microseconds=1), at=micros(self._now()))
        for carrier in self._carriers.values():
            self._tasks.append(asyncio.create_task(self._keep_up(carrier), name=f"carrier {carrier.name}"))
        self._tasks.append(asyncio.create_task(self._run(), name="texts"))

    async def close(self) -> None:
        """Stop. A text that is being handed over may take two more seconds. Fine when it was never started."""
        for task in self._tasks[-1:]:  # no new ones
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=2.0)
        tasks = [*self._tasks, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        for carrier in self._carriers.values():
            await carrier.close()

    async def _keep_up(self, carrier: Carrier) -> None:
        """Let a carrier that has a connection of its own tell what comes in."""
        while True:
            try:
                await carrier.run(lambda happening: self._phone.told(carrier.name, happening))
            except Exception:  # a fault of one carrier must not end the others; it is logged, not hidden
                log.exception("carrier failed", extra={"carrier": carrier.name})
                await asyncio.sleep(CONNECT_AGAIN_SECONDS)
            else:
                return

    async def _run(self) -> None:
        with self._wakeup.watching(self._heard):
            while True:
                try:
                    await self._look()
                except DatabaseUnavailable as fault:
                    log.warning("texts wait for the database", extra={"reason": fault.message})
                except Exception:  # the worker must outlive any single failure; it is logged, not hidden
                    log.exception("sending texts failed")
                await self._bell.ring_within(LOOK_SECONDS)

    def _heard(self, topic: str) -> None:
        if topic == QUEUE:
            self._bell.ring()

    async def _look(self) -> None:
        room = MOST_AT_ONCE - len(self._under_way)
        now = self._now()
        due = await storage.next_due(self._db) if room else None
        if due is None or due > micros(now):
            return
        async with self._db.begin() as tx:
            claimed = await storage.claim(
                tx,
                self._db.dialect,
                at=micros(now),
                until=micros(now + CLAIMED),
                busy=sorted(set(self._under_way.values())),
                most=room,
            )
        for queued in claimed:
            task = asyncio.create_task(self._try(queued), name=f"text {queued.id}")
            self._under_way[task] = queued.number_id
            task.add_done_callback(self._tried)

    def _tried(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._bell.ring()  # the number's next text has waited for this one
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("a text failed here", exc_info=fault)  # its claim runs out, and then it comes up again

    async def _try(self, queued: Queued) -> None:
        outcome = await self._hand_over(queued)
        # A server that stops now stops a moment later, rather than to have to ask about it again.
        writing = asyncio.create_task(self._write_down(queued, outcome))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _hand_over(self, queued: Queued) -> Sent | Refused | Later | Uncertain:
        carrier = self._carriers.get(queued.carrier)
        if carrier is None:
            return Later(f"the carrier {queued.carrier} is not configured", maybe_sent=queued.again)
        text = Outgoing(
            id=queued.uuid,
            from_number=queued.own_number,
            number_ref=queued.number_ref,
            to_number=queued.peer,
            body=queued.body,
            created_at=queued.created_at,
            again=queued.again,
        )
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await carrier.send(text)
        except (Refused, Later, Uncertain) as outcome:
            return outcome
        except TimeoutError:
            return Later("the carrier did not answer in time", maybe_sent=True)

    async def _write_down(self, queued: Queued, outcome: Sent | Refused | Later | Uncertain) -> None:
        now = self._now()
        state: State = "queued"
        next_at: datetime | None = None
        match outcome:
            case Sent():
                state = outcome.progress
            case Refused():
                state = "failed"
            case Uncertain():
                state = "uncertain"
            case Later():
                next_at = _next(queued, outcome, now)
                if next_at is None:
                    state = "uncertain" if outcome.maybe_sent or queued.again else "failed"
        error = "" if isinstance(outcome, Sent) else _one_line(str(outcome))
        async with self._db.begin() as tx:
            await lock_texts(tx, queued.identity_id)
            settled = await storage.settle(
                tx,
                queued.account_id,
                queued.id,
                state=state,
                next_at=None if next_at is None else micros(next_at),
                # Once nobody knows, only the carrier's yes or no ends that: this attempt may have failed by itself.
                maybe_sent=isinstance(outcome, Later) and (outcome.maybe_sent or queued.again),
                carrier_ref=outcome.ref if isinstance(outcome, Sent) else "",
                error=error,
            )
            if settled and state != "queued":
                owner = (queued.identity_id, queued.identity_uuid)
                await self._phone.record_outcome(tx, queued.account_id, owner, queued.id)
        log.info(
            "text tried",
            extra={"text": queued.id, "carrier": queued.carrier, "attempt": queued.attempts, "state": state},
        )


def _next(queued: Queued, outcome: Later, now: datetime) -> datetime | None:
    """Return when to try again; None when it has been tried for long enough."""
    if now >= queued.created_at + LONGEST:
        return None
    wait = BACKOFF[min(queued.attempts, len(BACKOFF)) - 1]
    if outcome.after is not None:
        wait = max(wait, timedelta(seconds=min(outcome.after, 3600.0)))
    return min(now + wait, queued.created_at + LONGEST)


def _one_line(reason: str) -> str:
    return "".join(char if char.isprintable() else " " for char in reason)[:LONGEST_REASON]
