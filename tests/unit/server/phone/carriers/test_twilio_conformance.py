"""The `twilio` carrier passes what every carrier must, against a double of the provider on a real port."""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from ravi.server.phone.carriers.contract import Webhook
from ravi.server.phone.carriers.twilio import Twilio
from ravi.server.phone.carriers.twilio.setup import setup_of
from ravi.settings.server_carriers import carrier_url
from tests.support.twilio_double import ACCOUNT, TOKEN, Fault, TwilioDouble, twilio_double
from tests.support.twilio_signing import Signed, signed_form, signed_json
from tests.support.wire import Wire
from tests.unit.server.phone.conformance import WebhookConformance
from tests.unit.server.phone.worlds import EVERY_TROUBLE, OUTSIDE, WEBHOOK_URL, Trouble, WebhookWorld

ANSWERS = {"refused": (400, 21610), "busy": (429, 20429), "broken": (503, 20503)}


class TwilioWorld(WebhookWorld):
    number = "+12015559999"
    signature = "x-twilio-signature"
    secrets = (TOKEN,)

    def __init__(self, double: TwilioDouble, wire: Wire) -> None:
        super().__init__()
        self.double, self.wire = double, wire
        double.own(self.number)

    def open(self) -> Twilio:
        url = f"twilio+http://{ACCOUNT}:{TOKEN}@127.0.0.1:{self.wire.port}"
        return Twilio("twilio", self.here, setup_of(carrier_url(url)), seconds=0.6)

    async def suffer(self, trouble: Trouble | None) -> None:
        self.double.faults.clear()
        match trouble:
            case "refused" | "busy" | "broken":
                methods = ("POST",) if trouble == "refused" else ("POST", "GET", "DELETE")
                self.double.faults += [Fault(method, "", *ANSWERS[trouble]) for method in methods for _ in range(20)]
                await self.wire.suffer(None)
            case _:
                await self.wire.suffer(trouble)

    async def accepted(self) -> list[str]:
        return [row["body"] for row in self.double.messages.values() if row["direction"] == "outbound-api"]

    def deliveries(self, sender: str, body: str) -> Sequence[Webhook]:
        return [as_it_arrives(self.double.arrival(WEBHOOK_URL, sender, self.number, body))]

    def signed(self, content: object) -> Webhook:
        return as_it_arrives(signed_json(TOKEN, WEBHOOK_URL, content))

    def content(self) -> dict[str, Any]:
        fields = {"From": OUTSIDE, "To": self.number, "Body": "Hello", "NumMedia": "0", "SmsStatus": "received"}
        return {"MessageSid": f"SM{uuid.uuid4().hex}", "AccountSid": ACCOUNT, **fields}

    def forgeries(self) -> dict[str, Webhook]:
        good = self.content()

        def form(token: str = TOKEN, url: str = WEBHOOK_URL, query: str = "", **fields: str) -> Webhook:
            return as_it_arrives(signed_form(token, url, list({**good, **fields}.items()), query))

        return {
            "another token": form("0" * 32),
            "no token": form(""),
            "another account": form(AccountSid="AC" + "9" * 32),
            "another carrier's URL": form(url=WEBHOOK_URL.replace("conforming", "other")),
            "another server's URL": form(url="https://elsewhere.example.org/"),
            "another query": Webhook(f"{WEBHOOK_URL}?b=2", "b=2", dict(form(query="a=1").headers), form().body),
        }

    def report(self, ref: str, progress: str) -> Webhook:
        return as_it_arrives(self.double.status_change(WEBHOOK_URL, ref, progress))


def as_it_arrives(signed: Signed) -> Webhook:
    url = f"{WEBHOOK_URL}?{signed.query}" if signed.query else WEBHOOK_URL
    return Webhook(url, signed.query, signed.headers, signed.body)


class TestTwilio(WebhookConformance):
    troubles = EVERY_TROUBLE

    @pytest.fixture
    async def world(self) -> AsyncIterator[TwilioWorld]:
        async with twilio_double() as double:
            wire = Wire()
            await wire.open(urlsplit(double.url).port or 0)
            yield TwilioWorld(double, wire)
            await wire.close()
