"""The `android` carrier passes what every carrier must, against a double of the app on a real port."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ravi.server.phone.carriers.android import Android
from ravi.server.phone.carriers.android.app import App
from ravi.server.phone.carriers.android.setup import setup_of
from ravi.server.phone.carriers.contract import Webhook
from ravi.settings.server_carriers import carrier_url
from tests.support.android_double import KEY, PASSWORD, AndroidDouble
from tests.support.wire import Wire
from tests.unit.server.phone.conformance import WebhookConformance
from tests.unit.server.phone.worlds import EVERY_TROUBLE, OUTSIDE, WEBHOOK_URL, Trouble, WebhookWorld

ANSWERS = {"refused": 400, "busy": 503, "broken": 500}


class AndroidWorld(WebhookWorld):
    number = "+4915112345678"
    signature = "x-signature"
    secrets = (PASSWORD, KEY)

    def __init__(self, key_file: Path) -> None:
        super().__init__()
        key_file.write_text(KEY)
        self.key_file = key_file
        self.phone = AndroidDouble()
        self.wire = Wire()
        self.texts = 0

    def open(self) -> Android:
        sims = (self.number, "+4915187654321")
        there = self.phone.url(self.key_file, *sims).replace(f":{self.phone.port}/", f":{self.wire.port}/")
        setup = setup_of(carrier_url(there))
        return Android("android", setup, self.here, App(setup, seconds=0.6))

    async def suffer(self, trouble: Trouble | None) -> None:
        self.phone.trouble = None
        match trouble:
            case "refused" | "busy" | "broken":
                self.phone.trouble = (ANSWERS[trouble], {"message": "no"}, {})
                await self.wire.suffer(None)
            case _:
                await self.wire.suffer(trouble)

    async def accepted(self) -> list[str]:
        return [message["asked"]["textMessage"]["text"] for message in self.phone.messages.values()]

    def payload(self, sender: str, body: str) -> dict[str, Any]:
        self.texts += 1
        at = (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.texts)).isoformat()
        return {"messageId": "c0ffee00", "message": body, "phoneNumber": sender, "simNumber": 1, "receivedAt": at}

    def sealed(self, body: bytes, *, key: str = KEY, late: float = 0) -> Webhook:
        at = self.here.now().timestamp() - late
        return Webhook(WEBHOOK_URL, "", self.phone.signed(body, at=at, key=key), body)

    def deliveries(self, sender: str, body: str) -> Sequence[Webhook]:
        payload = self.payload(sender, body)
        return [self.sealed(self.phone.envelope("sms:received", payload)) for _ in range(2)]

    def signed(self, content: object) -> Webhook:
        return self.sealed(json.dumps(content).encode())

    def content(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.phone.envelope("sms:received", self.payload(OUTSIDE, "Hello")))
        return document

    def forgeries(self) -> dict[str, Webhook]:
        good = self.phone.envelope("sms:received", self.payload(OUTSIDE, "Hello"))
        return {
            "another key": self.sealed(good, key="another"),
            "no key": self.sealed(good, key=""),
            "an old one": self.sealed(good, late=600),
            "one of tomorrow": self.sealed(good, late=-600),
        }

    def report(self, ref: str, progress: str) -> Webhook:
        said = {"messageId": ref, "phoneNumber": OUTSIDE, "simNumber": 1}
        return self.sealed(self.phone.envelope(f"sms:{progress}", said))


class TestAndroid(WebhookConformance):
    troubles = EVERY_TROUBLE

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[AndroidWorld]:
        world = AndroidWorld(tmp_path / "key")
        await world.wire.open(world.phone.port)
        yield world
        await world.wire.close()
        world.phone.close()
