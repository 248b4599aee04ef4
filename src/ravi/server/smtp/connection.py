"""
One connection: from the greeting to its end, line by line.

Built on aiosmtpd's: its stream, its timer, its order of coming and going. What it leaves open or answers loosely is
settled here: how long a line may be and how it ends, what is said before hanging up, STARTTLS, and an end in good
order. Which commands there are is in `protocol.py`.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import cast

from aiosmtpd.smtp import SMTP

from ravi.server.smtp import limits
from ravi.server.smtp.intake import Draft, Intake, Peer
from ravi.server.smtp.limits import Door, Limits, Pace, Room, plain_host

#: A browser that was made to speak to this port says one of these first, and what it says next is an attacker's.
BROWSER = frozenset("GET POST PUT HEAD PATCH DELETE OPTIONS CONNECT TRACE PRI".split())
#: What may be read ahead of the conversation: one command of the longest kind, or a piece of a message.
READ_AHEAD = 64 * 1024
#: A line that does not end is read and forgotten up to here, then the connection is given up.
ENDLESS = 8 * 1024 * 1024

BYE = "421 4.3.2 the server is stopping, try again later"
TOO_SLOW = "421 4.4.2 nothing was heard for too long"
TOO_MANY_ERRORS = "421 4.7.0 too many errors"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections have in common. `open` are those under way."""

    intake: Intake
    limits: Limits
    hostname: str
    tls: ssl.SSLContext
    door: Door
    room: Room
    pace: Pace
    open: "set[Connection]"


class Connection(SMTP):
    """Reads lines, answers what is no command, and passes the rest to `obey`."""

    line_length_limit = READ_AHEAD  # the library's name for it; how long lines of a message are is nobody's business

    def __init__(self, shared: Shared, *, stopping: bool = False) -> None:
        self.host_name = ""
        """What they call themselves; empty before HELO or EHLO."""
        self.extended = False
        self.encrypted = False
        super().__init__(
            None,
            data_size_limit=shared.limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=shared.hostname,
            timeout=shared.limits.idle_seconds,
            loop=asyncio.get_running_loop(),
        )
        self.shared = shared
        self.draft = Draft()
        self.gone = asyncio.get_running_loop().create_future()
        """Done when the connection is no more."""
        self.stopping = stopping
        self.over = False
        self._host = ""
        self._errors = 0
        self._heard_at = 0.0
        self._listening = False  # waits for a command

    async def obey(self, verb: str, argument: str) -> None:
        """Do what the command *verb*, in upper case, says, and answer it."""
        raise NotImplementedError

    def describe(self) -> Peer:
        """Who is talking."""
        return Peer(self._host, self.host_name, self.encrypted)

    # --- coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        wire = cast(asyncio.Transport, transport)
        peer = wire.get_extra_info("peername")
        self._host = plain_host(peer[0]) if peer else ""
        refusal = BYE if self.stopping else self.shared.door.enter(self._host)
        if refusal:
            wire.set_protocol(asyncio.Protocol())
            wire.write(refusal.encode() + b"\r\n")
            wire.close()
            return
        self.shared.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.shared.open.discard(self)
        self.shared.door.leave(self._host)
        self.gone.set_result(None)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self.over:
            super().data_received(data)

    def eof_received(self) -> bool:
        """Let what was sent before the end be answered: a message whose sender says no more is still a message."""
        if self.over:
            return False
        self._reader.feed_eof()
        return not self.encrypted

    def finish(self) -> None:
        """End as soon as no message is under way."""
        self.stopping = True
        if self._listening and self.draft.mail_from is None:
            self.hang_up(BYE)

    def hang_up(self, reply: str, *, at_once: bool = False) -> None:
        """
        Say *reply* and end, whatever is under way; a peer that does not listen cannot hold us.

        Closing while a peer still sends makes its system drop our last words unread. So we listen a moment longer,
        and forget what we hear, unless *at_once* says that nothing is to come.
        """
        wire = cast(asyncio.Transport | None, self.transport)
        if wire is None or self.over:
            return
        self.over = True
        wire.write(reply.encode() + b"\r\n")
        if at_once:
            wire.close()
        else:
            wire.resume_reading()  # the reader may have paused it
            if wire.can_write_eof():
                with contextlib.suppress(OSError):  # they were faster
                    wire.write_eof()
        self.loop.call_later(limits.LINGER_SECONDS, wire.abort)

    def _reset_timeout(self, duration: float | None = None) -> None:
        # One timer that looks when something was last heard, instead of a new one for every line.
        self._heard_at = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._timeout_duration, self._timeout_cb)

    def _timeout_cb(self) -> None:
        left = self._heard_at + self._timeout_duration - self.loop.time()
        if left > 0:
            self._timeout_handle = self.loop.call_later(left, self._timeout_cb)
            return
        self.hang_up(TOO_SLOW)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()  # it may be waiting for a peer that does not read

    # --- line by line

    async def _handle_client(self) -> None:
        try:
            await self.push(f"220 {self.hostname} ESMTP Ravi")
            while not self.over:
                if self.stopping and self.draft.mail_from is None:
                    self.hang_up(BYE)
                else:
                    await self._answer(await self._read_line())
        except (ConnectionError, asyncio.IncompleteReadError):  # they have gone
            if self.transport is not None:
                self.transport.close()

    async def _read_line(self) -> bytes | None:
        """Return the next line; None for one that is too long, which was read to its end."""
        size = 0
        self._listening = True
        try:
            while size <= ENDLESS:
                try:
                    line: bytes = await self._reader.readuntil(b"\n")
                    return line if size + len(line) <= limits.LONGEST_COMMAND else None
                except asyncio.LimitOverrunError as more:
                    size += len(await self._reader.readexactly(more.consumed))
        finally:
            self._listening = False
        self.hang_up(TOO_MANY_ERRORS)
        return None

    async def _answer(self, line: bytes | None) -> None:
        if line is None:
            await self.refuse("500 5.5.2 the line is too long")
            return
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = ""
        if not text.endswith("\r\n") or not text[:-2].isprintable():
            await self.refuse("500 5.5.2 a command is a line of printable characters that ends with CR LF")
            return
        verb, _, argument = text[:-2].partition(" ")
        if verb.upper() in BROWSER:
            self.hang_up("421 4.7.0 this is not a web server")
            return
        await self.obey(verb.upper(), argument.strip(" "))

    async def push(self, status: str) -> None:  # type: ignore[override]  # the library's takes bytes too, which we never say
        """Say *status*, and wait if the peer does not listen."""
        writer = self._writer
        assert writer is not None
        writer.write(f"{status}\r\n".encode())
        await writer.drain()

    async def refuse(self, reply: str) -> None:
        """Answer a command that makes no sense; too many of them end the connection."""
        self._errors += 1
        if self._errors > limits.MOST_ERRORS:
            self.hang_up(TOO_MANY_ERRORS)
        elif not self.over:
            await self.push(reply)

    # --- STARTTLS

    async def encrypt(self) -> None:
        """
        Answer STARTTLS and begin anew over TLS.

        What was sent behind STARTTLS in the clear may be anybody's: it is forgotten, and so is all that was said
        before (RFC 3207 sections 4.2 and 6).
        """
        plain = cast(asyncio.Transport, self.transport)
        plain.pause_reading()  # first, so that nothing can come in between
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # the library does the same
        plain.write(b"220 2.0.0 go ahead\r\n")
        try:
            encrypted = await self.loop.start_tls(
                plain, self, self.shared.tls, server_side=True, ssl_handshake_timeout=limits.HANDSHAKE_SECONDS
            )
        except OSError:  # no common ground, no patience, or they have gone; ssl.SSLError is one
            encrypted = None
        if encrypted is None:
            self.over = True
            plain.abort()
            return
        self.transport = encrypted
        for end in (self._reader, self._writer):
            end._transport = encrypted  # type: ignore[union-attr]  # StreamWriter.start_tls forgets the reader's
        self._reader._paused = False  # type: ignore[attr-defined]  # what was paused was the transport before
        self.encrypted = True
        self.host_name, self.extended, self.draft = "", False, Draft()
