"""Events of one account become visible in the order of their numbers, so that a cursor never skips one."""

import asyncio

import pytest

from ravi.server.db import Database
from ravi.server.db.engine import Transaction
from tests.support.databases import as_another_request

ACCOUNT = 7


@pytest.fixture
async def account(db: Database) -> int:
    async with db.begin() as tx:
        await tx.run(
            "INSERT INTO accounts (id, uuid, email, first_name, last_name, created_at, updated_at)"
            " VALUES (:id, 'u', 'e', '', '', 0, 0)",
            id=ACCOUNT,
        )
    return ACCOUNT


class Reader:
    """Reads past its cursor, as replay and streams do."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.cursor = 0
        self.seen: list[str] = []

    async def look(self) -> None:
        rows = await self.db.all("SELECT seq, id FROM events WHERE seq > :cursor ORDER BY seq", cursor=self.cursor)
        for seq, name in rows:
            self.cursor = seq
            self.seen.append(name)


async def record(tx: Transaction, name: str, *, in_order: bool = True) -> None:
    if in_order:
        await tx.lock(f"events:{ACCOUNT}")
    await tx.run(
        "INSERT INTO events (id, account_id, type, data, created_at) VALUES (:id, :account, 't', '{}', 0)",
        id=name,
        account=ACCOUNT,
    )


async def interleave(db: Database, reader: Reader, *, in_order: bool) -> None:
    """Two transactions take their numbers; the second is ready to commit while the first dawdles."""
    numbered, hurry = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.begin() as tx:
            await record(tx, "first", in_order=in_order)
            numbered.set()
            await hurry.wait()

    async def quick() -> None:
        async with db.begin() as tx:
            await record(tx, "second", in_order=in_order)

    first = asyncio.create_task(slow())
    await asyncio.wait([first, asyncio.create_task(numbered.wait())], return_when=asyncio.FIRST_COMPLETED)
    second = asyncio.create_task(quick())
    for _ in range(30):  # all the time that the second needs, and the reader looks meanwhile
        await asyncio.sleep(0.01)
        await reader.look()
    hurry.set()
    await asyncio.gather(first, second)
    await reader.look()


async def test_a_cursor_never_skips_a_late_event(db: Database, account: int) -> None:
    reader = Reader(db)
    await interleave(db, reader, in_order=True)

    assert reader.seen == ["first", "second"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_without_the_lock_postgresql_would_skip_it(db: Database, account: int) -> None:
    """The control: shows that the test above holds because of the lock and not by luck."""
    reader = Reader(db)
    await interleave(db, reader, in_order=False)

    assert reader.seen == ["second"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_other_accounts_do_not_wait(db: Database, account: int) -> None:
    async with db.begin() as tx, asyncio.timeout(5):
        await tx.lock(f"events:{account}")

        async def another_account() -> None:
            async with db.begin() as other:
                await other.lock(f"events:{account + 1}")

        await as_another_request(another_account())


async def test_a_reader_sees_every_event_of_many_writers_in_order(db: Database, account: int) -> None:
    reader = Reader(db)

    async def write(number: int) -> None:
        async with db.begin() as tx:
            await record(tx, f"{number}")
            await asyncio.sleep(0)

    writers = [asyncio.create_task(write(number)) for number in range(60)]
    while not all(writer.done() for writer in writers):
        await reader.look()
        await asyncio.sleep(0.001)
    await asyncio.gather(*writers)
    await reader.look()

    assert sorted(reader.seen, key=int) == [f"{number}" for number in range(60)]
