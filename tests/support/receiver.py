"""Somebody else's server: receives webhooks, and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

PATIENCE = 10.0

#: The whole answer to the n-th request (from 0), or None to say nothing until the connection ends.
Answers = Callable[[int], bytes | None]


@dataclass(frozen=True)
class Post:
    """One request as it arrived. Header names are lower case."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int, body: bytes = b"", *more: bytes) -> bytes:
    """An answer as bytes, with further header lines."""
    lines = [b"HTTP/1.1 %d Whatever" % status, b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Receiver:
    """Listens on loopback; `answers` may be replaced at any time."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self.port = port
        self.posts: list[Post] = []
        self.answers: Answers = lambda _: answer(200, b"thanks")
        self.open = 0
        self.most_open = 0
        self._news = asyncio.Condition()

    async def wait_for(self, count: int) -> list[Post]:
        """Return what has arrived once it is at least *count*."""
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(self.posts) >= count), PATIENCE)
            except TimeoutError:
                pytest.fail(f"only {len(self.posts)} of {count} arrived")
        return self.posts

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            async with self._news:
                said = self.answers(len(self.posts))
                self.posts.append(Post(first.split(" ")[1], headers, body))
                self._news.notify_all()
            if said is None:
                await reader.read()
            else:
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver, from its first request to its last."""
    receiver: Receiver | None = None

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert receiver is not None
        await receiver.take(reader, writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    receiver = Receiver(server.sockets[0].getsockname()[1])
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as it:
        yield it
