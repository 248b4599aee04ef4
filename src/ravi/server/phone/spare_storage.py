"""The SQL of spare numbers: a carrier has given them to this server, and nobody has them yet."""

from ravi.server.db import Queries, Transaction
from ravi.server.identities.records import TakenNumber

_LOCKED = {"sqlite": "", "postgresql": " FOR UPDATE SKIP LOCKED"}


async def insert(tx: Transaction, taken: TakenNumber, *, country: str, at: int) -> None:
    await tx.run(
        "INSERT INTO spare_numbers (number, carrier, ref, country, created_at)"
        " VALUES (:number, :carrier, :ref, :country, :at) ON CONFLICT (number) DO NOTHING",
        number=taken.number,
        carrier=taken.carrier,
        ref=taken.ref,
        country=country,
        at=at,
    )


async def count(db: Queries, *, carrier: str, country: str) -> int:
    row = await db.one(
        "SELECT COUNT(*) FROM spare_numbers WHERE carrier = :carrier AND country = :country",
        carrier=carrier,
        country=country,
    )
    return int(row[0]) if row else 0


async def exists(db: Queries, number: str) -> bool:
    return await db.one("SELECT 1 FROM spare_numbers WHERE number = :number", number=number) is not None


async def take(tx: Transaction, dialect: str, *, carrier: str, country: str, most: int) -> list[TakenNumber]:
    """Take the oldest spare numbers out, at most so many; fewer when there are no more."""
    rows = await tx.all(
        "SELECT number, carrier, ref FROM spare_numbers WHERE carrier = :carrier AND country = :country"
        f" ORDER BY created_at, number LIMIT :most{_LOCKED[dialect]}",
        carrier=carrier,
        country=country,
        most=most,
    )
    for number, _, _ in rows:
        await tx.run("DELETE FROM spare_numbers WHERE number = :number", number=number)
    return [TakenNumber(*row) for row in rows]
