"""
Moving what is in SQLite's write-ahead log into the database (a checkpoint) while others write.

SQLite would do it inside the commit that makes the log long, and everybody waits meanwhile. Here a connection and a
thread of their own move the bulk beside the writers. What they add in that time is a little, which the writer moves
right after one of its commits; then the log is empty, and the next commit begins it anew.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import apsw

#: How many pages the log takes before they are moved: 8 MB, which a full disk may lack later.
LOG_PAGES = 2000
MOVE = "PRAGMA wal_checkpoint(PASSIVE)"
_LOOK = "PRAGMA wal_checkpoint(NOOP)"

log = logging.getLogger("ravi.db")


class LogMover:
    """Moves the log of *writer*'s database, through *connection*. `rest` says that the writer should move the rest."""

    def __init__(self, writer: apsw.Connection, connection: apsw.Connection) -> None:
        self._connection = connection
        self._moving: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-checkpoint")
        self.rest = False
        for each in (writer, connection):
            each.wal_autocheckpoint(0)

    def begin(self) -> None:
        """Begin to move the log if it is long, and nobody does."""
        if self._moving is None and not self.rest and self._pages() >= LOG_PAGES:
            self._moving = asyncio.create_task(self._move(), name="sqlite checkpoint")

    async def close(self) -> None:
        """Wait for what is under way, and let go of the connection."""
        if self._moving is not None:
            await asyncio.gather(self._moving, return_exceptions=True)
        self._thread.shutdown(wait=True)
        self._connection.close()

    async def _move(self) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._execute)
            self.rest = True
        except apsw.Error as fault:  # the log grows until it can be moved; nothing is lost
            log.warning("write-ahead log not moved", extra={"reason": type(fault).__name__})
        finally:
            self._moving = None

    def _execute(self) -> None:
        self._connection.execute(MOVE).fetchall()

    def _pages(self) -> int:
        try:
            ((_, pages, _),) = self._connection.execute(_LOOK).fetchall()
        except apsw.Error:  # somebody else moves it
            return 0
        assert isinstance(pages, int)
        return pages
