"""Patience with clients that do not ask for anything, on a real loop and socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from ravi.server.command import protocol
from ravi.server.command.protocol import PatientProtocol
from ravi.server.http import connections
from ravi.server.http.connections import Connections

REQUEST_LARGE = b"GET /large HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n"


LARGE = b"x" * 20_000_000


async def app(scope: dict[str, Any], receive: object, send: object) -> None:
    if scope["path"] == "/large":
        length = str(len(LARGE)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": LARGE})  # type: ignore[operator]
        return
    await asyncio.sleep(0.3)  # longer than the patience below: a running request is not what it is for
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]


@pytest.fixture
def door() -> Connections:
    """Lets three connections in."""
    return Connections(3, 1)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, door: Connections) -> AsyncIterator[int]:
    """The port of a server that has 0.2 seconds of patience."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "TAKING_SECONDS", 0.2)
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", interface="asgi3")  # type: ignore[arg-type]
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: PatientProtocol(config=config, server_state=state, app_state={}, door=door), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answer(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send *parts* with pauses in between and return all that comes back until the server closes, or 1 second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)
    try:
        async with asyncio.timeout(1):
            return await reader.read()
    finally:
        writer.close()


async def test_a_connection_that_asks_nothing_is_closed(port: int):
    assert await answer(port) == b""


async def test_a_head_that_does_not_end_is_closed(port: int):
    assert await answer(port, REQUEST, b"X-A: b\r\n", pause=0.05) == b""


async def test_a_slow_second_request_is_closed_too(port: int):
    got = await answer(port, REQUEST + b"\r\n", REQUEST, pause=0.4)
    assert got.count(b"HTTP/1.1 200 OK") == 1


async def test_a_head_in_pieces_and_a_slow_answer_are_fine(port: int):
    got = await answer(port, REQUEST[:9], REQUEST[9:], b"Connection: close\r\n\r\n", pause=0.02)
    assert got.startswith(b"HTTP/1.1 200 OK")


async def test_a_head_that_is_too_large_is_refused(port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "LARGEST_HEAD", 200)
    got = await answer(port, REQUEST, b"X-A: " + b"x" * 200, b"x" * 1000, pause=0.02)
    assert got.startswith(b"HTTP/1.1 431 ")
    assert b"larger than 200 bytes" in got


async def test_who_has_asked_nothing_makes_room_for_the_next(port: int, door: Connections):
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    await asyncio.sleep(0.05)

    got = await answer(port, REQUEST, b"Connection: close\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 200 OK")
    assert await idle[0][0].read() == b"", "the one that came first is closed"
    for _, writer in idle:
        writer.close()
    await asyncio.sleep(0.05)
    assert door.inside == 0


async def test_where_all_are_at_work_the_next_is_told_when_to_come_back(port: int, door: Connections):
    busy = [asyncio.create_task(answer(port, REQUEST, b"Connection: close\r\n\r\n")) for _ in range(3)]
    await asyncio.sleep(0.1)

    refused = await answer(port, REQUEST, b"\r\n")

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in refused
    assert b'"code":"server.unavailable"' in refused
    assert {got[:15] for got in await asyncio.gather(*busy)} == {b"HTTP/1.1 200 OK"}
    await asyncio.sleep(0.3)
    assert door.inside == 0, "a connection that was refused has not taken a place with it"


async def eventually_empty(door: Connections) -> None:
    async with asyncio.timeout(5):
        while door.inside:
            await asyncio.sleep(0.02)


async def test_who_asks_for_much_and_takes_nothing_is_given_up(port: int, door: Connections):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
    writer.write(REQUEST_LARGE)

    await eventually_empty(door)

    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readexactly(len(LARGE))
    writer.close()


async def test_who_takes_little_by_little_gets_all_of_it(port: int, door: Connections):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
    writer.write(REQUEST_LARGE)
    size, last = 0, 0
    while piece := await reader.read(100_000):
        size += len(piece)
        if size - last > 2_000_000:  # ten pauses, together longer than the patience
            last = size
            await asyncio.sleep(0.1)
    writer.close()

    assert size > len(LARGE)
    await eventually_empty(door)


async def test_answers_that_nobody_takes_fill_no_memory(port: int, door: Connections, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "TAKING_SECONDS", 60)
    monkeypatch.setattr(connections, "MOST_UNTAKEN_BYTES", 30_000_000)
    slow = [await asyncio.open_connection("127.0.0.1", port, limit=1000) for _ in range(3)]
    for _, writer in slow:
        writer.write(REQUEST_LARGE)
        await asyncio.sleep(0.1)

    async with asyncio.timeout(5):
        while door.inside > 1:
            await asyncio.sleep(0.02)
    for _, writer in slow:
        writer.close()
    await eventually_empty(door)
