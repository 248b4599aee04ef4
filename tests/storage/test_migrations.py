"""Migrations: applied once, by one replica at a time, and never onto a database that is not ours to change."""

import asyncio

import pytest

from ravi.server.db import Database, SchemaTooNew, open_database
from ravi.server.db import migrate as migrations
from ravi.server.db.migrate import Migration, list_migrations, migrate
from ravi.server.db.postgres import PostgresDatabase
from ravi.server.db.sqlite import SqliteDatabase
from tests.support.databases import MakeDatabase
from tests.support.postgres import Cluster


async def open_unmigrated(url: str) -> Database:
    if url.startswith("sqlite"):
        return SqliteDatabase(url.removeprefix("sqlite://"))
    database = PostgresDatabase(url)
    await database.open()
    return database


async def test_an_empty_database_gets_every_migration_in_order(make_database: MakeDatabase) -> None:
    database = await open_unmigrated(make_database(migrated=False))
    try:
        applied = await migrate(database)
        recorded = await database.all("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
    finally:
        await database.close()

    assert applied == [each.version for each in list_migrations()]
    assert recorded == [(each.version, each.name, each.checksum) for each in list_migrations()]


async def test_migrating_again_does_nothing(db: Database) -> None:
    assert await migrate(db) == []


async def test_replicas_that_start_together_migrate_once(make_database: MakeDatabase) -> None:
    url = make_database(migrated=False)
    replicas = await asyncio.gather(*(open_database(url) for _ in range(4)))
    try:
        rows = await replicas[0].all("SELECT version FROM schema_migrations ORDER BY version")
        assert rows == [(each.version,) for each in list_migrations()]
    finally:
        await asyncio.gather(*(replica.close() for replica in replicas))


async def test_a_newer_schema_is_refused(db: Database, database_url: str) -> None:
    async with db.begin() as tx:
        await tx.run("INSERT INTO schema_migrations VALUES (9999, 'of the future', 'x', 0)")

    with pytest.raises(SchemaTooNew, match=rf"9999.*ends at {list_migrations()[-1].version}"):
        await open_database(database_url)


async def test_an_edited_migration_is_refused(db: Database, database_url: str) -> None:
    async with db.begin() as tx:
        await tx.run("UPDATE schema_migrations SET checksum = 'edited' WHERE version = 1")

    with pytest.raises(SchemaTooNew, match="migration 1 differs"):
        await open_database(database_url)


async def test_a_migration_that_fails_leaves_nothing_behind(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Migration(1, "good", "CREATE TABLE first (id {id}) {options};")
    broken = Migration(2, "broken", "CREATE TABLE second (id {id}) {options}; CREATE TABLE first (id {id}) {options};")
    mended = Migration(2, "mended", "CREATE TABLE second (id {id}) {options};")
    database = await open_unmigrated(make_database(migrated=False))
    try:
        monkeypatch.setattr(migrations, "list_migrations", lambda: [good, broken])
        with pytest.raises(Exception, match="first"):  # each engine's own "already exists"
            await migrate(database)
        assert await database.all("SELECT version FROM schema_migrations") == [(1,)]

        monkeypatch.setattr(migrations, "list_migrations", lambda: [good, mended])
        assert await migrate(database) == [2]
        assert await database.all("SELECT id FROM second") == []
    finally:
        await database.close()


async def test_a_number_is_never_used_twice(db: Database) -> None:
    insert = (
        "INSERT INTO accounts (uuid, email, first_name, last_name, created_at, updated_at)"
        " VALUES (:name, :name, '', '', 0, 0) RETURNING id"
    )
    async with db.begin() as tx:
        first = await tx.one(insert, name="first")
        await tx.run("DELETE FROM accounts")
        second = await tx.one(insert, name="second")

    assert first is not None
    assert second is not None
    assert second[0] > first[0]


async def test_names_sort_by_code_point_on_both_engines(db: Database) -> None:
    """Prefix filters are ranges of names, so both engines must agree on what comes after what."""
    names = ["Zoë", "_", "a", "a-1", "a1", "b", "z", "Å", "é", "\N{PILE OF POO}"]
    async with db.begin() as tx:
        await tx.run(
            "INSERT INTO accounts (id, uuid, email, first_name, last_name, created_at, updated_at)"
            " VALUES (1, 'u', 'e', '', '', 0, 0)"
        )
        for name in reversed(names):
            await tx.run(
                "INSERT INTO identities (uuid, account_id, name, status, labels, created_at, updated_at)"
                " VALUES (:name, 1, :name, 'active', '{}', 0, 0)",
                name=name,
            )

    assert [row[0] for row in await db.all("SELECT name FROM identities ORDER BY name")] == names


async def test_both_engines_have_the_same_tables_columns_and_rules(sqlite_db: Database, postgres: Cluster) -> None:
    # The full-text index is each engine's own.
    of_sqlite = await sqlite_db.all(
        'SELECT t.name, c.name, c."notnull" <> 0 OR c.pk > 0'
        " FROM sqlite_schema t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'message_search%' ORDER BY 1, 2"
    )
    name = postgres.create()
    database = await open_database(postgres.url(name))
    try:
        of_postgres = await database.all(
            "SELECT table_name, column_name, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'message_search'"
            ' ORDER BY table_name COLLATE "C", column_name COLLATE "C"'
        )
    finally:
        await database.close()
        postgres.drop(name)

    assert len(of_sqlite) > 50
    assert sorted(of_sqlite) == sorted(of_postgres)
