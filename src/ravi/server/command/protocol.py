"""
The HTTP protocol with an end to patience.

uvicorn limits neither how long a client may take to send the head of a request nor how large that may get, so a
stranger could hold connections and memory without ever asking for anything. Nor does it mind how slowly an answer is
taken, so whoever asks for large ones and reads none of them could have us hold them all.
"""

import asyncio
import secrets
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ravi.errors import RaviError, TooLarge, Unavailable
from ravi.server.http import encoding, errors
from ravi.server.http.connections import Connections
from ravi.server.http.one_write import OneWrite

#: Request line and headers together. Ours need 1 KiB; cookies of other programs on the same host may add some.
LARGEST_HEAD = 64 * 1024

#: From the connection, or from its first byte, to the end of the head.
HEAD_SECONDS = 30.0

#: Closing while a client still sends makes its system drop our refusal unread; so we listen, and forget, a little.
LINGER_SECONDS = 1.0

#: Whoever takes less than `LEAST_TAKEN` bytes of an answer in so many seconds has gone away, or means no good.
TAKING_SECONDS = 20.0
LEAST_TAKEN = 64 * 1024


class PatientProtocol(HttpToolsProtocol):
    """
    Closes a connection that there is no place for, whose request does not begin, whose head does not end, or whose peer
    does not take the answer.
    """

    def __init__(self, *arguments: Any, door: Connections, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._door = door
        self._host = ""
        self._inside = False
        self._silent = True
        self._head_size: int | None = None  # None: no head is under way
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False
        self._untaken = 0
        self._look_again: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]  # a transport but in name
        self._host = self.client[0] if self.client else ""
        if reason := self._door.enter(self, self._host):
            busy = Unavailable(reason, hint="try again in a moment, over fewer connections")
            self._refuse("503 Service Unavailable", busy)
            return
        self._inside = True
        self._deadline = self.loop.call_later(HEAD_SECONDS, transport.close)

    def make_room(self) -> None:
        """Close the connection, whose place another one needs."""
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._untaken = self.transport.get_write_buffer_size()
        self._look_again = self.loop.call_later(TAKING_SECONDS, self._look_at_reader)
        self._door.slow(self, self._kept())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_looking()

    def give_up(self) -> None:
        """End now, whatever was not taken yet."""
        self.transport.abort()

    def _look_at_reader(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left > self._untaken - LEAST_TAKEN:
            self.give_up()
            return
        self._untaken = left
        self._look_again = self.loop.call_later(TAKING_SECONDS, self._look_at_reader)
        self._door.slow(self, self._kept())

    def _kept(self) -> int:
        # What the system has taken of a large answer says little: the rest keeps all of it in memory.
        written: int = getattr(self.transport, "written", 0)
        return max(self._untaken, written)

    def _stop_looking(self) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None
            self._door.quick(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lift_deadline()
        self._stop_looking()
        if self._inside:
            self._inside = False
            self._door.leave(self, self._host)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._head_size is None or self.transport.is_closing():
            return
        # The head did not fit into what was read at once, which is rare: only then is there anything to count.
        self._head_size += len(data)
        if self._head_size > LARGEST_HEAD:
            error = TooLarge(f"the head of the request is larger than {LARGEST_HEAD} bytes")
            self._refuse("431 Request Header Fields Too Large", error)
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        self._head_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_size = None
        self._lift_deadline()
        if self._silent:
            self._silent = False
            self._door.spoke(self)
        super().on_headers_complete()

    def _lift_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: str, error: RaviError) -> None:
        request_id = secrets.token_hex(8)
        body = encoding.encode(errors.envelope(error, request_id))
        more = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in errors.headers_of(error))
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(body)}\r\n{more}x-request-id: {request_id}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self._refused = True
        self._lift_deadline()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)
