"""
Streams of events: one answer that goes on (server-sent events, WHATWG HTML section 9.2).

A stream has no buffer of its own: the table is the buffer. It listens, looks behind its cursor, sends what it finds and
waits for the bell, so a slow reader is simply behind, and one that does not read at all is let go after a while.

Ends within a second when its credential does. Whatever is found is sent only after asking whether the credential
still stands; and since most streams are idle, `Streams.end_fallen` asks for all of them at once, twice a second. The
cost of that is a handful of queries for thousands of streams, and none without streams.
"""

import asyncio
import logging
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ravi.server.db import DatabaseUnavailable
from ravi.server.events.frames import Shape, comment, end, opening, to_frame
from ravi.server.events.records import Event
from ravi.server.events.service import Events, topic
from ravi.server.events.wakeup import Bell, Wakeup
from ravi.server.http import Principal
from ravi.wire.events import StreamEnd

log = logging.getLogger("ravi.events")

#: Row ids of a credential, and of the identity that it is bound to or that it selected.
Held = tuple[int, int | None]

#: How often a silent stream says that it is alive. It looks again too: a lost wake-up costs this much at most.
HEARTBEAT_SECONDS = 15.0
#: How long one piece may take to be taken. A reader that is merely slow takes it in time.
SEND_SECONDS = 20.0
#: What a stream that ends gets to say so, if its reader is in the middle of a piece.
LAST_WORDS_SECONDS = 0.5
#: How long to wait before a database that did not answer is asked again.
AGAIN_SECONDS = 1.0
#: Events in one piece.
PIECE = 100


class Ended(Protocol):
    """Returns those of the given pairs that would not be accepted any more, with the reason: `Auth.ended`."""

    def __call__(self, held: Collection[Held]) -> Awaitable[dict[Held, StreamEnd]]: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stream is to show: events behind the cursor *since*, of these *types* (none: all)."""

    since: int
    types: list[str]
    shape: Shape


class Streams:
    """Every open stream of this process."""

    def __init__(self, events: Events, wakeup: Wakeup, ended: Ended) -> None:
        self._events = events
        self._wakeup = wakeup
        self._ended = ended
        self._open: set[Stream] = set()
        self._closing = False
        self.heartbeat = HEARTBEAT_SECONDS
        self.patience = SEND_SECONDS

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._open)

    async def open(
        self, who: Principal, *, since: int | None, types: list[str], channels: frozenset[str] | None
    ) -> "Stream":
        """
        Return an answer that streams events of the caller's identity, or of the account if there is none.

        Without *since* it begins now. A cursor from the future, as after a restored backup, counts as now.
        """
        last = await self._events.last_seq(who.account_id, who.identity.id if who.identity else None)
        cursor = last if since is None else min(since, last)
        return Stream(self, who, Wish(cursor, types, Shape(channels)))

    async def end_fallen(self) -> int:
        """End every stream whose credential or identity has ended; return how many. To be called twice a second."""
        if not self._open:
            return 0
        reasons = await self._ended({stream.held for stream in self._open})
        fallen = [stream for stream in self._open if stream.held in reasons]
        for stream in fallen:
            stream.end(reasons[stream.held])
        return len(fallen)

    def close(self) -> None:
        """End every stream, and every one that is opened from now on, because the server is about to stop."""
        self._closing = True
        for stream in self._open:
            stream.end("server_stopping")


class Stream(Response):
    """One open stream, from its first byte to its last."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, who: Principal, wish: Wish) -> None:
        # X-Accel-Buffering: nginx would otherwise keep events back until a buffer is full.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._account_id = who.account_id
        self._identity_id = who.identity.id if who.identity else None
        self.held: Held = (who.credential_id, self._identity_id)
        self._wish = wish
        self._cursor = wish.since
        self._told = wish.since
        self._bell: Bell | None = None
        self._sending: asyncio.Timeout | None = None
        self._reason: StreamEnd | None = None
        self._gone = False

    def end(self, reason: StreamEnd) -> None:
        """Let the stream end as soon as it can, for the first reason that is given."""
        if self._reason is None:
            self._reason = reason
            self._interrupt()

    def _interrupt(self) -> None:
        if self._bell is not None:
            self._bell.ring()
        if self._sending is not None and not self._sending.expired():
            self._sending.reschedule(asyncio.get_running_loop().time() + LAST_WORDS_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream until it ends or the reader is gone."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        # Listening comes before looking: what is committed in between rings.
        with self._streams._wakeup.listening(topic(self._account_id, self._identity_id)) as self._bell:
            self._streams._open.add(self)
            if self._streams._closing:
                self.end("server_stopping")
            watching = asyncio.create_task(self._notice_departure(receive), name="stream reader")
            try:
                await self._run(send, self._bell)
            finally:
                self._streams._open.discard(self)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _run(self, send: Send, bell: Bell) -> None:
        """Send until the end, and say why it ended if the reader is still there."""
        clock = asyncio.get_running_loop()
        taken = await self._send(send, opening(self._cursor))
        speak_at = clock.time() + self._streams.heartbeat
        while taken and not self._over():
            look_at = speak_at
            try:
                piece, more = await self._look()
            except DatabaseUnavailable as fault:
                log.warning("a stream could not look", extra={"reason": fault.message})
                piece, more, look_at = b"", False, clock.time() + AGAIN_SECONDS
            if piece and not self._over():
                taken = await self._send(send, piece)
                speak_at = look_at = clock.time() + self._streams.heartbeat
            if more or self._over() or not taken:
                continue
            await bell.ring_within(max(0.0, min(look_at, speak_at) - clock.time()))
            if clock.time() >= speak_at and not self._over():
                taken = await self._send(send, self._heartbeat())
                speak_at = clock.time() + self._streams.heartbeat
        if self._reason is not None and not self._gone:
            await self._send(send, end(self._reason), LAST_WORDS_SECONDS, last=True)

    def _over(self) -> bool:
        return self._gone or self._reason is not None

    async def _look(self) -> tuple[bytes, bool]:
        """Return what is new, ready to be sent, and whether there may be more right now."""
        streams, wish = self._streams, self._wish
        # Read first: numbers of one account become visible in order, so whatever is up to here is found below.
        reached = await streams._events.last_seq(self._account_id, self._identity_id) if wish.types else self._cursor
        found = await streams._events.list_after(
            self._account_id, self._identity_id, since=self._cursor, limit=PIECE, types=wish.types
        )
        # Asked after looking: what was found had been committed while the credential still stood.
        if found and (reason := (await streams._ended([self.held])).get(self.held)):
            self.end(reason)
            return b"", False
        more = len(found) == PIECE
        self._cursor = found[-1].seq if more else max(self._cursor, reached, *(event.seq for event in found))
        return self._framed(found), more

    def _framed(self, found: list[Event]) -> bytes:
        frames = [(event.seq, to_frame(event, self._wish.shape)) for event in found]
        shown = [(seq, frame) for seq, frame in frames if frame]
        if shown:
            self._told = shown[-1][0]
        return b"".join(frame for _, frame in shown)

    def _heartbeat(self) -> bytes:
        """A comment; and the cursor, if it moved over events that this stream does not show."""
        if self._cursor == self._told:
            return comment("still here")
        self._told = self._cursor
        return comment("still here", cursor=self._cursor)

    async def _send(self, send: Send, piece: bytes, patience: float | None = None, *, last: bool = False) -> bool:
        """Hand *piece* over; return False when it is not taken in time."""
        try:
            async with asyncio.timeout(patience or self._streams.patience) as self._sending:
                await send({"type": "http.response.body", "body": piece, "more_body": not last})
        except TimeoutError:
            self.end("too_slow")
            log.warning("a stream was let go", extra={"reason": self._reason})
            return False
        finally:
            self._sending = None
        return True

    async def _notice_departure(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._interrupt()
