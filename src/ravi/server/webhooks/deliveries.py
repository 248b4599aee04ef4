"""
From events to deliveries, and from one try to the next.

What the worker does in the database, each step in one transaction, so that a process which dies in between loses
nothing: an event is read when its deliveries are stored with the cursor behind it, and a delivery is tried under a
lease that ends by itself.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.events.records import Event
from ravi.server.events.to_wire import to_wire
from ravi.server.webhooks import storage
from ravi.server.webhooks.records import Due, Outcome, Status, Webhook
from ravi.wire import event_types

#: After the first try, the second, …; a delivery that has failed once more than there are pauses has failed for good.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 30 * 60, 2 * 60 * 60))
#: Events in a row that failed for good, after which the endpoint is switched off.
MOST_FAILURES = 20
#: Deliveries of one endpoint that wait to be tried. Behind them the event log itself is the queue.
MOST_OPEN = 100
#: While its identity is switched off a delivery waits, and is looked at again this much later.
HELD = timedelta(minutes=1)

SWITCHED_OFF = "the webhook was switched off"


class Deliveries:
    """The part of `Webhooks` that the worker calls."""

    def __init__(self, db: Database, events: Events, now: Callable[[], datetime]) -> None:
        self._db = db
        self._events = events
        self._now = now

    async def accounts_with_news(self) -> list[int]:
        """Return the accounts in which an endpoint is behind the event log."""
        return await storage.list_accounts_with_news(self._db)

    async def read_events(self, account_id: int) -> bool:
        """Turn the account's new events into deliveries; return whether there is more to read already."""
        more = False
        for webhook in await storage.list_reading(self._db, account_id, now=micros(self._now())):
            async with self._db.begin() as tx:
                await lock(tx, account_id)
                more |= await self._read_for(tx, account_id, webhook.id)
        return more

    async def _read_for(self, tx: Transaction, account_id: int, webhook_id: int) -> bool:
        # Again, behind the lock: another replica may have read on, or the owner switched it off.
        found = [
            each
            for each in await storage.list_reading(tx, account_id, now=micros(self._now()))
            if each.id == webhook_id
        ]
        room = MOST_OPEN - await storage.count_open(tx, account_id, webhook_id)
        if not found or room <= 0:
            return False
        webhook = found[0]
        reached = await self._events.last_seq(account_id)
        if reached <= webhook.cursor:
            return False
        news = await self._events.list_after(
            account_id, webhook.identity_id, since=webhook.cursor, limit=room, types=webhook.event_types
        )
        for event in news:
            if event.type != event_types.WEBHOOK_TEST:  # meant for one endpoint, which has it already
                await self._add(tx, webhook, event)
        more = len(news) == room
        await storage.set_cursor(tx, account_id, webhook_id, news[-1].seq if more else max(reached, webhook.cursor))
        return more

    async def claim(self, *, busy: list[int], limit: int, per_webhook: int, lease: timedelta) -> list[Due]:
        """
        Return deliveries to try now, which nobody else tries before *lease* is over, even if this process dies.

        At most *limit*, at most *per_webhook* of one endpoint, and none of those that are *busy*.
        """
        now = self._now()
        if not await storage.is_any_due(self._db, now=micros(now)):
            return []
        taken: list[Due] = []
        async with self._db.begin() as tx:
            per: dict[int, int] = {}
            # Rows that another replica is claiming are passed over there; SQLite has one writer.
            apart = self._db.dialect == "postgresql"
            for due in await storage.list_due(tx, now=micros(now), busy=busy, limit=MOST_OPEN * 2, skip_locked=apart):
                if due.held or not due.enabled:
                    await storage.postpone(tx, due, until=micros(now + HELD))
                elif len(taken) < limit and per.get(due.webhook_id, 0) < per_webhook:
                    per[due.webhook_id] = per.get(due.webhook_id, 0) + 1
                    await storage.postpone(tx, due, until=micros(now + lease))
                    taken.append(due)
        return taken

    async def write_down(self, due: Due, outcome: Outcome) -> None:
        """Record how a try went; plan the next one, or count the failure and switch a dead endpoint off."""
        now = self._now()
        tested = due.event_type == event_types.WEBHOOK_TEST
        status, pause = _after(due, outcome, once=tested)
        async with self._db.begin() as tx:
            await lock(tx, due.account_id)
            known = await storage.write_down(
                tx,
                due,
                status=status,
                next_at=None if pause is None else micros(now + pause),
                response_status=outcome.status,
                preview=outcome.preview,
                error=outcome.error,
                at=micros(now),
            )
            if not known or tested or status == "retrying":
                return
            (webhook,) = await storage.list_(tx, due.account_id, None, id=due.webhook_id)
            if status == "delivered":
                if webhook.failures:
                    await storage.set_failures(tx, due.account_id, webhook.id, 0)
            elif webhook.failures + 1 < MOST_FAILURES:
                await storage.set_failures(tx, due.account_id, webhook.id, webhook.failures + 1)
            elif webhook.enabled:
                await self._switch_off(tx, webhook, now)

    async def _switch_off(self, tx: Transaction, webhook: Webhook, now: datetime) -> None:
        failures = webhook.failures + 1
        await storage.update(
            tx,
            webhook.account_id,
            webhook.id,
            url=webhook.url,
            enabled=False,
            event_types=webhook.event_types,
            cursor=webhook.cursor,
            failures=failures,
            at=micros(now),
        )
        await storage.give_up(tx, webhook.account_id, webhook.id, error=SWITCHED_OFF, at=micros(now))
        data = {"webhook_id": webhook.id, "webhook_uuid": webhook.uuid, "failures": failures}
        await self._events.record(tx, webhook.account_id, event_types.WEBHOOK_DISABLED, owner_of(webhook), data)

    async def _add(self, tx: Transaction, webhook: Webhook, event: Event) -> int | None:
        """Have *event* delivered; return the delivery's number, or None when it is under way already."""
        return await storage.insert_delivery(
            tx,
            uuid=str(uuid.uuid4()),
            account_id=webhook.account_id,
            identity_id=event.identity_id,
            webhook_id=webhook.id,
            event_id=event.id,
            event_type=event.type,
            payload=body_of(event),
            at=micros(self._now()),
        )


async def lock(tx: Transaction, account_id: int) -> None:
    """Change one thing at a time about an account's webhooks. Taken first, before the lock of events, by everyone."""
    await tx.lock(f"webhooks:{account_id}")


def owner_of(webhook: Webhook) -> tuple[int, str] | None:
    """Return the identity that events about *webhook* belong to."""
    if webhook.identity_id is None or webhook.identity_uuid is None:
        return None
    return webhook.identity_id, webhook.identity_uuid


def body_of(event: Event) -> str:
    """Return what is posted: the event as everywhere else, and the keys of its data once more beside it."""
    return msgspec.json.encode({**event.data, **to_wire(event)}).decode()


def _after(due: Due, outcome: Outcome, *, once: bool) -> tuple[Status, timedelta | None]:
    """Return what becomes of a delivery after this try, and when to try again."""
    if outcome.delivered:
        return "delivered", None
    if once or due.attempts >= len(PAUSES):
        return "failed", None
    return "retrying", PAUSES[due.attempts]
