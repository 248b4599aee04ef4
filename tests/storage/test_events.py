"""The event log on both engines: written with what caused it, read past a cursor, by whom it concerns."""

import asyncio

import pytest

from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.db import Database
from ravi.server.events import Events, Wakeup
from ravi.server.identities import Identities
from ravi.server.identities.records import NewIdentity
from ravi.wire import event_types
from tests.storage.conftest import MakeIdentity
from tests.support.clock import Clock
from tests.support.rows import Mishap


async def record(db: Database, events: Events, account: Account, *names: str, identity=None) -> None:
    for name in names:
        async with db.begin() as tx:
            await events.record(tx, account.id, name, identity, {"name": name})


@pytest.fixture(autouse=True)
async def identities_to_speak_of(db: Database, account: Account) -> None:
    """Rows that events can refer to."""
    async with db.begin() as tx:
        for number in (1001, 1002, 1007):
            await tx.run(
                "INSERT INTO identities (id, uuid, account_id, name, status, labels, created_at, updated_at)"
                " VALUES (:id, :uuid, :account, 'x', 'active', '{}', 0, 0)",
                id=number,
                uuid=f"uuid-{number}",
                account=account.id,
            )


async def types(events: Events, account: Account, identity_id: int | None = None, **more: object) -> list[str]:
    found = await events.list_after(account.id, identity_id, types=more.pop("types", []), **more)
    return [event.type for event in found]


async def test_an_event_comes_back_as_it_was_recorded(
    db: Database, events: Events, account: Account, clock: Clock
) -> None:
    data = {"name": "Zoë", "nested": {"n": 1, "none": None}, "list": [1.5, True]}
    async with db.begin() as tx:
        await events.record(tx, account.id, "a.happened", (1007, "identity-uuid"), data)

    (event,) = await events.list_after(account.id, None, types=[])
    assert (event.type, event.identity_uuid, event.data, event.created_at) == (
        "a.happened",
        "identity-uuid",
        data,
        clock(),
    )


async def test_an_event_goes_down_with_its_transaction(db: Database, events: Events, account: Account) -> None:
    async def record_and_fail() -> None:
        async with db.begin() as tx:
            await events.record(tx, account.id, "a.happened", None, {})
            raise Mishap

    with pytest.raises(Mishap):
        await record_and_fail()

    assert await types(events, account) == []


async def test_events_are_listed_after_a_cursor_oldest_first(db: Database, events: Events, account: Account) -> None:
    await record(db, events, account, "a.1", "a.2", "a.3", "a.4")
    first, second, third, _ = await events.list_after(account.id, None, types=[])

    assert first.seq < second.seq < third.seq
    assert await types(events, account, since=second.seq) == ["a.3", "a.4"]
    assert await types(events, account, since=first.seq, limit=1) == ["a.2"]
    assert await types(events, account, since=2**62) == []


async def test_events_are_of_their_account_and_identity(
    db: Database, events: Events, account: Account, stranger: Account
) -> None:
    await record(db, events, account, "a.mine")
    await record(db, events, account, "a.one", identity=(1001, "one"))
    await record(db, events, account, "a.two", identity=(1002, "two"))
    await record(db, events, stranger, "a.theirs", identity=(1001, "one"))

    assert await types(events, account) == ["a.mine", "a.one", "a.two"]
    assert await types(events, account, 1001) == ["a.one"]
    assert await types(events, stranger) == ["a.theirs"]
    assert await types(events, stranger, 1002) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["a.1"], ["a.1"]),
        (["a.1", "b_2"], ["a.1", "b_2"]),
        (["a"], []),
        (["A.1"], []),
        (["%"], []),
        (["bx2"], []),
        (["a.1,b_2"], []),
        ([], ["a.1", "b_2", "c.3"]),
    ],
)
async def test_types_are_compared_whole_and_literally(
    db: Database, events: Events, account: Account, wanted: list[str], found: list[str]
) -> None:
    await record(db, events, account, "a.1", "b_2", "c.3")

    assert await types(events, account, types=wanted) == found


async def test_purging_erases_one_identity_s_events_of_one_account(
    db: Database, events: Events, account: Account, stranger: Account
) -> None:
    await record(db, events, account, "a.account")
    await record(db, events, account, "a.one", "a.two", identity=(1001, "one"))
    await record(db, events, stranger, "a.theirs", identity=(1001, "one"))
    async with db.begin() as tx:
        assert await events.count(tx, account.id, 1001) == 2
        assert await events.purge(tx, account.id, 1001)
        assert not await events.purge(tx, account.id, 1001)

    assert await types(events, account) == ["a.account"]
    assert await types(events, stranger) == ["a.theirs"]


async def test_a_bell_rings_for_its_own_account_and_remembers_an_early_ring(
    db: Database, events: Events, account: Account, stranger: Account
) -> None:
    wakeup = Wakeup(db)
    with wakeup.listening(f"events:{account.id}") as mine, wakeup.listening(f"events:{stranger.id}") as theirs:
        rang = False
        for _ in range(50):  # PostgreSQL's listening connection may still be on its way
            await record(db, events, account, "a.happened")
            if rang := await mine.ring_within(0.2):
                break

        assert rang
        assert not await theirs.ring_within(0.05)


async def test_the_life_of_an_identity_is_told_in_order(
    identities: Identities, make: MakeIdentity, account: Account, events: Events, auth: Auth
) -> None:
    identity = await make("a", phone=False)
    await identities.update(account.id, identity.uuid, name="b")
    await identities.add_number(account.id, identity.uuid)
    await identities.switch(account.id, identity.uuid, "disabled")
    await identities.switch(account.id, identity.uuid, "disabled")  # was so already: no event
    await identities.switch(account.id, identity.uuid, "active")

    assert await types(events, account, identity.id) == [
        event_types.IDENTITY_CREATED,
        event_types.IDENTITY_UPDATED,
        event_types.IDENTITY_PHONE_ADDED,
        event_types.IDENTITY_DISABLED,
        event_types.IDENTITY_ENABLED,
    ]
    await identities.delete(account.id, identity.uuid)
    (last,) = await events.list_after(account.id, None, types=[])
    assert (last.type, last.data["uuid"]) == (event_types.IDENTITY_DELETED, identity.uuid)


async def test_a_cursor_that_follows_parallel_creates_sees_each_once(
    identities: Identities, account: Account, events: Events
) -> None:
    async def create() -> str:
        identity, _ = await identities.create(account.id, NewIdentity(name="agent"))
        return identity.uuid

    creating = [asyncio.create_task(create()) for _ in range(40)]
    seen: list[str] = []
    cursor = 0
    last_look = False
    while not last_look:
        last_look = all(task.done() for task in creating)
        for event in await events.list_after(account.id, None, since=cursor, types=[]):
            cursor = event.seq
            seen.append(event.data["uuid"])
        await asyncio.sleep(0.001)

    assert len(seen) == 40
    assert set(seen) == {await task for task in creating}
