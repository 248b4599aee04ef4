"""The carrier of docs/how-to/add-a-carrier.md, taken from that page, passes what every carrier must."""

import hashlib
import hmac
import json
import sys
import types
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ravi.errors import ConfigInvalid
from ravi.server.phone.carriers import open_carriers
from ravi.server.phone.carriers.contract import Carrier, Webhook
from ravi.settings.server_carriers import carrier_url
from tests.support.docs_blocks import blocks_of
from tests.support.wire import Wire
from tests.unit.server.phone.conformance import WebhookConformance
from tests.unit.server.phone.worlds import EVERY_TROUBLE, OUTSIDE, WEBHOOK_URL, Trouble, WebhookWorld

PAGE = Path("/tmp/m8page.md")
MODULE = "ravi.server.phone.carriers.postbox"
TOKEN = "kept-between-us"
STATUSES = {"refused": 422, "busy": 429, "broken": 500}


class PostboxWorld(WebhookWorld):
    number = "+12025550100"
    secrets = (TOKEN,)
    signature = "x-postbox-signature"

    def __init__(self) -> None:
        super().__init__()
        self.wire = Wire()
        self.taken: dict[str, str] = {}
        self.status = 0

    def open(self) -> Carrier:
        at = f"account:{TOKEN}@127.0.0.1:{self.wire.port}"
        url = carrier_url(f"postbox+http://{at}/?numbers={self.number},+12025550101")
        here = self.here
        made = open_carriers([url], public_url="https://ravi.example.org", key=here.key, now=here.now)
        return made["postbox"]

    async def take(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if self.status:
            return web.Response(status=self.status)
        said = await request.json()
        known = said["id"] in self.taken
        self.taken.setdefault(said["id"], said["body"])
        return web.Response(status=200 if known else 201)

    async def suffer(self, trouble: Trouble | None) -> None:
        self.status = STATUSES.get(trouble or "", 0)
        await self.wire.suffer(trouble if trouble not in STATUSES else None)

    async def accepted(self) -> list[str]:
        return list(self.taken.values())

    def content(self) -> dict[str, Any]:
        at = int(self.here.now().timestamp())
        named = {"to": self.number, "from": OUTSIDE, "body": "Hello"}
        return {"type": "text", "id": uuid.uuid4().hex, "time": at, **named}

    def signed(self, content: object, *, token: str = TOKEN) -> Webhook:
        body = json.dumps(content).encode()
        made = hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
        return Webhook(WEBHOOK_URL, "", {self.signature: made}, body)

    def deliveries(self, sender: str, body: str) -> Sequence[Webhook]:
        return [self.signed({**self.content(), "from": sender, "body": body})]

    def forgeries(self) -> dict[str, Webhook]:
        good = self.content()
        return {
            "another token": self.signed(good, token="guessed"),
            "an old one": self.signed({**good, "time": good["time"] - 3600}),
            "one of tomorrow": self.signed({**good, "time": good["time"] + 86_400}),
        }

    def report(self, ref: str, progress: str) -> Webhook:
        return self.signed({**self.content(), "type": "report", "id": ref, "state": progress})


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The page's file, as if it were beside the others."""
    (block,) = [each for each in blocks_of(PAGE.name, PAGE.read_text()) if each.file == "carriers/postbox.py"]
    module = types.ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    exec(compile(block.text, f"{PAGE}:{block.line}", "exec"), vars(module))
    monkeypatch.setattr(module, "SECONDS", 0.6)
    return module


class TestPostbox(WebhookConformance):
    troubles = EVERY_TROUBLE

    @pytest.fixture
    async def world(self, postbox: types.ModuleType) -> AsyncIterator[PostboxWorld]:
        world = PostboxWorld()
        app = web.Application()
        app.add_routes([web.post("/texts", world.take)])
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await world.wire.open(runner.addresses[0][1])
        yield world
        await world.wire.close()
        await runner.cleanup()


@pytest.mark.parametrize(
    "url",
    [
        "postbox:",
        "postbox://account@sms.example.org/?numbers=+12025550100",
        "postbox://account:kept-between-us@sms.example.org/",
        "postbox://account:kept-between-us@sms.example.org/?numbers=no",
        "postbox+http://account:kept-between-us@sms.example.org/?numbers=+12025550100",
    ],
)
def test_a_wrong_url_is_refused_without_being_quoted(postbox: types.ModuleType, url: str) -> None:
    here = PostboxWorld().here
    with pytest.raises(ConfigInvalid) as refusal:
        open_carriers([carrier_url(url)], public_url="https://ravi.example.org", key=here.key, now=here.now)
    assert TOKEN not in str(refusal.value)
