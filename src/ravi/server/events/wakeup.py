"""
The wake-up: "something about this topic was committed, look again".

In-process for SQLite, LISTEN/NOTIFY for PostgreSQL; both come through `Database.on_notify`. A bell that never
rings must cost time only: whoever waits looks again by the clock as well.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ravi.server.db import Database


class Bell:
    """One waiter's bell. It remembers a ring that came while nobody was waiting."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()

    async def ring_within(self, seconds: float) -> bool:
        """Wait for a ring; return False after *seconds* without one."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Wakeup:
    """Passes the database's notifications on to whoever listens for their topic."""

    def __init__(self, db: Database) -> None:
        self._bells: dict[str, set[Bell]] = {}
        self._watchers: set[Callable[[str], None]] = set()
        db.on_notify(self._notified)

    @contextmanager
    def listening(self, topic: str) -> Iterator[Bell]:
        """Hand out a bell that rings for *topic*. Begin listening before you look, or you may miss one."""
        bell = Bell()
        self._bells.setdefault(topic, set()).add(bell)
        try:
            yield bell
        finally:
            bells = self._bells[topic]
            bells.discard(bell)
            if not bells:
                del self._bells[topic]

    @contextmanager
    def watching(self, watcher: Callable[[str], None]) -> Iterator[None]:
        """Call *watcher* with every topic: for the one reader that serves all accounts. It must be quick."""
        self._watchers.add(watcher)
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    def _notified(self, topic: str) -> None:
        for bell in self._bells.get(topic, ()):
            bell.ring()
        for watcher in self._watchers:
            watcher(topic)
