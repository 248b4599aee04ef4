"""The world of contract tests, with a carrier that costs money: the double of Twilio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.support.twilio_double import ACCOUNT, TOKEN, TwilioDouble, twilio_double
from tests.support.twilio_signing import Signed
from tests.support.world import Actor, World, world_on

WEBHOOKS = "/api/phone/carriers/twilio/"
URL = f"http://ravi.test{WEBHOOKS}"


@dataclass
class Carried:
    """`agent` acts as `mine`, which has a `number` of the provider's."""

    world: World
    provider: TwilioDouble
    agent: Actor
    mine: dict[str, Any]

    @property
    def number(self) -> str:
        return str(self.mine["phone"])

    async def send(self, body: str, *, to: str = "+12025550143") -> dict[str, Any]:
        """Have the agent send a text; return it as it was accepted."""
        answer = await self.agent.post("/api/messages/send/", {"to_number": to, "body": body})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def state(self, sent: dict[str, Any], *wanted: str) -> dict[str, Any]:
        """Return the text as soon as it is in one of the states that are *wanted*."""

        async def look() -> dict[str, Any]:
            return dict((await self.agent.get(f"/api/messages/{sent['id']}/")).json())

        return await until(look, lambda text: text["state"] in wanted)

    async def failed_once(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return the text as soon as an attempt to send it was written down that was in vain."""

        async def look() -> dict[str, Any]:
            return dict((await self.agent.get(f"/api/messages/{sent['id']}/")).json())

        return await until(look, lambda text: text["error"] != "")

    async def deliver(self, webhook: Signed) -> httpx2.Response:
        """Post a webhook to the app."""
        path = f"{WEBHOOKS}?{webhook.query}" if webhook.query else WEBHOOKS
        return await self.world.client.post(path, content=webhook.body, headers=webhook.headers)

    async def texts(self) -> list[dict[str, Any]]:
        """All texts of the account, oldest first."""
        return list(reversed((await self.world.ada.get("/api/messages/")).json()))


async def until(look: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """Look until what is seen is good; fails after ten seconds."""
    found = None
    for _ in range(500):
        found = await look()
        if good(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"it stays like this: {found}")


@asynccontextmanager
async def carried_on(database_url: str, **settings: str) -> AsyncIterator[Carried]:
    """Start the provider and the world, and give the identity `mine` a number."""
    async with twilio_double() as provider:
        url = provider.url.replace("http://", f"twilio+http://{ACCOUNT}:{TOKEN}@") + "#twilio"
        async with world_on(database_url, carrier=url, **settings) as world:
            provider.now = world.clock
            answer = await world.ada.post(f"/api/identities/{world.mine['uuid']}/provision-phone/")
            assert answer.status_code == 200, answer.text
            yield Carried(world, provider, world.agent, answer.json())
