"""
What the rest of the server may ask of a database.

Statements are written once, with `:name` parameters, in the SQL that SQLite and PostgreSQL share; rows come
back as tuples in the order of the select list.

A transaction is *ambient*: a `begin()` inside another `begin()` of the same task becomes a savepoint of the
outer one, so a service may be called on its own or as part of something larger (`http.idempotency` relies on
this to store an answer together with what it created).
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Queries(Protocol):
    """Statements that see one consistent state: a transaction, or the database read-only."""

    async def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""

    async def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""


class Transaction(Queries, Protocol):
    """Statements that are kept together: all of them, or none."""

    async def run(self, sql: str, **params: object) -> int:
        """Execute a statement that changes rows; return how many."""

    async def run_last(self, sql: str, **params: object) -> None:
        """
        Execute a statement that changes rows, at the latest when this transaction ends: nothing in it may depend on it.

        SQLite does so just before the commit, behind what other transactions did that share it: the statement has to
        ask whether what it is about is still there. It may not fail.
        """

    async def lock(self, subject: str) -> None:
        """
        Let one transaction at a time, on any replica, pass here for *subject*; held until commit.

        SQLite has one writer and needs nothing.
        """

    def notify(self, topic: str) -> None:
        """Wake whoever listens for *topic*, on every replica, once this transaction is durable."""


class Database(Queries, Protocol):
    """
    One database, shared by every request.

    Outside a transaction `one` and `all` read the latest committed state; inside one they read its own state.
    """

    dialect: str  # "sqlite" or "postgresql"

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """
        Open a transaction, or a savepoint of the one this task is in.

        Leaving the block commits and returns only when the commit is durable; an exception rolls back.
        Inside the block await nothing but the database: others wait for you.
        """

    async def settled(self) -> None:
        """
        Return when all that a query could see until now is durable. Raises DatabaseUnavailable.

        Outside a transaction, for what others will hold us to: a cursor that was handed out must stay behind what it
        stands for, even after a power failure. On SQLite a row can be seen a moment before it is durable.
        """

    def on_notify(self, listener: Callable[[str], None]) -> None:
        """Call *listener* with each topic notified by any replica. A lost call loses nothing but time."""

    async def forget(self) -> None:
        """
        Have what was deleted or replaced gone from the files too, as far as the engine can do that at once.

        For key material, after its transaction: never inside one. SQLite empties its write-ahead log, or logs that
        another process kept it from doing so. PostgreSQL does nothing: it keeps old rows until it reuses their space.
        """

    async def ping(self) -> None:
        """Run a real query. Raises DatabaseUnavailable when it fails."""

    async def close(self) -> None:
        """Finish what is under way and let go of the files or connections."""
