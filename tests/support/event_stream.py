"""A reader of server-sent events: frames out of bytes, and a stream of the app in process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

PATIENCE = 10.0


@dataclass
class Frame:
    """One frame as the standard reads it; `comments` are the lines that mean nothing."""

    event: str = "message"
    data: str = ""
    id: str | None = None
    retry: int | None = None
    comments: list[str] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def is_event(self) -> bool:
        return self.data != ""


def parse(text: str) -> Frame:
    """Read one frame, without its blank line."""
    frame, data = Frame(), []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                frame.comments.append(value)
            case "event":
                frame.event = value
            case "data":
                data.append(value)
            case "id":
                frame.id = value
            case "retry":
                frame.retry = int(value)
    frame.data = "\n".join(data)
    return frame


class Reader:
    """Takes what the app sends. `stalled` makes it take nothing more, as a peer does that stopped reading."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self.body = b""
        self.left = asyncio.Event()
        self.stalled = False
        self.complete = False
        self._rest = ""
        self._asked = False

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.stalled:
            await asyncio.Event().wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            return
        self.body += message.get("body", b"")
        self._rest += message.get("body", b"").decode()
        *whole, self._rest = self._rest.split("\n\n")
        for text in whole:
            self.frames.put_nowait(parse(text))
        if not message.get("more_body", False):
            self.complete = True
            self.frames.put_nowait(None)

    async def frame(self) -> Frame | None:
        """The next frame of any kind, or None at the end of the answer."""
        async with asyncio.timeout(PATIENCE):
            return await self.frames.get()

    async def event(self) -> Frame:
        """The next frame that is an event to a standard reader; comments are passed over."""
        while True:
            frame = await self.frame()
            assert frame is not None, "the stream has ended"
            if frame.is_event:
                return frame

    async def names(self, count: int) -> list[str]:
        """The types of the next *count* events."""
        return [(await self.event()).json["type"] for _ in range(count)]

    async def end(self) -> str:
        """Pass over what there is until the last frame, and return its reason."""
        reason = ""
        while (frame := await self.frame()) is not None:
            if frame.event == "end":
                reason = frame.json["reason"]
        return reason


@asynccontextmanager
async def streaming(
    app: ASGIApp, token: str | None, query: str = "", *, method: str = "GET", **headers: str
) -> AsyncIterator[Reader]:
    """Open a stream with *token*; header names are written with underscores. The reader leaves at the end."""
    reader = Reader()
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if token is not None:
        sent.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/api/events/stream/",
        "raw_path": b"/api/events/stream/",
        "query_string": query.encode(),
        "headers": sent,
        "client": ("127.0.0.1", 50001),
        "server": ("ravi.test", 80),
    }
    serving = asyncio.create_task(app(scope, reader.receive, reader.send))
    try:
        async with asyncio.timeout(PATIENCE):
            while not (reader.body or reader.complete or serving.done()):
                await asyncio.sleep(0.005)
        yield reader
    finally:
        reader.left.set()
        async with asyncio.timeout(PATIENCE):
            await serving
