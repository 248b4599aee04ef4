"""What was deleted is in no file any more when `forget` returns, the write-ahead log included. No write is lost."""

import asyncio
import logging
from pathlib import Path

import apsw
import pytest

from ravi.server.db import Database
from ravi.server.db.sqlite import SqliteDatabase
from tests.support.rows import names, write_alone

KEY_MATERIAL = "key material of old times"


def files(db: Database) -> bytes:
    """Every byte that SQLite keeps."""
    assert isinstance(db, SqliteDatabase)
    return b"".join(path.read_bytes() for path in Path(db.path).parent.glob(Path(db.path).name + "*"))


async def delete(db: Database) -> None:
    await write_alone(db, KEY_MATERIAL)
    async with db.begin() as tx:
        assert await tx.run("DELETE FROM attempts WHERE subject = :name", name=KEY_MATERIAL) == 1


async def test_what_was_deleted_stands_in_no_file_any_more(sqlite_db: Database) -> None:
    await delete(sqlite_db)
    assert KEY_MATERIAL.encode() in files(sqlite_db), "there was nothing to be forgotten"

    await sqlite_db.forget()

    assert KEY_MATERIAL.encode() not in files(sqlite_db)


async def test_who_writes_meanwhile_loses_nothing(db: Database) -> None:
    async def one(number: int) -> None:
        await write_alone(db, f"{number:03}")
        if number % 10 == 0:
            await db.forget()

    await asyncio.gather(*(one(number) for number in range(100)))

    assert await names(db) == [f"{number:03}" for number in range(100)]


async def test_a_reader_in_another_process_delays_it_and_is_reported(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(sqlite_db, SqliteDatabase)
    monkeypatch.setattr("ravi.server.db.sqlite.BUSY_SECONDS", 0.2)
    await delete(sqlite_db)
    other = apsw.Connection(sqlite_db.path)
    other.execute("BEGIN; SELECT count(*) FROM attempts").fetchall()
    with caplog.at_level(logging.WARNING, "ravi.db"):
        await sqlite_db.forget()
    assert "another process" in caplog.text

    other.close()
    await sqlite_db.forget()
    assert KEY_MATERIAL.encode() not in files(sqlite_db)
