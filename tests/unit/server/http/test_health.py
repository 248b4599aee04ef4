"""`/readyz` asks the database itself, and notices when it is no longer the one that was opened."""

import asyncio
from pathlib import Path

import pytest

from ravi.server.db import Database, DatabaseUnavailable
from ravi.server.http import health


class Stuck:
    """A database that never answers."""

    async def ping(self) -> None:
        await asyncio.sleep(60)


async def test_an_open_database_is_ready(sqlite_db: Database) -> None:
    await health.Readiness(sqlite_db, Path(sqlite_db.path)).check()


async def test_a_file_that_was_deleted_is_not_ready(sqlite_db: Database) -> None:
    file = Path(sqlite_db.path)
    readiness = health.Readiness(sqlite_db, file)
    file.unlink()

    with pytest.raises(DatabaseUnavailable, match="gone"):
        await readiness.check()


async def test_a_file_that_was_replaced_is_not_ready(sqlite_db: Database) -> None:
    file = Path(sqlite_db.path)
    readiness = health.Readiness(sqlite_db, file)
    file.rename(file.with_suffix(".old"))
    file.touch()

    with pytest.raises(DatabaseUnavailable, match="replaced"):
        await readiness.check()


async def test_a_database_that_does_not_answer_in_time_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)

    with pytest.raises(DatabaseUnavailable, match="did not answer"):
        await health.Readiness(Stuck()).check()
