"""
Recording and replaying events.

Owns the order of events. What an event means belongs to the noun that records it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ravi.server.audit import Audit
from ravi.server.audit.targets import target_of
from ravi.server.db import Database, Transaction, micros, new_row_uuid
from ravi.server.events import storage
from ravi.server.events.records import Event
from ravi.wire import event_types

#: Events that are erased at once: a few milliseconds.
MOST_PURGED = 1_000


def topic(account_id: int, identity_id: int | None = None) -> str:
    """What to listen to for events of the account; with *identity_id* for those of one identity only."""
    return f"events:{account_id}" if identity_id is None else f"events:{account_id}:{identity_id}"


class Events:
    """The log of every account."""

    def __init__(self, db: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self.audit = audit

    async def record(
        self,
        tx: Transaction,
        account_id: int,
        type: str,
        identity: tuple[int, str] | None,
        data: dict[str, Any],
    ) -> Event:
        """
        Write one event as part of *tx*, also into the audit log, and return it.

        *identity* is the row id and uuid of whom it is about; None concerns the account alone.

        Make this the last thing a transaction does: from here to the commit, the account's other events wait.
        """
        # On PostgreSQL a sequence hands out numbers before commit, so a reader could see 6, step over 5, and
        # never look back. A lock makes numbers of one account commit in order (docs/adr/0007), and here it is taken.
        about = identity[1] if identity else str(data.get("uuid", "")) if type == event_types.IDENTITY_DELETED else ""
        await self.audit.append(tx, account_id, type, identity=about, target=target_of(data))
        now = self._now()
        at = micros(now)
        event_id = new_row_uuid(at)
        seq = await storage.insert(
            tx,
            id=event_id,
            account_id=account_id,
            identity=identity,
            type=type,
            data=msgspec.json.encode(data),
            at=at,
        )
        tx.notify(topic(account_id))
        if identity is not None:
            tx.notify(topic(account_id, identity[0]))
        row_id, uuid_ = identity or (None, None)
        return Event(seq, event_id, type, uuid_, data, now, row_id)

    async def record_many(
        self, tx: Transaction, account_id: int, type: str, about: Sequence[tuple[tuple[int, str], dict[str, Any]]]
    ) -> None:
        """
        Write an event of this *type* for each (identity, data) of *about*, in that order, as part of *tx*.

        As `record`, also into the audit log, and the last thing a transaction does.
        """
        await self.audit.append_many(tx, account_id, [(type, identity[1], target_of(data)) for identity, data in about])
        at = micros(self._now())
        await storage.insert_many(
            tx,
            account_id,
            [(new_row_uuid(at), identity, type, msgspec.json.encode(data)) for identity, data in about],
            at=at,
        )
        tx.notify(topic(account_id))
        for identity_id in dict.fromkeys(identity[0] for identity, _ in about):
            tx.notify(topic(account_id, identity_id))

    async def list_after(
        self, account_id: int, identity_id: int | None, *, since: int = 0, limit: int = 100, types: list[str]
    ) -> list[Event]:
        """Return at most *limit* events after the cursor *since*, oldest first."""
        found = await storage.list_after(self._db, account_id, identity_id, since=since, limit=limit, types=types)
        # A number that somebody has seen is never given to another event, whatever happens to the power.
        await self._db.settled()
        return found

    async def last_seq(self, account_id: int, identity_id: int | None = None) -> int:
        """Return the cursor behind everything so far, of one identity or of the account; 0 when there is nothing."""
        last = await storage.last_seq(self._db, account_id, identity_id)
        await self._db.settled()
        return last

    async def count(self, tx: Transaction, account_id: int, identity_id: int) -> int:
        """Return how many events are about an identity."""
        return await storage.count(tx, account_id, identity_id)

    async def purge(self, tx: Transaction, account_id: int, identity_id: int) -> bool:
        """Erase a part of what was recorded about an identity, as part of *tx*; return whether there was any."""
        return await storage.purge(tx, account_id, identity_id, most=MOST_PURGED) > 0
