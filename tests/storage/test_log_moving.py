"""The write-ahead log of SQLite does not grow without end, and nobody waits while the bulk of it is moved."""

import asyncio
import threading
import time
from pathlib import Path

import apsw
import pytest

from ravi.server.db import Database, log_moving
from tests.support.rows import names, write_alone

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

PAGES = 60
LONG = "x" * 3000


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_moving, "LOG_PAGES", PAGES)


def pages_in(database_url: str) -> int:
    """How many pages the log's file has room for."""
    return Path(database_url.removeprefix("sqlite://") + "-wal").stat().st_size // 4120


async def write_many(db: Database, count: int, *, beginning: int = 0) -> None:
    for number in range(beginning, beginning + count):
        await write_alone(db, f"{number:04}{LONG}")


async def test_the_log_stays_short_however_much_is_written(db: Database, database_url: str) -> None:
    await write_many(db, 600)

    assert pages_in(database_url) < 10 * PAGES, "600 rows of a page each, and what their index takes"
    assert len(await names(db)) == 600


async def test_it_is_begun_anew_when_it_was_moved(db: Database, database_url: str) -> None:
    await write_many(db, 200)
    async with asyncio.timeout(10):
        while db._mover._pages() >= PAGES:
            await write_alone(db, f"one more {time.monotonic_ns()}")
            await asyncio.sleep(0.01)

    beside = apsw.Connection(
        f"file:{database_url.removeprefix('sqlite://')}?immutable=1", flags=apsw.SQLITE_OPEN_URI | 1
    )
    there = [name for (name,) in beside.execute("SELECT subject FROM attempts")]
    assert len(there) >= 150, "in the database itself, whatever is in the log"


async def test_others_write_while_it_is_moved(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    go, moving = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    move = db._mover._execute

    def slowly() -> None:
        loop.call_soon_threadsafe(moving.set)
        go.wait(20)
        move()

    monkeypatch.setattr(db._mover, "_execute", slowly)
    try:
        await write_many(db, PAGES)
        async with asyncio.timeout(10):
            await moving.wait()
            await write_many(db, 100, beginning=PAGES)
    finally:
        go.set()
    assert len(await names(db)) == PAGES + 100


async def test_a_log_that_cannot_be_moved_is_said_and_nothing_is_lost(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as failing:
        failing.setattr(db._mover, "_execute", fail)
        await write_many(db, 2 * PAGES)
        await asyncio.sleep(0.05)
    assert "write-ahead log not moved" in caplog.text
    await write_many(db, 300, beginning=2 * PAGES)
    assert len(await names(db)) == 2 * PAGES + 300
