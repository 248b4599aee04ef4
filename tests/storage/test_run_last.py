"""Statements that are put off to the end of a transaction: as durable as the rest, and as little there if it fails."""

import asyncio

import pytest

from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.contacts import Contacts
from ravi.server.db import Database, DatabaseUnavailable, Transaction
from ravi.server.events import Events
from ravi.server.identities import Identities
from ravi.server.mail import Mail
from tests.storage.conftest import DOMAIN, MakeIdentity
from tests.support.clock import Clock
from tests.support.mail import raw_message, receive
from tests.support.rows import Mishap, names, write, write_alone

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


async def write_last(tx: Transaction, name: str, *, beside: str) -> None:
    """Write one row called *name* at the end, if there is one called *beside* then."""
    await tx.run_last(
        "INSERT INTO attempts (subject, window_start, count) SELECT :name, 0, 1"
        " WHERE EXISTS (SELECT 1 FROM attempts WHERE subject = :beside)",
        name=name,
        beside=beside,
    )


async def write_both(db: Database, name: str) -> None:
    async with db.begin() as tx:
        await write_last(tx, f"{name}, last", beside=name)
        await write(tx, name)


@only_sqlite
async def test_what_comes_last_sees_what_was_written_after_it_was_asked_for(db: Database) -> None:
    await write_both(db, "a")
    assert await names(db) == ["a", "a, last"]


async def test_what_comes_last_is_there_when_the_transaction_has_ended(db: Database) -> None:
    async def body(name: str) -> None:
        async with db.begin() as tx:
            await write(tx, name)
            await write_last(tx, f"{name}, last", beside=name)

    await asyncio.gather(*(body(f"{number:02}") for number in range(50)))
    assert len(await names(db)) == 100


async def test_of_a_body_that_fails_nothing_comes_last(db: Database) -> None:
    async def fail() -> None:
        async with db.begin() as tx:
            await write_last(tx, "failed, last", beside="outer")
            raise Mishap

    async with db.begin() as tx:
        await write(tx, "outer")
        with pytest.raises(Mishap):
            await fail()
        async with db.begin() as inner:
            await write_last(inner, "other, last", beside="outer")
    await asyncio.gather(fail(), write_alone(db, "neighbour"), return_exceptions=True)
    assert await names(db) == ["neighbour", "other, last", "outer"]


@only_sqlite
async def test_if_what_comes_last_fails_everybody_in_the_commit_hears_of_it(db: Database) -> None:
    await write_alone(db, "before")

    async def body() -> None:
        async with db.begin() as tx:
            await tx.run_last("INSERT INTO attempts (subject, window_start, count) VALUES ('before', 0, 1)")

    results = await asyncio.gather(body(), write_alone(db, "neighbour"), return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseUnavailable, DatabaseUnavailable]
    assert await names(db) == ["before"]
    await write_alone(db, "after")
    assert await names(db) == ["after", "before"]


@only_sqlite
async def test_a_message_that_is_erased_before_it_was_ever_durable_leaves_no_words(
    db: Database, auth: Auth, identities: Identities, events: Events, clock: Clock, account: Account, make: MakeIdentity
) -> None:
    mail = Mail(db, identities, events, Contacts(db, auth, identities, events.audit, clock), clock)
    identity = await make("reader")
    commits = 0

    def count() -> bool:
        nonlocal commits
        commits += 1
        return False

    async def purge() -> None:
        async with db.begin() as tx:
            assert await mail.purge(tx, account.id, identity.id)

    # As long as nobody waits for the disk, both bodies run before the commit does.
    db._writer.set_commit_hook(count)
    await asyncio.gather(receive(mail, [f"reader@{DOMAIN}"], raw_message()), purge())
    db._writer.set_commit_hook(None)

    assert commits == 1
    assert await db.one("SELECT (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM message_search)") == (0, 0)
