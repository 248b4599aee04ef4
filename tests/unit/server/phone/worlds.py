"""The providers of carriers, as the conformance suite plays them; and what can be done to a webhook on its way."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from ravi.server.phone.carriers.contract import Carrier, Happening, Reading, Received, Surroundings, Webhook

#: The provider answers: "refused" never, "busy" not now, "broken" an error of its own. The way there: `wire.Fault`.
Trouble = Literal["refused", "busy", "broken", "gone", "silent", "dropped"]
EVERY_TROUBLE: tuple[Trouble, ...] = ("refused", "busy", "broken", "gone", "silent", "dropped")
#: Somebody in the world.
OUTSIDE = "+12025550143"
WEBHOOK_URL = "https://ravi.example.org/api/phone/carriers/conforming/"


class World(ABC):
    """The provider of one carrier, as tests play it. `number` is one of ours that it knows; `secrets`, of the URL."""

    number: str
    secrets: tuple[str, ...]

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.told: list[Happening] = []

    @property
    def here(self) -> Surroundings:
        return Surroundings(WEBHOOK_URL, b"K" * 32, lambda: datetime.now(UTC) + self.ahead)

    async def tell(self, happening: Happening) -> bool:
        """What the core would do with what a carrier tells."""
        self.told.append(happening)
        return True

    @abstractmethod
    def open(self) -> Carrier:
        """Make the carrier, with time limits that a test can wait for."""

    async def ready(self) -> None:
        """Return when the carrier, whose `run` has begun, can send."""
        await asyncio.sleep(0.01)

    @abstractmethod
    async def suffer(self, trouble: Trouble | None) -> None:
        """From now on have that trouble and no other; with None return when all is well again."""

    @abstractmethod
    async def accepted(self) -> list[str]:
        """Return the bodies of the texts that the provider has taken, and will send."""

    @abstractmethod
    async def receive(self, carrier: Carrier, sender: str, body: str) -> list[Received]:
        """Let a new text come in for `number`; return what the carrier makes of all its deliveries."""


class WebhookWorld(World):
    """One whose provider posts webhooks. `signature` is the header that proves them."""

    signature: str

    @abstractmethod
    def deliveries(self, sender: str, body: str) -> Sequence[Webhook]:
        """Return the webhooks by which a new text comes in; some providers send more than one."""

    @abstractmethod
    def signed(self, content: object) -> Webhook:
        """Return a webhook that is the provider's, whatever JSON it says."""

    @abstractmethod
    def content(self) -> dict[str, Any]:
        """Return the JSON of a good text, for `signed`."""

    @abstractmethod
    def forgeries(self) -> dict[str, Webhook]:
        """Return webhooks that somebody else could have made: another key, another account, an old one."""

    def report(self, ref: str, progress: str) -> Webhook | None:
        """Return the webhook which says what became of a text; None if there are none such."""
        return None

    async def receive(self, carrier: Carrier, sender: str, body: str) -> list[Received]:
        readings = [await carrier.read(webhook) for webhook in self.deliveries(sender, body)]
        return [each for reading in readings for each in reading.happenings if isinstance(each, Received)]


def tampered(genuine: Webhook, signature: str, of_another: str) -> Iterator[Webhook]:
    """Every way to change a webhook that whoever stands between could try."""
    body, proof = genuine.body, genuine.headers[signature]
    without = {name: value for name, value in genuine.headers.items() if name != signature}
    swapped = proof[:-3] + ("A" if proof[-3] != "A" else "B") + proof[-2:]
    for other in ("", swapped, proof[:-1], f"{proof}, {proof}", of_another, proof * 9, "\u0660" * len(proof)):
        yield replace(genuine, headers={**without, signature: other})
    yield replace(genuine, headers=without)
    for at in range(0, len(body), max(1, len(body) // 16)):
        yield replace(genuine, body=body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
    for changed in (body[:-1], body[: len(body) // 2], b"", body + b"x", body + b"&To=%2B12025550199", body * 2):
        yield replace(genuine, body=changed)


#: What JSON can say and the next step may not bear: a number no float can hold, half a character, and NUL.
_ODD = [10**400, "\ud800", "\0", "", -1, 1.5, True, None, [], {}, "9" * 5000]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def damaged(content: dict[str, Any], data: st.DataObject) -> object:
    """Return *content* with one value replaced, or left out, at any depth; or something else altogether."""
    if not data.draw(st.integers(0, 7)):
        return data.draw(_JSON)
    name = data.draw(st.sampled_from(sorted(content)))
    if isinstance(content[name], dict) and content[name] and data.draw(st.booleans()):
        return {**content, name: damaged(content[name], data)}
    kept = {key: value for key, value in content.items() if key != name}
    return kept if data.draw(st.booleans()) else {**kept, name: data.draw(_JSON)}


def with_each_field_odd(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield *content* with each value of it, at any depth, left out and replaced by each odd one."""
    for name, value in content.items():
        yield {key: kept for key, kept in content.items() if key != name}
        for odd in _ODD:
            yield {**content, name: odd}
        if isinstance(value, dict):
            for inner in with_each_field_odd(value):
                yield {**content, name: inner}


async def nobody(number: str) -> bool:
    return False


def is_ours(task: asyncio.Task[Any]) -> bool:
    coroutine: Any = task.get_coro()
    return "/ravi/server/" in coroutine.cr_code.co_filename


def texts_of(reading: Reading) -> list[Received]:
    return [each for each in reading.happenings if isinstance(each, Received)]
