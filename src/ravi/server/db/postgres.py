"""PostgreSQL: a pool of connections, one transaction each, LISTEN/NOTIFY for wake-ups."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ravi.server.db.engine import Row, Transaction
from ravi.server.db.errors import DatabaseFull, DatabaseUnavailable, ReferenceGone

log = logging.getLogger("ravi.db")

CHANNEL = "ravi"
#: Keeps our advisory locks apart from those of other programs on the same database ("ravi" in ASCII).
LOCK_SPACE = 0x72617669

Connection = psycopg.AsyncConnection[Any]


class PostgresDatabase:
    """Implements `engine.Database` on a connection string."""

    dialect = "postgresql"

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min(2, pool_size),
            max_size=pool_size,
            open=False,
            timeout=10,
            kwargs={"autocommit": True, "prepare_threshold": 3, "application_name": "ravi-server"},
        )
        self._listeners: list[Callable[[str], None]] = []
        self._listening: asyncio.Task[None] | None = None
        self._unsent: set[str] = set()
        self._announcer: asyncio.Task[None] | None = None
        self._ambient: ContextVar[_Work | None] = ContextVar(f"transaction-{id(self)}", default=None)

    async def open(self) -> None:
        """Connect; raises DatabaseUnavailable when nobody answers."""
        with _faults():
            await self._pool.open(wait=True, timeout=10)
        self._listening = asyncio.create_task(self._listen(), name="postgres listen")

    async def one(self, sql: str, **params: object) -> Row | None:
        if inside := self._inside():
            return await inside.one(sql, **params)
        with _faults():
            async with self._pool.connection() as connection:
                return await (await connection.execute(translate(sql), params)).fetchone()

    async def all(self, sql: str, **params: object) -> list[Row]:
        if inside := self._inside():
            return await inside.all(sql, **params)
        with _faults():
            async with self._pool.connection() as connection:
                return await (await connection.execute(translate(sql), params)).fetchall()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        outer = self._inside()
        with _faults():
            if outer is not None:
                async with outer.connection.transaction():
                    yield outer
                return
            async with self._pool.connection() as connection, connection.transaction():
                work = _Work(connection)
                token = self._ambient.set(work)
                try:
                    yield work
                finally:
                    self._ambient.reset(token)
        self._announce(work.topics)

    def _announce(self, topics: list[str]) -> None:
        """
        Send wake-ups for what was just committed, those of other transactions with them.

        Not inside the transaction: PostgreSQL commits transactions with a NOTIFY one at a time, in the whole
        cluster. A crash before this loses wake-ups, which costs the waiting a second and nobody an event.
        """
        self._unsent.update(topics)
        if self._unsent and (self._announcer is None or self._announcer.done()):
            self._announcer = asyncio.create_task(self._send_announcements(), name="postgres notify")

    async def _send_announcements(self) -> None:
        while self._unsent:
            topics, self._unsent = list(self._unsent), set()
            try:
                async with self._pool.connection() as connection:
                    await connection.execute(
                        "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic", (CHANNEL, topics)
                    )
            except (psycopg.Error, PoolTimeout) as fault:
                log.warning("wake-ups were lost", extra={"fault": type(fault).__name__})

    def _inside(self) -> "_Work | None":
        """Return the transaction that this task is in. A task made inside one inherits the variable, not the place."""
        found = self._ambient.get()
        return found if found is not None and found.task is asyncio.current_task() else None

    async def settled(self) -> None:
        """Nothing to do: others see a transaction when it is durable."""

    def on_notify(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    async def forget(self) -> None:
        """Nothing that a server could do: old rows, and the log, are the cluster's."""

    async def ping(self) -> None:
        await self.one("SELECT count(*) FROM schema_migrations")

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._announcer:
            await asyncio.gather(self._announcer, return_exceptions=True)
        await self._pool.close()

    async def _listen(self) -> None:
        """Pass notifications on, for ever. A broken connection is replaced; listeners look again by clock."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    async for note in connection.notifies():
                        for listener in self._listeners:
                            listener(note.payload)
            except psycopg.Error as fault:
                log.warning("listening stopped; trying again", extra={"fault": type(fault).__name__})
            await asyncio.sleep(1)


class _Work:
    """One transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.task = asyncio.current_task()
        self.topics: list[str] = []

    async def one(self, sql: str, **params: object) -> Row | None:
        return await (await self.connection.execute(translate(sql), params)).fetchone()

    async def all(self, sql: str, **params: object) -> list[Row]:
        return await (await self.connection.execute(translate(sql), params)).fetchall()

    async def run(self, sql: str, **params: object) -> int:
        return (await self.connection.execute(translate(sql), params)).rowcount

    async def run_last(self, sql: str, **params: object) -> None:
        await self.run(sql, **params)

    async def lock(self, subject: str) -> None:
        # Two subjects may share a hash; then they wait for each other, which is slow and not wrong.
        await self.connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK_SPACE, subject))

    def notify(self, topic: str) -> None:
        self.topics.append(topic)


# `:name` that is not part of a `::type` cast. Our statements hold no string literal with a colon in it.
_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


@lru_cache(maxsize=1024)
def translate(sql: str) -> str:
    """Return *sql* with `:name` parameters as psycopg spells them."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.ForeignKeyViolation as fault:
        raise ReferenceGone("what this refers to is gone") from fault
    except psycopg.errors.ReadOnlySqlTransaction as fault:  # a replica, or one that was demoted
        raise DatabaseUnavailable("the database takes no writes") from fault
    except psycopg.errors.DiskFull as fault:
        raise DatabaseFull("the database has no room left") from fault
    except PoolTimeout as fault:
        raise DatabaseUnavailable("no database connection became free in time") from fault
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise DatabaseUnavailable(f"the database cannot be used: {type(fault).__name__}") from fault
