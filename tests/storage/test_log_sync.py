"""On SQLite nobody is answered before the disk has confirmed it, and others are not held up meanwhile."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator

import pytest

from ravi.server.db import Database, DatabaseUnavailable, log_sync, open_database
from tests.support.rows import names, write, write_alone

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


class Disk:
    """Stands between the server and the disk: `slow` until `go` is set, `failing` for good."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = asyncio.Event()
        self.syncs = 0
        self.failing = False
        self._loop = asyncio.get_running_loop()

    def sync(self, file: int) -> None:
        self.syncs += 1
        self._loop.call_soon_threadsafe(self.asked.set)
        self.go.wait(20)
        if self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(file)


@pytest.fixture
async def disk(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(log_sync, "datasync", disk.sync)
    yield disk
    disk.go.set()


async def test_who_writes_is_answered_when_the_disk_has_confirmed(db: Database, disk: Disk) -> None:
    heard: list[str] = []
    db.on_notify(heard.append)

    async def tell() -> None:
        async with db.begin() as tx:
            await tx.run("INSERT INTO attempts (subject, window_start, count) VALUES ('row', 1, 1)")
            tx.notify("news")

    writing = asyncio.create_task(tell())
    await disk.asked.wait()
    await asyncio.sleep(0.05)
    assert not writing.done()
    assert heard == [], "nobody is woken for what may still be lost"

    disk.go.set()
    await writing
    assert heard == ["news"]


async def test_meanwhile_others_are_executed_and_share_the_next_commit_and_sync(db: Database, disk: Disk) -> None:
    first = asyncio.create_task(write_alone(db, "first"))
    await disk.asked.wait()
    executed = 0

    async def write_one(number: int) -> None:
        nonlocal executed
        async with db.begin() as tx:
            await write(tx, f"{number:02}")
            executed += 1

    others = [asyncio.create_task(write_one(number)) for number in range(50)]
    async with asyncio.timeout(10):
        while executed < 50:
            await asyncio.sleep(0.01)
    assert not any(task.done() for task in (first, *others)), "nothing is on disk"

    disk.go.set()
    await asyncio.gather(first, *others)
    assert disk.syncs == 2
    assert len(await names(db)) == 51


async def test_what_is_settled_waits_for_the_disk(db: Database, disk: Disk) -> None:
    await asyncio.wait_for(db.settled(), 5)
    writing = asyncio.create_task(write_alone(db, "row"))
    await disk.asked.wait()
    settling = asyncio.create_task(db.settled())
    await asyncio.sleep(0.05)
    assert not settling.done()

    disk.go.set()
    await settling
    assert await names(db) == ["row"]
    await writing


async def test_what_the_disk_does_not_confirm_is_refused_until_a_new_start(
    db: Database, disk: Disk, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    disk.failing = True
    disk.go.set()
    results = await asyncio.gather(*(write_alone(db, f"{number:02}") for number in range(20)), return_exceptions=True)
    assert {type(result) for result in results} == {DatabaseUnavailable}

    disk.failing = False  # what it could not write may be forgotten by now, so nothing it says counts
    for use in (write_alone(db, "more"), db.settled(), db.ping()):
        with pytest.raises(DatabaseUnavailable, match="restart the server"):
            await use
    assert "did not confirm" in caplog.text

    again = await open_database(database_url)
    try:
        await write_alone(again, "after")
        assert "after" in await names(again)
    finally:
        await again.close()


async def test_closing_waits_for_the_disk(database_url: str, disk: Disk) -> None:
    disk.go.set()
    other = await open_database(database_url)
    disk.go.clear()
    disk.asked.clear()
    writing = asyncio.create_task(write_alone(other, "row"))
    await disk.asked.wait()
    closing = asyncio.create_task(other.close())
    await asyncio.sleep(0.05)
    assert not closing.done()

    disk.go.set()
    await closing
    assert await writing is None
