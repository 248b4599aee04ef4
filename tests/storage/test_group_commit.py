"""Many writers at once: nobody is answered before their rows are durable, and nobody's failure is another's."""

import asyncio

import pytest

from ravi.server.db import Database, open_database
from tests.support.rows import Mishap, in_order, names, write, write_alone

WRITERS = 200


async def test_200_writers_are_all_durable_when_they_are_answered(db: Database, database_url: str) -> None:
    other = await open_database(database_url)
    missing: list[str] = []

    async def write_and_look(number: int) -> None:
        name = f"{number:03}"
        await write_alone(db, name)
        # Through another connection: what it sees is committed.
        if await other.one("SELECT 1 FROM attempts WHERE subject = :name", name=name) is None:
            missing.append(name)

    try:
        await asyncio.gather(*(write_and_look(number) for number in range(WRITERS)))
        assert missing == []
        assert await names(other) == [f"{number:03}" for number in range(WRITERS)]
    finally:
        await other.close()


async def test_a_failing_body_takes_none_of_its_neighbours_with_it(db: Database) -> None:
    async def body(number: int) -> None:
        async with db.begin() as tx:
            await write(tx, f"{number:03}")
            if number % 7 == 0:
                raise Mishap

    results = await asyncio.gather(*(body(number) for number in range(WRITERS)), return_exceptions=True)

    assert [number for number, result in enumerate(results) if isinstance(result, Mishap)] == list(range(0, WRITERS, 7))
    assert await names(db) == [f"{number:03}" for number in range(WRITERS) if number % 7]


async def test_a_clash_inside_one_body_is_that_body_s_own(db: Database) -> None:
    """Of two that claim one name, one gets it; the rows of both bodies' neighbours stay."""

    async def claim(number: int) -> bool:
        async with db.begin() as tx:
            won = await tx.one(
                "INSERT INTO attempts (subject, window_start, count) VALUES ('prize', :n, 1)"
                " ON CONFLICT (subject) DO NOTHING RETURNING subject",
                n=number,
            )
            await write(tx, f"claimant {number:02}")
        return won is not None

    won = await asyncio.gather(*(claim(number) for number in range(50)))

    assert sum(won) == 1
    assert len(await names(db)) == 51


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_writers_are_served_in_the_order_in_which_they_came(db: Database) -> None:
    served = 0

    async def take_turn(number: int) -> None:
        nonlocal served
        async with db.begin() as tx:
            served += 1
            await write(tx, f"{number:03}", served)

    await asyncio.gather(*(take_turn(number) for number in range(WRITERS)))

    assert await in_order(db) == [f"{number:03}" for number in range(WRITERS)]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_waiting_share_a_commit(db: Database) -> None:
    """With a commit for each of them, a disk that syncs in 5 ms would allow 200 writers a second."""
    commits = 0

    def count() -> bool:
        nonlocal commits
        commits += 1
        return False

    db._writer.set_commit_hook(count)
    await asyncio.gather(*(write_alone(db, f"{number:03}") for number in range(WRITERS)))
    db._writer.set_commit_hook(None)

    assert len(await names(db)) == WRITERS
    assert commits <= 3


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_readers_go_on_while_a_body_is_open(db: Database) -> None:
    await write_alone(db, "before")
    inside, done = asyncio.Event(), asyncio.Event()

    async def slow_writer() -> None:
        async with db.begin() as tx:
            await write(tx, "after")
            inside.set()
            await done.wait()

    writer = asyncio.create_task(slow_writer())
    await inside.wait()
    async with asyncio.timeout(5):
        seen = await names(db)
    done.set()
    await writer

    assert seen == ["before"]
    assert await names(db) == ["after", "before"]
