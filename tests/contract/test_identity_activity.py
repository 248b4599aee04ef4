"""What the owner of a fleet sees at a glance: unread, last seen, waiting for what. On both engines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ravi.server.waiting.presence import SILENT
from tests.support.mail import receive
from tests.support.world import Actor, World, world_on

ACTIVITY = "/api/identities/activity/"


async def of_mine(world: World, by: Actor | None = None) -> dict[str, Any]:
    rows = (await (by or world.ada).get(f"{ACTIVITY}?name=mine")).json()
    assert [row["identity"]["uuid"] for row in rows] == [world.mine["uuid"]]
    return rows[0]


@asynccontextmanager
async def waiting(world: World, **wish: Any) -> AsyncIterator[None]:
    """Somebody who waits as `mine` for the length of the block, which has been written down."""
    asking = asyncio.create_task(world.agent.post("/api/wait/", {"want": "otp", "seconds": 20, **wish}))
    try:
        async with asyncio.timeout(10):
            while not len(world.services.waiting):
                await asyncio.sleep(0.01)
        await world.services.waiting.presence.write_down()
        yield
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_it_lists_what_the_filters_of_the_list_find(world: World) -> None:
    rows = (await world.ada.get(ACTIVITY)).json()
    assert [row["identity"]["name"] for row in rows] == ["mine", "sibling"]
    shown = (await world.ada.get(f"/api/identities/{world.mine['uuid']}/")).json()
    assert rows[0]["identity"] == shown
    await world.ada.post("/api/identities/", {"name": "x", "labels": {"fleet": "f"}})
    found = (await world.ada.get(f"{ACTIVITY}?label=fleet%3Df")).json()
    assert [row["identity"]["name"] for row in found] == ["x"]
    assert (await world.ada.get(f"{ACTIVITY}?label=x")).status_code == 422


async def test_unread_mail_and_texts_are_counted_for_each(world: World) -> None:
    assert (await of_mine(world))["unread_mail"] == 0
    for _ in range(3):
        await receive(world.services.mail, world.mine["email"])
    row = await of_mine(world)
    assert (row["unread_mail"], row["unread_sms"]) == (3, 0)
    (first, *_) = (await world.agent.get("/api/email-messages/")).json()
    await world.agent.send("PATCH", f"/api/email-messages/{first['id']}/", {"is_read": True})
    assert (await of_mine(world))["unread_mail"] == 2
    rows = (await world.ada.get(f"{ACTIVITY}?name=sibling")).json()
    assert rows[0]["unread_mail"] == 0


async def test_whoever_has_used_its_key_was_seen(world: World) -> None:
    assert (await of_mine(world))["last_seen_dt"] is None
    await world.agent.get("/api/email/")
    await world.services.auth.flush_last_used()
    assert (await of_mine(world))["last_seen_dt"] == "2026-03-01T12:00:00Z"


async def test_who_waits_is_shown_with_what_for_and_since_when(world: World) -> None:
    assert (await of_mine(world))["waiting"] == []
    async with waiting(world, sender="github.com", medium="mail"):
        assert (await of_mine(world))["waiting"] == [
            {"want": "otp", "medium": "mail", "sender": "github.com", "since_dt": "2026-03-01T12:00:00Z"}
        ]
        rows = (await world.ada.get(f"{ACTIVITY}?name=sibling")).json()
        assert rows[0]["waiting"] == []
    world.clock.advance(seconds=4)
    await world.services.waiting.presence.write_down()
    assert (await of_mine(world))["waiting"] == []


async def test_who_asks_anew_has_been_waiting_all_along(world: World) -> None:
    async with waiting(world, seconds=1):
        async with asyncio.timeout(10):
            while len(world.services.waiting):
                await asyncio.sleep(0.05)
        world.clock.advance(seconds=2)
        async with waiting(world):
            (row,) = (await of_mine(world))["waiting"]
            assert row["since_dt"] == "2026-03-01T12:00:00Z"
            assert row["medium"] == "any"


async def test_of_two_who_wait_for_the_same_the_other_is_still_shown(world: World) -> None:
    async with waiting(world):
        async with waiting(world), asyncio.timeout(10):
            while len(world.services.waiting) < 2:
                await asyncio.sleep(0.01)
            assert len((await of_mine(world))["waiting"]) == 1
        world.clock.advance(seconds=4)
        await world.services.waiting.presence.write_down()
        assert len((await of_mine(world))["waiting"]) == 1


async def test_a_wait_that_changes_nothing_writes_nothing(world: World) -> None:
    async with waiting(world):
        assert await world.services.waiting.presence.write_down() == 0


async def test_what_a_dead_replica_wrote_is_not_shown_and_goes(world: World) -> None:
    presence = world.services.waiting.presence
    async with waiting(world):
        world.clock.advance(seconds=SILENT.total_seconds() + 1)
        assert (await of_mine(world))["waiting"] == []
        assert await presence.forget_silent() == 1
    row = await world.services.db.one("SELECT COUNT(*) FROM waits")
    assert row == (0,)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_another_replica_sees_it_too(database_url: str) -> None:
    async with world_on(database_url) as world, world_on_again(database_url) as other, waiting(world):
        standings = await other.services.activity.list_(
            world.account.id, identity_id=None, name="mine", prefix=None, labels={}
        )
        assert [wait.want for wait in standings[0].waits] == ["otp"]


@asynccontextmanager
async def world_on_again(database_url: str) -> AsyncIterator[Any]:
    """A second replica on the same database."""
    from ravi.server.app import App
    from ravi.settings.server import resolve
    from tests.support.clock import Clock

    app = App(
        resolve({"data": ".", "database": database_url, "log_level": "error"}, {}),
        public_url="http://ravi.test",
        now=Clock(),
    )
    async with app.running():
        yield app


async def test_an_identity_sees_itself_and_nobody_else(world: World) -> None:
    rows = (await world.agent.get(ACTIVITY)).json()
    assert [row["identity"]["uuid"] for row in rows] == [world.mine["uuid"]]
    assert (await world.agent.get(f"{ACTIVITY}?name=sibling")).json() == []
    assert (await world.nobody.get(ACTIVITY)).status_code == 401
