"""Wake-ups: they come after the commit, to every replica, and not at all when there was none."""

import asyncio

import pytest

from ravi.server.db import Database, open_database
from tests.support.rows import Mishap, names, write, write_and_fail


class Bell:
    """Collects topics, together with the rows that could be read when each rang."""

    def __init__(self, db: Database) -> None:
        self.topics: list[str] = []
        self._rung = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        db.on_notify(self._ring)

    def _ring(self, topic: str) -> None:
        self.topics.append(topic)

    async def count(self, wanted: int, within: float = 5.0) -> list[str]:
        """Wait until *wanted* topics have come, at most *within* seconds; return those that did."""
        deadline = self._loop.time() + within
        while len(self.topics) < wanted and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        return self.topics


@pytest.fixture
async def bell(db: Database) -> Bell:
    """Rings for *db*; proven to be listening before the test begins."""
    bell = Bell(db)
    for _ in range(100):  # PostgreSQL listens on a connection of its own, which may still be on its way
        async with db.begin() as tx:
            tx.notify("listening?")
        if await bell.count(1, within=0.1):
            break
    await bell.count(2, within=0.2)
    assert bell.topics
    bell.topics.clear()
    return bell


async def test_a_commit_rings(db: Database, bell: Bell) -> None:
    async with db.begin() as tx:
        await write(tx, "row")
        tx.notify("account-1")

    assert await bell.count(1) == ["account-1"]


async def test_nothing_rings_before_the_row_can_be_read(db: Database, database_url: str, bell: Bell) -> None:
    other = await open_database(database_url)
    try:
        async with db.begin() as tx:
            await write(tx, "row")
            tx.notify("account-1")
            await asyncio.sleep(0.1)
            assert bell.topics == []
        await bell.count(1)
        assert await names(other) == ["row"]
    finally:
        await other.close()


async def test_a_rollback_does_not_ring(db: Database, bell: Bell) -> None:
    with pytest.raises(Mishap):
        await write_and_fail(db, "row", topic="never")
    async with db.begin() as tx:
        tx.notify("afterwards")

    assert await bell.count(1) == ["afterwards"]


async def test_what_an_inner_transaction_notifies_waits_for_the_outer_commit(db: Database, bell: Bell) -> None:
    async with db.begin():
        async with db.begin() as inner:
            inner.notify("inner")
        await asyncio.sleep(0.1)
        assert bell.topics == []

    assert await bell.count(1) == ["inner"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_another_replica_hears_it(db: Database, database_url: str, bell: Bell) -> None:
    other = await open_database(database_url)
    try:
        async with other.begin() as tx:
            tx.notify("from the other replica")
        assert await bell.count(1) == ["from the other replica"]
    finally:
        await other.close()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_listening_comes_back_after_its_connection_was_cut(db: Database, bell: Bell) -> None:
    await db.one("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN ravi'")
    for _ in range(50):
        async with db.begin() as tx:
            tx.notify("again")
        if await bell.count(1, within=0.1):
            return
    pytest.fail("no wake-up came within five seconds of losing the connection")
