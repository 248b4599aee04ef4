"""A database that is full, read-only, locked or gone: a clear refusal, nothing half done, and life afterwards."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import apsw
import psycopg
import pytest

from ravi.server.db import Database, DatabaseBusy, DatabaseFull, DatabaseUnavailable, open_database, sqlite
from tests.support.databases import MakeDatabase
from tests.support.postgres import Cluster
from tests.support.rows import names, write, write_alone

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

LONG = "x" * 3000


def allow_pages(db: Database, more: int) -> None:
    """Let the file of *db* grow by *more* pages and no further: a full disk, made small."""
    db._writer.pragma("max_page_count", db._writer.pragma("page_count") + more)


async def write_until_full(db: Database) -> None:
    for number in range(100):
        await write_alone(db, f"{number}{LONG}")


@only_sqlite
async def test_a_full_disk_refuses_the_write_and_keeps_what_was_there(db: Database) -> None:
    await write_alone(db, "before")
    allow_pages(db, 2)

    with pytest.raises(DatabaseUnavailable, match="FullError"):
        await write_until_full(db)
    assert "before" in await names(db)

    allow_pages(db, 1000)
    await write_alone(db, "after")
    assert {"before", "after"} <= set(await names(db))


@only_sqlite
async def test_on_a_full_disk_each_of_many_is_either_stored_or_refused(db: Database) -> None:
    """The transactions share a commit; the disk fills up under one of them; no answer may be wrong for any."""
    allow_pages(db, 4)
    sizes = {f"{number:02}{LONG if number == 10 else ''}": number for number in range(40)}
    sizes |= {f"big{number}{LONG}": 100 + number for number in range(10)}

    results = await asyncio.gather(*(write_alone(db, name) for name in sizes), return_exceptions=True)

    answered = {name for name, result in zip(sizes, results, strict=True) if result is None}
    refusals = [result for result in results if result is not None]
    assert DatabaseFull in {type(refusal) for refusal in refusals}
    assert all(isinstance(refusal, DatabaseUnavailable) for refusal in refusals), refusals
    assert set(await names(db)) == answered


@only_sqlite
async def test_a_body_that_overlooks_the_full_disk_is_refused_all_the_same(db: Database) -> None:
    """SQLite undid its transaction; what it writes after that must not be stored, or be said to be."""

    async def overlook() -> None:
        async with db.begin() as tx:
            await write(tx, "first")
            with contextlib.suppress(DatabaseUnavailable):
                for number in range(100):
                    await write(tx, f"{number}{LONG}")

    allow_pages(db, 2)
    with pytest.raises(DatabaseUnavailable):
        await overlook()

    assert await names(db) == []


@only_sqlite
async def test_a_real_limit_on_the_file_s_size_is_a_refusal_too(make_database: MakeDatabase) -> None:
    script = """
import asyncio, resource, sys
from ravi.server.db import DatabaseUnavailable, open_database
from tests.support.rows import names, write_alone

async def main():
    db = await open_database(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    written = []
    try:
        for number in range(1000):
            await write_alone(db, f"{number:04}" + "x" * 3000)
            written.append(number)
    except DatabaseUnavailable:
        stored = {name[:4] for name in await names(db)}
        assert stored == {f"{number:04}" for number in written}, (stored, written)
        print("refused", "and kept", len(written) > 10)
    await db.close()

asyncio.run(main())
"""
    done = _python(script, make_database())

    assert done.stdout.strip() == "refused and kept True", done.stderr


@only_sqlite
async def test_a_read_only_file_is_a_refusal(db: Database) -> None:
    db._writer.pragma("query_only", True)

    with pytest.raises(DatabaseUnavailable):
        await write_alone(db, "row")
    assert await names(db) == []


@only_postgres
async def test_a_read_only_server_is_a_refusal(db: Database, postgres: Cluster, database_url: str) -> None:
    """What a replica that was just demoted says."""
    name = urlsplit(database_url).path.strip("/")
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await _cut_connections(postgres, name)
    for _ in range(10):  # the first ones find their connection cut
        with contextlib.suppress(DatabaseUnavailable):
            await db.one("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await write_alone(db, "row")


@only_sqlite
async def test_who_waits_too_long_for_another_process_is_told_that_it_is_busy(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    other = apsw.Connection(database_url.removeprefix("sqlite://"))
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            await write_alone(db, "refused")
        other.execute("ROLLBACK")
    finally:
        other.close()
    await write_alone(db, "after")

    assert await names(db) == ["after"]


@only_sqlite
async def test_another_process_that_is_quick_is_waited_for(db: Database, database_url: str) -> None:
    other = apsw.Connection(database_url.removeprefix("sqlite://"))
    try:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(write_alone(db, "patient"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    finally:
        other.close()

    assert await names(db) == ["patient"]


@only_sqlite
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(make_database: MakeDatabase) -> None:
    url = make_database(migrated=False)
    path = Path(url.removeprefix("sqlite://"))
    path.write_bytes(b"these are somebody's notes\n" * 100)

    with pytest.raises(DatabaseUnavailable):
        await open_database(url)
    assert path.read_bytes() == b"these are somebody's notes\n" * 100


@only_sqlite
async def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, dialect: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseUnavailable):
        await open_database(f"sqlite://{tmp_path / 'file' / 'ravi.db'}")


@only_sqlite
async def test_the_files_are_for_their_owner_alone(db: Database, database_url: str) -> None:
    await write_alone(db, "row")
    path = Path(database_url.removeprefix("sqlite://"))
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}

    assert len(modes) == 3  # the file, its log and its index
    assert set(modes.values()) == {"0o600"}


@only_postgres
async def test_a_cut_connection_fails_its_own_transaction_and_no_later_one(db: Database, postgres: Cluster) -> None:

    async def lose_connection() -> None:
        async with db.begin() as tx:
            await write(tx, "lost")
            row = await tx.one("SELECT pg_backend_pid()")
            assert row is not None
            postgres.run(f"SELECT pg_terminate_backend({row[0]})")
            await tx.one("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await lose_connection()
    await write_alone(db, "after")

    assert await names(db) == ["after"]


@only_postgres
async def test_a_server_that_is_gone_is_a_refusal_without_the_password(tmp_path: Path, dialect: str) -> None:
    from ravi.server.db.postgres import PostgresDatabase

    database = PostgresDatabase(f"postgresql://ravi:hunter2@/ravi?host={tmp_path}")
    database._pool.timeout = 0.5
    with pytest.raises(DatabaseUnavailable) as refusal:
        await database.one("SELECT 1")
    await database.close()

    assert "hunter2" not in str(refusal.value)


async def test_ping_fails_when_the_schema_is_not_there(make_database: MakeDatabase) -> None:
    """A real query: a server whose database was swapped under it is not ready."""
    database = await open_database(make_database())
    try:
        async with database.begin() as tx:
            await tx.run("DROP TABLE schema_migrations")
        with pytest.raises((DatabaseUnavailable, apsw.Error, psycopg.Error)):
            await database.ping()
    finally:
        await database.close()


async def _cut_connections(postgres: Cluster, database: str) -> None:
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    await asyncio.sleep(0.1)


def _python(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
