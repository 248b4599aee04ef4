"""
The worker: reads events on, and tries what is due.

Runs on every replica. What is read, claimed and recorded is settled in the database (`deliveries.py`), so replicas
need not know of one another, and whatever one of them leaves undone another takes over when its lease ends.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from ravi.server.db import DatabaseUnavailable
from ravi.server.events.wakeup import Bell, Wakeup
from ravi.server.webhooks.deliveries import Deliveries
from ravi.server.webhooks.records import Due
from ravi.server.webhooks.sending import TRY_SECONDS, Sender
from ravi.server.webhooks.signing import headers

log = logging.getLogger("ravi.webhooks")

#: How often to look for what is due: one query on an index. News rings.
LOOK_SECONDS = 1.0
#: After news, before looking: under load every commit brings some, and looking once is enough for many.
GATHER_SECONDS = 0.02
#: How often to look at every endpoint's cursor, for wake-ups that were lost.
SWEEP_SECONDS = 10.0
#: Tries at a time, in all and for one endpoint: one that hangs must not keep the others waiting.
MOST_TRIES = 32
MOST_PER_WEBHOOK = 4
#: Longer than a try can take, with what is written down before and after it.
LEASE = timedelta(seconds=3 * TRY_SECONDS)
#: How long tries that are under way may take when the server stops. What is cut off is tried again.
LAST_SECONDS = 2.0


class Worker:
    """Delivers, from `start` to `close`."""

    def __init__(self, deliveries: Deliveries, sender: Sender, wakeup: Wakeup, now: Callable[[], datetime]) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._wakeup = wakeup
        self._now = now
        self._bell = Bell()
        self._news: set[int] = set()
        self._sweep_at = 0.0
        self._tries: dict[asyncio.Task[None], int] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Events that were recorded while no server ran are read first."""
        self._sweep_at = 0.0
        self._running = asyncio.create_task(self._run(), name="webhooks")

    async def close(self) -> None:
        """Stop; tries under way may finish within two seconds. Fine when it was never started."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        if self._tries:
            await asyncio.wait(self._tries, timeout=LAST_SECONDS)
        for task in self._tries:
            task.cancel()
        await asyncio.gather(*self._tries, return_exceptions=True)
        self._sender.close()

    async def _run(self) -> None:
        with self._wakeup.watching(self._heard):
            while True:
                try:
                    await self._look()
                except DatabaseUnavailable as fault:
                    log.warning("webhooks wait for the database", extra={"reason": fault.message})
                    await asyncio.sleep(LOOK_SECONDS)
                except Exception:  # the worker must outlive any single failure; it is logged, not hidden
                    log.exception("webhooks failed")
                    await asyncio.sleep(LOOK_SECONDS)
                if await self._bell.ring_within(LOOK_SECONDS):
                    await asyncio.sleep(GATHER_SECONDS)

    def _heard(self, topic: str) -> None:
        noun, _, account = topic.partition(":")
        if noun == "events" and account.isdigit():
            self._news.add(int(account))
            self._bell.ring()

    async def _look(self) -> None:
        clock = asyncio.get_running_loop()
        if clock.time() >= self._sweep_at:
            self._news.update(await self._deliveries.accounts_with_news())
            self._sweep_at = clock.time() + SWEEP_SECONDS
        while self._news:
            account_id = self._news.pop()
            try:
                while await self._deliveries.read_events(account_id):
                    pass
            except BaseException:
                self._news.add(account_id)  # not read to the end
                raise
        tried = Counter(self._tries.values())
        busy = [webhook for webhook, count in tried.items() if count >= MOST_PER_WEBHOOK]
        if len(self._tries) < MOST_TRIES:
            for due in await self._deliveries.claim(
                busy=busy, limit=MOST_TRIES - len(self._tries), per_webhook=MOST_PER_WEBHOOK, lease=LEASE
            ):
                task = asyncio.create_task(self._try(due), name=f"webhook {due.webhook_id}")
                self._tries[task] = due.webhook_id
                task.add_done_callback(self._tried)

    def _tried(self, task: asyncio.Task[None]) -> None:
        del self._tries[task]
        self._bell.ring()
        if not task.cancelled() and (fault := task.exception()) is not None:
            # Nothing was written down: the lease ends, and it is tried again.
            log.error("a delivery failed here", exc_info=fault)

    async def _try(self, due: Due) -> None:
        body = due.payload.encode()
        signed = headers(due.signing_secret, int(self._now().timestamp()), due.event_id, body)
        outcome = await self._sender.post(due.url, body, signed)
        await self._deliveries.write_down(due, outcome)
        self._news.add(due.account_id)  # there is room for another one
        log.info(
            "webhook tried",
            extra={"webhook": due.webhook_id, "delivery": due.id, "status": outcome.status, "reason": outcome.error},
        )
