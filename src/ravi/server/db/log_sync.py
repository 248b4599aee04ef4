"""
Making SQLite's write-ahead log durable, beside the writer instead of inside its commit (docs/adr/0015).

With `synchronous=NORMAL` a commit appends to the log and does not wait for the disk; who is to be answered waits here.
So transactions are executed while the disk still confirms the ones before them, and one wait serves all who came
meanwhile. What was appended is in the log, or a checkpoint has moved it, and a checkpoint syncs both files.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ravi.server.db.errors import DatabaseUnavailable

log = logging.getLogger("ravi.db")

UNCONFIRMED = "the disk did not confirm what was written; restart the server when the disk is sound"

#: What the length of a file needs is synced too (fdatasync(2)); macOS has no such call.
datasync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class LogSync:
    """The write-ahead log of the database at a path."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}-wal"
        self._next: asyncio.Future[None] | None = None  # those who came since the present sync began
        self._present: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-sync")
        self._folder_is_synced = False
        self._broken = False

    def check(self) -> None:
        """
        Raise DatabaseUnavailable once the disk has failed to confirm something.

        The system may have dropped what it could not write, and says so only once (fsync(2)). Only reading the files
        anew, at the next start, tells what is there.
        """
        if self._broken:
            raise DatabaseUnavailable(UNCONFIRMED)

    def confirmed(self) -> "asyncio.Future[None]":
        """Return what is done when all that has been committed by now is on disk; DatabaseUnavailable if it is not."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            if self._present is None:
                self._present = asyncio.create_task(self._run(), name="sqlite sync")
        return self._next

    async def settled(self) -> None:
        """Return when all that could be seen until now is on disk. Raises DatabaseUnavailable."""
        self.check()
        if self._present is not None:
            await asyncio.shield(self.confirmed())  # others wait for the same

    async def finish(self) -> None:
        """Return when nothing is being confirmed."""
        while self._present is not None:
            await asyncio.wait([self._present])

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        try:
            while self._next is not None:
                due, self._next = self._next, None
                await self._confirm(due)
        finally:
            self._present = None
            if self._next is not None:  # nobody would come for those
                _refuse(self._next)
                self._next = None

    async def _confirm(self, due: "asyncio.Future[None]") -> None:
        confirmed = False
        try:
            if not self._broken:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._sync)
                confirmed = True
        except OSError as fault:
            log.critical(UNCONFIRMED, extra={"reason": fault.strerror})
        finally:  # whatever went wrong: it is not known what is on the disk
            if not confirmed:
                self._broken = True
                _refuse(due)
            elif not due.done():
                due.set_result(None)

    def _sync(self) -> None:
        try:
            _sync_one(self._path, datasync)
            if not self._folder_is_synced:
                _sync_one(os.path.dirname(self._path), os.fsync)
                self._folder_is_synced = True
        except FileNotFoundError:
            pass  # nothing was written since the log was emptied


def _refuse(due: "asyncio.Future[None]") -> None:
    if not due.done():
        due.set_exception(DatabaseUnavailable(UNCONFIRMED))
        due.exception()  # it may be that nobody waits any more


def _sync_one(path: str, sync: Callable[[int], None]) -> None:
    # Opened each time: the file is another one after the last process but us has closed it.
    file = os.open(path, os.O_RDONLY)
    try:
        sync(file)
    finally:
        os.close(file)
