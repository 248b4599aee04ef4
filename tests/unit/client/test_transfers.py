"""Files over slow lines: what counts is that they go on, not how long they take."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from ravi import AsyncClient, Client
from ravi.client.calls import mail as calls
from ravi.errors import TimedOut
from tests.support.fake_servers import READ, RESET, Player, Sip, make_settings

PATIENCE = 1.0
LARGE = b"x" * 12_000_000
#: Takes a second and a half for it.
SLOWLY = Sip(400_000, 0.05)
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"

Send = Callable[[str, Any], Any]


def blocking(url: str, call: Any) -> Any:
    with Client(make_settings(url), timeout=PATIENCE) as client:
        return client.send(call)


def asynchronous(url: str, call: Any) -> Any:
    async def send() -> Any:
        try:
            async with AsyncClient(make_settings(url), timeout=PATIENCE) as client:
                return await client.send(call)
        except TimedOut:
            # asyncio keeps a connection until the server takes what was written, or hangs up.
            await asyncio.sleep(1)
            raise

    return asyncio.run(send())


@pytest.fixture(params=[blocking, asynchronous])
def send(request: pytest.FixtureRequest) -> Send:
    return request.param


def upload(content: bytes = LARGE) -> Any:
    return calls.upload("/up/", {}, content, "text/plain")


def test_a_file_is_sent_for_as_long_as_it_is_taken(play: Callable[..., Player], send: Send) -> None:
    server = play((SLOWLY, DONE))
    began = time.monotonic()

    assert send(server.url, upload()) is None

    assert time.monotonic() - began > PATIENCE, "or this test would prove nothing"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == LARGE
    assert b"content-length: 12000000" in head.lower()
    assert b"transfer-encoding" not in head.lower()


def test_a_file_is_received_for_as_long_as_it_comes(play: Callable[..., Player], send: Send) -> None:
    server = play((READ, HEAD % 8, *[b"x", 0.2] * 8))
    began = time.monotonic()

    assert send(server.url, calls.raw("1")) == b"x" * 8
    assert time.monotonic() - began > PATIENCE, "or this test would prove nothing"


@pytest.mark.parametrize(
    ("script", "call"),
    [
        ((1.5, RESET), upload()),
        ((READ,), upload(b"small")),
        ((READ, HEAD % 8, b"xxx"), calls.raw("1")),
        ((READ,), calls.attachment("1")),
    ],
    ids=["it is not taken", "it is taken and not answered", "it stops coming", "it never comes"],
)
def test_a_file_that_stands_still_is_given_up(
    play: Callable[..., Player], send: Send, script: tuple[Any, ...], call: Any
) -> None:
    with pytest.raises(TimedOut):
        send(play(script).url, call)


def test_what_is_no_file_has_its_time_for_all_of_it(play: Callable[..., Player], send: Send) -> None:
    server = play((READ, HEAD.replace(b"text/plain", b"application/json") % 8, *[b" ", 0.2] * 8))

    with pytest.raises(TimedOut):
        send(server.url, calls.message("1"))
