"""Webhooks with the published Python SDKs: their models read our answers, their helper accepts our signatures."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import Http
from tests.support.published_sdk import run
from tests.support.receiver import Post, Receiver, receiving
from tests.support.server import MakeServer, Server


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    """A server whose operator lets webhooks be posted to loopback."""
    return make_server("--webhook-allow", "127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver in a thread of its own."""
    ready, stop = threading.Event(), threading.Event()
    found: list[Receiver] = []

    async def serve() -> None:
        async with receiving() as it:
            found.append(it)
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    stop.set()
    thread.join(10)


MAKE_AND_TEST = """
import time
made = account.webhooks.create(url=os.environ["HOOK"], event_types=["email.message.received"])
renamed = account.webhooks.update(made.id, event_types=["webhook.test"], enabled=True)
assert (account.webhooks.get(made.id).event_types, renamed.url) == (["webhook.test"], made.url)
assert [hook.id for hook in account.webhooks.list()] == [made.id]
print(json.dumps({"id": made.id, "secret": made.signing_secret, "later": account.webhooks.get(made.id).signing_secret}))
"""

READ_THE_LOG = """
import time
for _ in range(100):
    (row,) = account.webhooks.deliveries.list()
    if row.status != "pending":
        break
    time.sleep(0.1)
assert account.webhooks.deliveries.get(row.id) == row == account.webhooks.deliveries.list(page=1)[0]
account.webhooks.delete(row.endpoint)
print(json.dumps({"status": row.status, "attempts": row.attempts, "type": row.event_type, "payload": row.payload,
                  "event_id": row.event_id, "left": len(account.webhooks.list())}))
"""

VERIFY = """
import base64
from ravi import verify_webhook_signature, WebhookSignatureError
given = json.loads(os.environ["GIVEN"])
body = base64.b64decode(given["body"])
def verdict(body=body, timestamp=given["timestamp"], signature=given["signature"], secret=given["secret"], later=0):
    try:
        now = lambda: int(given["timestamp"]) + later
        verify_webhook_signature(body, timestamp, signature, secret, now_unix_seconds=now)
    except WebhookSignatureError as error:
        return error.code
    return "good"
print(json.dumps({
    "as it came": verdict(),
    "as text": verdict(body=body.decode()),
    "a byte more": verdict(body=body + b" "),
    "written anew": verdict(body=json.dumps(json.loads(body)).encode()),
    "another time": verdict(timestamp=str(int(given["timestamp"]) + 1)),
    "another secret": verdict(secret=given["secret"] + "x"),
    "cut off": verdict(signature=given["signature"][:-1]),
    "no signature": verdict(signature=None),
    "five minutes": verdict(later=300),
    "stale": verdict(later=301),
    "from the future": verdict(later=-301),
}))
"""


def test_the_sdk_manages_webhooks_and_accepts_exactly_what_we_signed(
    sdk: tuple[str, Path], account: dict[str, str], receiver: Receiver
) -> None:
    made = run(sdk[1], MAKE_AND_TEST, **account, HOOK=receiver.url)
    Http(account["URL"], account["KEY"]).post(f"/api/webhook-subscriptions/{made['id']}/test/")
    log = run(sdk[1], READ_THE_LOG, **account)
    (post,) = receiver.posts

    assert made["later"] == ""
    assert (log["status"], log["attempts"], log["type"], log["left"]) == ("delivered", 1, "webhook.test", 0)
    assert (log["payload"], log["event_id"]) == (post.json, post.headers["x-ravi-event-id"])
    assert verified(sdk[1], account, post, made["secret"]) == {
        "as it came": "good",
        "as text": "good",
        "a byte more": "signature_mismatch",
        "written anew": "signature_mismatch",
        "another time": "signature_mismatch",
        "another secret": "signature_mismatch",
        "cut off": "signature_mismatch",
        "no signature": "invalid_header",
        "five minutes": "good",
        "stale": "expired",
        "from the future": "expired",
    }


def verified(python: Path, account: dict[str, str], post: Post, secret: str) -> Any:
    given = {
        "body": base64.b64encode(post.body).decode(),
        "timestamp": post.headers["x-ravi-timestamp"],
        "signature": post.headers["x-ravi-signature"],
        "secret": secret,
    }
    return run(python, VERIFY, **account, GIVEN=json.dumps(given))
