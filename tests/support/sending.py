"""What tests of sending share: identities that write, and what they find in their inboxes."""

from typing import Any

from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Check, Envelope, Verdicts
from tests.support.world import Actor, World

COMPOSE = "/api/email-messages/compose/"
MESSAGES = "/api/email-messages/"


async def send(
    actor: Actor, to: str, *, path: str = COMPOSE, headers: dict[str, str] | None = None, **body: Any
) -> dict[str, Any]:
    """Send a message and return the answer; fails unless it is 201."""
    body = {"to_email": to, "subject": "Hello", "content": "Hi there.", **body}
    answer = await actor.post(path, body, **(headers or {}))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def inbox(actor: Actor) -> list[dict[str, Any]]:
    """Return what has come in, the newest first."""
    answer = await actor.get(f"{MESSAGES}?direction=incoming")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def raw(actor: Actor, message: dict[str, Any]) -> bytes:
    answer = await actor.get(f"{MESSAGES}{message['id']}/raw/")
    assert answer.status_code == 200, answer.text
    return answer.content


def agent(world: World, which: str = "sibling") -> Actor:
    """The identity with its own key."""
    return world.with_token(getattr(world, which)["api_key"])


async def events_of(actor: Actor, prefix: str) -> list[dict[str, Any]]:
    """Return the actor's events whose type begins with *prefix*, oldest first."""
    answer = await actor.get("/api/events/?limit=1000")
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json()["events"] if each["type"].startswith(prefix)]


async def receive(world: World, text: str, to: str, *, mail_from: str = "") -> int:
    """Take a message in from elsewhere, as the listener does; return for how many mailboxes."""
    nothing = Verdicts(spf=Check("none"), dkim=(), dmarc=Check("none"))
    mail, content = world.services.mail, text.encode()
    envelope = Envelope("192.0.2.1", "mx", mail_from, (await mail.resolve(to),), content, parse(content), nothing, True)
    return len(await mail.receive(envelope))
