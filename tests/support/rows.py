"""Rows of a plain table, for tests that need something to write and nothing of what it means."""

from ravi.server.db import Database, Queries, Transaction


async def write(tx: Transaction, name: str, value: int = 0) -> None:
    """Write one row called *name*."""
    await tx.run(
        "INSERT INTO attempts (subject, window_start, count) VALUES (:name, :value, 1)", name=name, value=value
    )


async def write_alone(db: Database, name: str, value: int = 0) -> None:
    """Write one row called *name* in a transaction of its own; durable when this returns."""
    async with db.begin() as tx:
        await write(tx, name, value)


class Mishap(Exception):
    """Raised by a body that fails."""


async def write_and_fail(db: Database, name: str, *, topic: str | None = None) -> None:
    """Write one row called *name*, notify *topic*, and raise Mishap before the transaction ends."""
    async with db.begin() as tx:
        await write(tx, name)
        if topic:
            tx.notify(topic)
        raise Mishap


async def names(db: Queries) -> list[str]:
    """Return the names of all rows, sorted."""
    return sorted(row[0] for row in await db.all("SELECT subject FROM attempts"))


async def in_order(db: Queries) -> list[str]:
    """Return the names of all rows by their `value`."""
    return [row[0] for row in await db.all("SELECT subject FROM attempts ORDER BY window_start")]
