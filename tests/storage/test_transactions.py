"""What every engine owes its callers about transactions: `ravi.server.db.engine`, on both engines."""

import asyncio

import pytest

from ravi.server.db import Database, open_database
from tests.support.databases import as_another_request
from tests.support.rows import Mishap, names, write, write_alone, write_and_fail


async def test_a_committed_row_is_seen_by_another_connection(db: Database, database_url: str) -> None:
    await write_alone(db, "kept")

    other = await open_database(database_url)
    try:
        assert await names(other) == ["kept"]
    finally:
        await other.close()


async def test_a_body_that_raises_leaves_nothing_and_its_error_comes_out(db: Database) -> None:
    with pytest.raises(Mishap):
        await write_and_fail(db, "gone")

    assert await names(db) == []


async def test_after_a_failed_body_the_database_takes_the_next(db: Database) -> None:
    with pytest.raises(Mishap):
        await write_and_fail(db, "gone")
    await write_alone(db, "kept")

    assert await names(db) == ["kept"]


async def test_a_transaction_reads_its_own_rows_and_nobody_else_does(db: Database) -> None:
    async def look() -> list[str]:
        return await names(db)

    async with db.begin() as tx:
        await write(tx, "mine")
        outside = await as_another_request(look())
        assert await names(tx) == ["mine"]
        assert await names(db) == ["mine"], "inside its transaction a task reads its own rows through the database too"
        assert outside == []

    assert await names(db) == ["mine"]


async def test_a_failed_inner_transaction_undoes_itself_alone(db: Database) -> None:
    async with db.begin() as outer:
        await write(outer, "before")
        with pytest.raises(Mishap):
            await write_and_fail(db, "inside")
        await write(outer, "after")

    assert await names(db) == ["after", "before"]


async def test_an_inner_transaction_goes_down_with_the_outer_one(db: Database) -> None:
    async def fail_outside() -> None:
        async with db.begin():
            await write_alone(db, "inside")
            raise Mishap

    with pytest.raises(Mishap):
        await fail_outside()

    assert await names(db) == []


async def test_transactions_nest_three_deep(db: Database) -> None:
    async with db.begin() as first:
        await write(first, "1")
        async with db.begin() as second:
            await write(second, "2")
            with pytest.raises(Mishap):
                await write_and_fail(db, "3")
            await write(second, "4")

    assert await names(db) == ["1", "2", "4"]


async def test_run_returns_how_many_rows_changed(db: Database) -> None:
    async with db.begin() as tx:
        for name in ("a", "b", "c"):
            await write(tx, name)
        changed = await tx.run("UPDATE attempts SET count = 2 WHERE subject <> :one", one="a")
        missed = await tx.run("DELETE FROM attempts WHERE subject = :nobody", nobody="nobody")

    assert (changed, missed) == (2, 0)


async def test_one_returns_the_first_row_or_none(db: Database) -> None:
    await write_alone(db, "a", 7)

    assert await db.one("SELECT subject, window_start FROM attempts WHERE subject = :s", s="a") == ("a", 7)
    assert await db.one("SELECT subject FROM attempts WHERE subject = :s", s="b") is None


async def test_returning_tells_an_insert_from_a_clash(db: Database) -> None:
    claim = (
        "INSERT INTO attempts (subject, window_start, count) VALUES ('one', 0, 1)"
        " ON CONFLICT (subject) DO NOTHING RETURNING subject"
    )
    async with db.begin() as tx:
        first, second = await tx.one(claim), await tx.one(claim)

    assert (first, second) == (("one",), None)


async def test_values_come_back_as_they_went_in(db: Database) -> None:
    text = "Ünïcode, a \N{PILE OF POO}, a 'quote', 100 % and a\nline"
    number = 2**62
    blob = bytes(range(256))
    async with db.begin() as tx:
        await tx.run(
            "INSERT INTO accounts (uuid, email, first_name, last_name, created_at, updated_at)"
            " VALUES ('u', 'e', :text, '', :number, 0)",
            text=text,
            number=number,
        )
        account = await tx.one("SELECT id, first_name, created_at, password_hash FROM accounts")
        assert account is not None
        await tx.run(
            "INSERT INTO signin_codes (account_id, hash, created_at, expires_at) VALUES (:id, :blob, 0, 0)",
            id=account[0],
            blob=blob,
        )
        stored = await tx.one("SELECT hash FROM signin_codes")

    assert account[1:] == (text, number, None)
    assert stored is not None
    assert bytes(stored[0]) == blob


async def test_a_cancelled_body_leaves_nothing_and_holds_nobody_up(db: Database) -> None:
    inside = asyncio.Event()

    async def body() -> None:
        async with db.begin() as tx:
            await write(tx, "cancelled")
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(body())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        await write_alone(db, "next")

    assert await names(db) == ["next"]


async def test_cancelling_who_waits_for_a_turn_does_not_lose_the_turn(db: Database) -> None:
    """Every connection (or the one writer) is busy; some of those who wait go away; the rest are all served."""
    held, release = asyncio.Event(), asyncio.Event()

    async def hold(number: int) -> None:
        async with db.begin() as tx:
            await write(tx, f"holder {number}")
            held.set()
            await release.wait()

    holders = [asyncio.create_task(hold(number)) for number in range(8)]  # as many as the pool has connections
    await held.wait()
    waiting = [asyncio.create_task(write_alone(db, f"waiter {number}")) for number in range(10)]
    await asyncio.sleep(0.05)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.sleep(0)
    release.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*holders)

    assert [type(result) for result in results] == [asyncio.CancelledError, type(None)] * 5
    expected = [f"holder {number}" for number in range(8)] + [f"waiter {number}" for number in range(1, 10, 2)]
    assert await names(db) == expected


async def test_a_database_answers_ping(db: Database) -> None:
    await db.ping()


async def test_a_task_that_is_made_inside_a_transaction_stands_outside_it(db: Database) -> None:
    """It inherits the context, and may outlive the transaction: then it would write into somebody else's."""
    async with db.begin() as tx:
        await write(tx, "inside")
        seen = await asyncio.create_task(names(db))
        later = asyncio.create_task(write_alone(db, "later"))
    await later

    assert seen == []
    assert sorted(await names(db)) == ["inside", "later"]
