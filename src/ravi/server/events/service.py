"""
Recording and replaying events.

Owns the order of events. What an event means belongs to the noun that records it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from ravi.server.db import Database, Transaction, micros
from ravi.server.events import storage
from ravi.server.events.records import Event


class Events:
    """The log of every account."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def record(
        self,
        tx: Transaction,
        account_id: int,
        type: str,
        identity: tuple[int, str] | None,
        data: dict[str, Any],
    ) -> None:
        """
        Write one event as part of *tx*. *identity* is its row id and uuid; None concerns the account alone.

        Make this the last thing a transaction does: from here to the commit, the account's other events wait.
        """
        # On PostgreSQL a sequence hands out numbers before commit, so a reader could see 6, step over 5, and
        # never look back. The lock makes numbers of one account commit in order (docs/adr/0007).
        await tx.lock(f"events:{account_id}")
        await storage.insert(
            tx,
            id=str(uuid.uuid4()),
            account_id=account_id,
            identity=identity,
            type=type,
            data=msgspec.json.encode(data),
            at=micros(self._now()),
        )
        tx.notify(f"events:{account_id}")

    async def list_after(
        self, account_id: int, identity_id: int | None, *, since: int = 0, limit: int = 100, types: list[str]
    ) -> list[Event]:
        """Return at most *limit* events after the cursor *since*, oldest first."""
        return await storage.list_after(self._db, account_id, identity_id, since=since, limit=limit, types=types)

    async def purge(self, tx: Transaction, account_id: int, identity_id: int) -> int:
        """Erase what was recorded about an identity as part of *tx*; return how many events that were."""
        return await storage.purge(tx, account_id, identity_id)
