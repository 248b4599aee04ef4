"""What webhooks are told: events of their own identity or account, and nothing of anybody else's."""

import asyncio
from typing import Any

from tests.contract.matrix.cast import ok
from tests.support.mail import raw_message, receive
from tests.support.receiver import receiving
from tests.support.world import World, world_on

HOOKS = "/api/webhook-subscriptions/"
#: Whose events go to whose webhook, by the path that it posts to.
TOLD = {
    "/mine": {"mine"},
    "/sibling": {"sibling"},
    "/foreign": {"foreign"},
    "/ada": {"mine", "sibling"},
    "/eve": {"foreign"},
}


async def test_each_webhook_is_told_of_its_own_alone(database_url: str) -> None:
    async with world_on(database_url, webhook_allow="127.0.0.1") as world, receiving() as receiver:
        base = receiver.url.removesuffix("/hook")
        agents = {name: world.with_token(identity["api_key"]) for name, identity in identities(world).items()}
        for name, actor in {**agents, "ada": world.ada, "eve": world.eve}.items():
            ok(await actor.post(HOOKS, {"url": f"{base}/{name}", "event_types": ["email.message.received"]}))
        for name, identity in identities(world).items():
            raw = raw_message(f"for {name}\n", subject=f"wordof{name}", sender=f"<friend@wordof{name}.example>")
            await receive(world.services.mail, identity["email"], raw)
        posts = await receiver.wait_for(6)
        # A test event goes to one webhook, and comes after everything that was told before it.
        for name, actor in agents.items():
            (hook,) = ok(await actor.get(HOOKS))
            ok(await actor.post(f"{HOOKS}{hook['uuid']}/test/"))
            assert hook["url"] == f"{base}/{name}"
        posts = await receiver.wait_for(9)
        await asyncio.sleep(0.1)
    told: dict[str, list[Any]] = {path: [] for path in TOLD}
    for post in posts:
        told[post.target].append(post)
    for path, whose in TOLD.items():
        received = [post for post in told[path] if post.json["type"] == "email.message.received"]
        expected = {identity["uuid"] for name, identity in identities(world).items() if name in whose}
        assert [len(received), {post.json["identity"] for post in received}] == [len(whose), expected], path
        for other in identities(world).keys() - whose:
            assert all(f"wordof{other}".encode() not in post.body for post in told[path]), path
    assert {path for path, rows in told.items() for post in rows if post.json["type"] == "webhook.test"} == {
        "/mine",
        "/sibling",
        "/foreign",
    }


def identities(world: World) -> dict[str, dict[str, Any]]:
    return {"mine": world.mine, "sibling": world.sibling, "foreign": world.foreign}
