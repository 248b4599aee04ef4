"""
Checks that another one stands in front of: each has to hold alone.

A request never gets to the second while the first is there, so the second is asked here.
"""

import uuid

import pytest

from ravi.server.auth.records import Account
from ravi.server.db import Database
from ravi.server.identities import storage as identities
from ravi.server.mail import uploads_storage as uploads
from tests.storage.conftest import MakeIdentity

NOW, END = 1_000, 2_000


@pytest.fixture
async def uploaded(db: Database, account: Account, make: MakeIdentity) -> tuple[int, int, str]:
    """A file that one identity has uploaded: its row id, a sibling's, and the file's uuid."""
    mine, sibling = await make("mine"), await make("sibling")
    name = str(uuid.uuid4())
    announced = uploads.Announced(account.id, mine.id, name, "note.txt", "text/plain", 1)
    async with db.begin() as tx:
        await uploads.insert(tx, announced, at=NOW, expires_at=END)
        assert await uploads.store(tx, account.id, name, b"x", expires_at=END)
    return mine.id, sibling.id, name


async def test_only_the_identity_whose_file_it_is_finds_it(
    db: Database, account: Account, uploaded: tuple[int, int, str]
) -> None:
    mine, sibling, name = uploaded

    assert await uploads.find_sizes(db, account.id, mine, [name], at=NOW) == {name: 1}
    assert await uploads.find(db, account.id, mine, name, at=NOW) is not None
    assert await uploads.find_sizes(db, account.id, sibling, [name], at=NOW) == {}
    assert await uploads.find(db, account.id, sibling, name, at=NOW) is None


async def test_a_file_is_gone_when_its_time_is_over_also_before_the_reaper_comes(
    db: Database, account: Account, uploaded: tuple[int, int, str]
) -> None:
    mine, _, name = uploaded

    assert await uploads.find_announced(db, name, at=END - 1) is not None
    assert await uploads.find_announced(db, name, at=END) is None
    assert await uploads.find_sizes(db, account.id, mine, [name], at=END) == {}
    assert await uploads.find(db, account.id, mine, name, at=END) is None


@pytest.mark.parametrize("over", ["disabled", "expired"])
async def test_a_name_is_not_one_of_an_identity_that_is_off_or_over(
    db: Database, account: Account, make: MakeIdentity, over: str
) -> None:
    there = await make("worker")
    change = "status = 'disabled'" if over == "disabled" else f"expires_at = {NOW}"
    async with db.begin() as tx:
        assert await identities.find_by_names(tx, account.id, ["worker"], at=NOW) == {"worker": there}
        await tx.run(f"UPDATE identities SET {change} WHERE account_id = :account", account=account.id)

    assert await identities.find_by_name(db, account.id, "worker", at=NOW) is None
    assert await identities.find_by_names(db, account.id, ["worker"], at=NOW) == {}
