"""
Who waits for what at present, for the owner to see: on whichever replica, and not to the second.

Kept in memory where a wait begins and ends, and written down every other second as far as it has changed. So waiting
costs no write, and what is over sooner is never written. A client that goes on waiting asks anew every 25 seconds: who
comes back soon has been waiting all along (docs/adr/0038).
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ravi.server.db import Database, micros
from ravi.server.waiting import storage
from ravi.server.waiting.records import Awaited, Wait

#: How soon whoever got no answer must ask again to be one and the same wait.
COMES_BACK = timedelta(seconds=3)
#: How often a replica that holds waits says that it lives, and after which silence it does not.
BEAT = timedelta(seconds=5)
SILENT = timedelta(seconds=15)


class _Held:
    __slots__ = ("count", "left_at", "since")

    def __init__(self, since: datetime) -> None:
        self.count = 0
        self.since = since
        self.left_at: datetime | None = None


class Presence:
    """The waits of this process, and what all replicas have written down."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self._replica = str(uuid.uuid4())
        self._held: dict[Awaited, _Held] = {}
        self._written: dict[Awaited, int] = {}
        self._beat_at: datetime | None = None

    def begin(self, what: Awaited) -> None:
        """Somebody waits for *what*."""
        held = self._held.get(what)
        if held is None:
            held = self._held[what] = _Held(self._now())
        held.count += 1
        held.left_at = None

    def end(self, what: Awaited, *, may_return: bool) -> None:
        """They do not any more; or they got no answer, and *may_return*."""
        held = self._held[what]
        held.count -= 1
        if held.count:
            return
        if may_return:
            held.left_at = self._now()
        else:
            del self._held[what]

    async def write_down(self) -> int:
        """Write down what has changed; return how many waits that were. To be called every other second."""
        now = self._now()
        for what in [each for each, held in self._held.items() if held.left_at and now - held.left_at > COMES_BACK]:
            del self._held[what]
        present = {what: micros(held.since) for what, held in self._held.items()}
        gone = [what for what in self._written if present.get(what) != self._written[what]]
        new = [what for what in present if self._written.get(what) != present[what]]
        beats = bool(present) and (self._beat_at is None or now - self._beat_at >= BEAT)
        if gone or new or beats:
            async with self._db.begin() as tx:
                if beats:
                    await storage.set_replica_seen(tx, self._replica, at=micros(now))
                await storage.delete_waits(tx, self._replica, gone)
                await storage.insert_waits(tx, self._replica, [(what, present[what]) for what in new])
            self._written = present
            if beats:
                self._beat_at = now
        return len(gone) + len(new)

    async def forget_silent(self) -> int:
        """Erase what replicas wrote that are not there any more; return how many of those. A chore."""
        async with self._db.begin() as tx:
            return await storage.delete_silent_replicas(tx, before=micros(self._now() - SILENT))

    async def leave(self) -> None:
        """Erase what this replica wrote, because it stops."""
        if self._beat_at is not None:
            async with self._db.begin() as tx:
                await storage.delete_replica(tx, self._replica)

    async def list_(self, account_id: int, identity_ids: Sequence[int]) -> list[Wait]:
        """Return what these identities of the account wait for, oldest first."""
        return await storage.list_waits(self._db, account_id, identity_ids, after=micros(self._now() - SILENT))
