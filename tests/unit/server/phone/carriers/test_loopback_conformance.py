"""The built-in carrier passes what every carrier must. Its provider is this server."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from ravi.server.phone.carriers.contract import Happening, Later, Received, Webhook, WebhookRefused
from ravi.server.phone.carriers.loopback import TOLERANCE, Loopback, open_carrier, sign
from ravi.settings.server_carriers import carrier_url
from tests.unit.server.phone.conformance import WebhookConformance, text
from tests.unit.server.phone.worlds import OUTSIDE, WEBHOOK_URL, Trouble, WebhookWorld


class LoopbackWorld(WebhookWorld):
    number = "+12015550100"
    secrets = ("KKKKKKKK",)
    signature = "x-ravi-simulation"

    def __init__(self) -> None:
        super().__init__()
        self.refuses = False
        self.taken: dict[str, str] = {}

    def open(self) -> Loopback:
        return open_carrier(carrier_url("loopback:"), self.here)

    async def tell(self, happening: Happening) -> bool:
        assert isinstance(happening, Received)
        if not self.refuses:
            self.taken.setdefault(happening.key, happening.body)
        return not self.refuses

    async def suffer(self, trouble: Trouble | None) -> None:
        self.refuses = trouble == "refused"

    async def accepted(self) -> list[str]:
        return list(self.taken.values())

    def content(self) -> dict[str, Any]:
        return {"to": self.number, "from": OUTSIDE, "body": "Hello", "id": str(uuid.uuid4())}

    def signed(self, content: object, *, key: bytes | None = None, late: int = 0) -> Webhook:
        body = json.dumps(content).encode()
        at = int(self.here.now().timestamp()) - late
        return Webhook(WEBHOOK_URL, "", {self.signature: sign(key or self.here.key, at, body)}, body)

    def deliveries(self, sender: str, body: str) -> Sequence[Webhook]:
        return [self.signed({**self.content(), "from": sender, "body": body})]

    def forgeries(self) -> dict[str, Webhook]:
        good = self.content()
        return {
            "another key": self.signed(good, key=b"k" * 32),
            "an old one": self.signed(good, late=TOLERANCE + 5),
            "one of tomorrow": self.signed(good, late=-TOLERANCE - 5),
        }


class TestLoopback(WebhookConformance):
    troubles = ("refused",)

    @pytest.fixture
    async def world(self) -> LoopbackWorld:
        return LoopbackWorld()

    @pytest.mark.parametrize("time", ["0" * 5000 + "1", "00{now}" + "0" * 5000, "-1", "+1", " 1", "\u0661", "1.5", ""])
    async def test_a_time_that_is_none_is_refused_and_not_read(self, world: LoopbackWorld, time: str) -> None:
        said = time.format(now=int(world.here.now().timestamp()))
        with pytest.raises(WebhookRefused):
            await world.open().read(Webhook(WEBHOOK_URL, "", {world.signature: f"{said},{'0' * 64}"}, b"{}"))

    async def test_before_the_server_has_started_texts_wait(self, world: LoopbackWorld) -> None:
        with pytest.raises(Later) as later:
            await world.open().send(text(world))
        assert not later.value.maybe_sent

    @pytest.mark.parametrize(
        "content",
        [[], "text", 5, None, {}, {"to": "+12015550100"}]
        + [{"to": "a", "from": "b", "body": "c", "id": "d", name: 5} for name in ("to", "from", "body", "id")],
    )
    async def test_what_is_signed_and_no_text_is_refused(self, world: LoopbackWorld, content: object) -> None:
        with pytest.raises(WebhookRefused, match="not a simulated text"):
            await world.open().read(world.signed(content))
