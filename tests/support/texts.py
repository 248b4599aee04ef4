"""Texts in the world of contract tests: sent, simulated, and waited for until they are there."""

import asyncio
from typing import Any

from tests.support.world import Actor, World


async def text(sender: Actor, to: str, body: str, **headers: str) -> dict[str, Any]:
    """Send a text and return it as the answer says it."""
    answer = await sender.post("/api/messages/send/", {"to_number": to, "body": body}, **headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def inbox(reader: Actor, *, least: int = 1, **query: str) -> list[dict[str, Any]]:
    """Return the incoming texts, newest first, as soon as there are *least* of them."""
    for _ in range(200):
        wanted = "&".join(f"{name}={value}" for name, value in {"direction": "incoming", **query}.items())
        found = (await reader.get(f"/api/messages/?{wanted}")).json()
        if len(found) >= least:
            return list(found)
        await asyncio.sleep(0.02)
    raise AssertionError(f"{least} texts did not come: {found}")


async def simulate(world: World, body: str, *, sender: str = "22395", to: str = "mine") -> dict[str, Any]:
    number = getattr(world, to)["phone"]
    answer = await world.ada.post("/api/messages/simulate/", {"to": number, "from_number": sender, "body": body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
