"""The trial of every statement as somebody else: that it finds what it is there to find."""

import contextlib

import pytest

from tests.support.strangers import Strangers
from tests.support.world import World

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

UNFILTERED = [
    "SELECT name FROM identities WHERE id = :identity OR id > :account",
    "UPDATE identities SET name = name WHERE id = :identity OR account_id = :account",
    "UPDATE credentials SET label = label WHERE account_id > :account RETURNING id",
    "DELETE FROM identities WHERE account_id = :account OR id = :identity",
]
FILTERED = [
    "SELECT name FROM identities WHERE id = :identity AND account_id = :account",
    "SELECT count(*), max(id) FROM identities WHERE id = :identity AND account_id = :account",
    "UPDATE identities SET name = name WHERE id = :identity AND account_id = :account",
    "DELETE FROM identities WHERE id = :identity AND account_id = :account",
]


@pytest.mark.parametrize("sql", UNFILTERED)
async def test_a_statement_that_answers_somebody_else_is_found(world: World, strangers: Strangers, sql: str) -> None:
    await run(world, sql)

    assert strangers.welcome != []
    assert all(sql in found for found in strangers.welcome)
    strangers.welcome.clear()  # or this test would fail as every other


@pytest.mark.parametrize("sql", FILTERED)
async def test_one_that_answers_its_owner_alone_is_not(world: World, strangers: Strangers, sql: str) -> None:
    await run(world, sql)

    assert strangers.welcome == []


async def test_the_trial_leaves_nothing_behind(world: World, strangers: Strangers) -> None:
    db = world.services.db
    async with db.begin() as tx:
        await tx.run("UPDATE identities SET name = 'x' WHERE id = :identity OR name = 'mine'", identity=0)
        await tx.run("DELETE FROM identity_labels WHERE :account < 0", account=world.account.id)

    assert len(await db.all("SELECT 1 FROM identities WHERE name = 'x'")) == 1
    strangers.welcome.clear()


async def run(world: World, sql: str) -> None:
    db = world.services.db
    (own,) = await db.all("SELECT id FROM identities WHERE uuid = :uuid", uuid=world.mine["uuid"])
    params = {"account": world.account.id} | ({"identity": own[0]} if ":identity" in sql else {})
    with contextlib.suppress(Undo):
        async with db.begin() as tx:
            await tx.all(sql, **params)
            raise Undo


class Undo(Exception):
    """Rolls the transaction back."""
