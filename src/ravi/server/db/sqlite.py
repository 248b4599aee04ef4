"""
SQLite: one writer with group commit, one reader, both inline on the event loop.

Why inline: a point query takes 3 µs and handing it to a thread takes 60. Only the commit, which writes to the log, and
the sync, which waits for the disk, run in threads, so that others go on meanwhile.

Why group commit: who is answered needs a sync. Transactions that arrive while a commit runs are executed one after the
other as savepoints of the next SQLite transaction and share its commit, and commits that are done while a sync runs
share the next one (`log_sync.py`); nobody is answered before that sync has returned. A body that fails rolls back its
own savepoint alone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from types import TracebackType

import apsw

from ravi.server.db.engine import Row, Transaction
from ravi.server.db.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, ReferenceGone
from ravi.server.db.log_moving import MOVE, LogMover
from ravi.server.db.log_sync import LogSync

#: How long a writer waits for another *process* (such as `ravi-server owner add`) before it gives up.
BUSY_SECONDS = 5.0

log = logging.getLogger("ravi.db")

_Statement = tuple[str, dict[str, object]]


class SqliteDatabase:
    """Implements `engine.Database` on one file."""

    dialect = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path
        # The writer never blocks the loop: it asks again by the clock (`_open_batch`).
        self._writer = _connect(path, wait_ms=0)
        self._reader = _connect(path, wait_ms=50)
        self._reader.pragma("query_only", True)
        self._turn = asyncio.Lock()  # FIFO: bodies run one at a time, the commit takes its turn behind them
        self._waiting: list[asyncio.Future[None]] | None = None  # who waits for the open batch; None: no batch
        self._topics: list[str] = []
        self._last: list[_Statement] = []  # what is executed right before the commit
        self._listeners: list[Callable[[str], None]] = []
        self._committer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-commit")
        self._log = LogSync(path)
        self._mover = LogMover(self._writer, _connect(path, wait_ms=0))
        self._unanswered: set[asyncio.Task[None]] = set()  # commits that wait for their sync
        self._ambient: ContextVar[_Savepoint | None] = ContextVar(f"transaction-{id(self)}", default=None)

    async def one(self, sql: str, **params: object) -> Row | None:
        rows = self._ask(sql, params)
        return rows[0] if rows else None

    async def all(self, sql: str, **params: object) -> list[Row]:
        return self._ask(sql, params)

    def _ask(self, sql: str, params: dict[str, object]) -> list[Row]:
        if inside := self._inside():
            return inside._rows(sql, params)
        return _rows(self._reader, sql, params)

    def begin(self) -> "_Savepoint":
        return _Savepoint(self, outer=self._inside())

    def _inside(self) -> "_Savepoint | None":
        """Return the transaction that this task is in. A task made inside one inherits the variable, not the place."""
        found = self._ambient.get()
        return found if found is not None and found.task is asyncio.current_task() else None

    async def settled(self) -> None:
        if self._inside() is None:  # a transaction is answered when all before it is durable
            await self._log.settled()

    def on_notify(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    async def forget(self) -> None:
        # `secure_delete` wipes pages of the database; former ones stand in the log until it is written over.
        deadline = asyncio.get_running_loop().time() + BUSY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if self._committer:
                await asyncio.gather(self._committer, return_exceptions=True)
            async with self._turn:
                if self._waiting is None and await self._truncate_log():
                    return
            await asyncio.sleep(0.02)
        log.warning("write-ahead log not emptied: another process reads the database")

    async def _truncate_log(self) -> bool:
        """Whether the log is empty now. Called with the turn held, and no batch open."""
        run = asyncio.get_running_loop().run_in_executor
        try:
            rows = await run(self._thread, _rows, self._writer, "PRAGMA wal_checkpoint(TRUNCATE)", {})
        except DatabaseUnavailable:  # what was to be forgotten is committed: no reason to fail
            return False
        busy, *_ = rows[0]
        return not busy

    async def _move_rest(self) -> None:
        """Empty the log of what came while the bulk of it was moved. Called with the turn held, and no batch open."""
        self._mover.rest = False
        with contextlib.suppress(apsw.Error):  # a reader is in the way: next time
            await asyncio.get_running_loop().run_in_executor(self._thread, self._execute, MOVE)

    def _execute(self, sql: str) -> None:
        self._writer.execute(sql).fetchall()

    async def ping(self) -> None:
        self._log.check()
        await self.one("SELECT count(*) FROM schema_migrations")

    async def close(self) -> None:
        if self._committer:
            await asyncio.gather(self._committer, return_exceptions=True)
        await asyncio.gather(*self._unanswered, return_exceptions=True)
        await self._log.finish()
        self._log.close()
        await self._mover.close()
        self._thread.shutdown(wait=True)
        self._reader.close()
        self._writer.close()

    async def _open_batch(self) -> None:
        """Start the SQLite transaction that the next savepoints share. Called with the turn held."""
        deadline = asyncio.get_running_loop().time() + BUSY_SECONDS
        while True:
            try:
                # IMMEDIATE: a deferred transaction that upgrades later fails at once when it loses the race.
                self._writer.execute("BEGIN IMMEDIATE")
                break
            except apsw.BusyError as busy:
                if asyncio.get_running_loop().time() > deadline:
                    raise DatabaseBusy("another process holds the database's write lock") from busy
                await asyncio.sleep(0.005)
            except apsw.Error as fault:
                raise _unavailable(fault) from fault
        self._waiting = []

    def _notice_loss(self) -> None:
        """If SQLite has rolled back the open batch by itself, refuse everybody in it. Called with the turn held."""
        if self._waiting is not None and self._writer.get_autocommit():
            self._refuse(self._waiting, DatabaseUnavailable("the database gave up this transaction"))
            self._waiting, self._topics, self._last = None, [], []

    @staticmethod
    def _refuse(waiting: "list[asyncio.Future[None]]", failure: DatabaseUnavailable) -> None:
        for future in waiting:
            if not future.done():
                future.set_exception(failure)

    async def _commit(self) -> None:
        # Not before the sync under way is done: until then more come who share this commit, and cannot be answered
        # sooner anyway. They are executed meanwhile.
        await self._log.finish()
        async with self._turn:
            if self._waiting is None:  # lost since this was planned
                self._committer = None
                return
            waiting, topics, last = self._waiting, self._topics, self._last
            self._waiting, self._topics, self._last, self._committer = None, [], [], None
            loop = asyncio.get_running_loop()
            try:
                for sql, params in last:
                    self._writer.execute(sql, params)
                await loop.run_in_executor(self._thread, self._writer.execute, "COMMIT")
                if self._mover.rest:
                    await self._move_rest()
            except apsw.Error as fault:
                with contextlib.suppress(apsw.Error):
                    self._writer.execute("ROLLBACK")
                self._refuse(waiting, _unavailable(fault))
                return
        self._mover.begin()
        # The turn is given back: others write while the disk confirms.
        try:
            await self._log.confirmed()
        except DatabaseUnavailable as fault:
            self._refuse(waiting, fault)
            return
        for future in waiting:
            if not future.done():  # its request may have been cancelled; what it wrote is durable anyway
                future.set_result(None)
        for topic in dict.fromkeys(topics):
            for listener in self._listeners:
                listener(topic)


class _Savepoint:
    """A transaction body: the context manager of `begin()` and the `Transaction` inside it."""

    def __init__(self, db: SqliteDatabase, outer: "_Savepoint | None") -> None:
        self._db = db
        self._outer = outer
        self.task = asyncio.current_task()
        self._topics: list[str] = []
        self._last: list[_Statement] = []

    async def one(self, sql: str, **params: object) -> Row | None:
        rows = self._rows(sql, params)
        return rows[0] if rows else None

    async def all(self, sql: str, **params: object) -> list[Row]:
        return self._rows(sql, params)

    async def run(self, sql: str, **params: object) -> int:
        self._rows(sql, params)
        return self._db._writer.changes()

    async def run_last(self, sql: str, **params: object) -> None:
        self._last.append((sql, params))

    def _rows(self, sql: str, params: dict[str, object]) -> list[Row]:
        # After a full disk or an I/O error SQLite has rolled back everything by itself. Whoever overlooked that
        # and went on would write outside any transaction.
        if self._db._writer.get_autocommit():
            raise DatabaseUnavailable("the database gave up this transaction")
        return _rows(self._db._writer, sql, params)

    async def lock(self, subject: str) -> None:
        """Nothing to do: there is one writer."""

    def notify(self, topic: str) -> None:
        self._topics.append(topic)

    async def __aenter__(self) -> Transaction:
        db = self._db
        if self._outer is None:
            await db._turn.acquire()
            try:
                db._log.check()
                db._notice_loss()
                if db._waiting is None:
                    await db._open_batch()
                _rows(db._writer, "SAVEPOINT body", {})
            except BaseException:
                db._turn.release()
                raise
        else:
            _rows(db._writer, "SAVEPOINT body", {})
        self._token = db._ambient.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        db = self._db
        db._ambient.reset(self._token)
        durable: asyncio.Future[None] | None = None
        try:
            if error is not None:
                if not db._writer.get_autocommit():
                    _rows(db._writer, "ROLLBACK TO body", {})
                    _rows(db._writer, "RELEASE body", {})
            else:
                self._rows("RELEASE body", {})
                if self._outer is not None:
                    self._outer._topics += self._topics
                    self._outer._last += self._last
                elif db._waiting is not None:
                    durable = asyncio.get_running_loop().create_future()
                    db._waiting.append(durable)
                    db._topics += self._topics
                    db._last += self._last
        finally:
            if self._outer is None:
                db._notice_loss()
                if db._committer is None and db._waiting is not None:
                    db._committer = asyncio.create_task(db._commit(), name="sqlite commit")
                    db._unanswered.add(db._committer)
                    db._committer.add_done_callback(db._unanswered.discard)
                db._turn.release()
        if durable is not None:
            await durable


def _connect(path: str, *, wait_ms: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(path)
        connection.set_busy_timeout(int(BUSY_SECONDS * 1000))
        connection.pragma("journal_mode", "wal")
        connection.set_busy_timeout(wait_ms)
        connection.pragma("synchronous", "normal")  # the disk is waited for by `LogSync`
        connection.pragma("foreign_keys", True)
        connection.pragma("temp_store", "memory")
        # What was deleted or replaced is gone from the file: old key material after an upgrade, erased identities.
        connection.pragma("secure_delete", True)
        # One plan for each statement, whatever is bound to it. Otherwise this build of SQLite plans a statement anew
        # for every set of values: 8 of the 10 µs that recognising a credential took.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    except _FAULTS as fault:
        raise _unavailable(fault) from fault
    return connection


def _rows(connection: apsw.Connection, sql: str, params: dict[str, object]) -> list[Row]:
    # No context manager here: it would cost as much as the query.
    try:
        return connection.execute(sql, params).fetchall()
    except _FAULTS as fault:
        raise _unavailable(fault) from fault
    except apsw.ConstraintError as fault:
        if getattr(fault, "extendedresult", None) != apsw.SQLITE_CONSTRAINT_FOREIGNKEY:  # not in its type stubs
            raise
        raise ReferenceGone("what this refers to is gone") from fault


_FAULTS = (
    apsw.ReadOnlyError,
    apsw.FullError,
    apsw.IOError,
    apsw.CorruptError,
    apsw.CantOpenError,
    apsw.NotADBError,
    apsw.BusyError,
)


def _unavailable(fault: apsw.Error) -> DatabaseUnavailable:
    if isinstance(fault, apsw.BusyError):
        return DatabaseBusy("another process holds the database's write lock")
    refused = DatabaseFull if isinstance(fault, apsw.FullError) else DatabaseUnavailable
    # The class name says full, I/O, corrupt or not a database; the message could quote data, so it stays out.
    return refused(f"the database cannot be used: {type(fault).__name__}")
