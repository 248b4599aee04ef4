"""Patience with clients that do not ask for anything, on a real loop and socket."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from uvicorn.server import ServerState

from ravi.server.command import protocol
from ravi.server.command.protocol import PatientProtocol
from ravi.server.http.connections import Connections

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n"


async def app(scope: object, receive: object, send: object) -> None:
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
