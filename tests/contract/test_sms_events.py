"""Texts on the streams: replayed, streamed under the published name, and posted to webhooks."""

from collections.abc import AsyncIterator

import pytest

from tests.support.event_stream import streaming
from tests.support.receiver import receiving
from tests.support.texts import inbox, simulate, text
from tests.support.world import World, world_on

#: What listeners of the published SDK read.
PUBLISHED = {"message_id", "phone_id", "from_number", "to_number", "body"}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The world, on a server whose operator lets webhooks be posted to loopback."""
    async with world_on(database_url, webhook_allow="127.0.0.1") as it:
        yield it


async def test_a_text_that_comes_in_is_called_sms_on_the_stream_of_its_identity_alone(world: World) -> None:
    async with streaming(world.app, world.mine["api_key"]) as reader:
        await simulate(world, "for the sibling", to="sibling")
        made = await simulate(world, "482913 is your code")
        frame = await reader.event()
    assert (frame.event, frame.json["type"]) == ("sms", "sms.message.received")
    data = frame.json["data"]
    assert set(data) >= PUBLISHED
    assert (data["message_id"], data["from_number"], data["body"]) == (made["id"], "22395", "482913 is your code")
    assert data["conversation_id"] == made["conversation_id"]


async def test_both_sides_of_a_text_are_events_each_of_its_own_identity(world: World) -> None:
    sent = await text(world.agent, world.sibling["phone"], "hi")
    await inbox(world.with_token(world.sibling["api_key"]))
    async with streaming(world.app, world.mine["api_key"], "since=0&event_types=sms.message.sent") as reader:
        frame = await reader.event()
    assert set(frame.json["data"]) >= PUBLISHED
    assert (frame.event, frame.json["data"]["message_id"]) == ("sms", sent["id"])
    listed = (await world.agent.get("/api/events/?event_types=sms.message.received")).json()["events"]
    assert listed == [], "that is the sibling's"
    (received,) = (
        await world.with_token(world.sibling["api_key"]).get("/api/events/?event_types=sms.message.received")
    ).json()["events"]
    assert received["data"]["from_number"] == world.mine["phone"]


async def test_a_text_is_posted_to_the_webhooks_that_ask_for_texts(world: World) -> None:
    async with receiving() as receiver:
        hook = {"url": receiver.url, "event_types": ["sms.message.received"]}
        assert (await world.agent.post("/api/webhook-subscriptions/", hook)).status_code == 201
        await simulate(world, "for the sibling", to="sibling")
        await simulate(world, "482913 is your code")
        (post,) = await receiver.wait_for(1)
    assert post.json["type"] == "sms.message.received"
    assert post.json["data"]["body"] == "482913 is your code"
    assert post.headers["x-ravi-signature"].startswith("sha256=")
