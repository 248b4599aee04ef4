"""
One connection to an SMSC, from connecting to its end: requests and their answers, the window, asking whether it lives.

Nothing here knows what a text is. What the SMSC sends of its own accord is handed on and answered when somebody says
so, which may be long after, or never.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from ravi.server.phone.carriers.smpp import pdu as pdus
from ravi.server.phone.carriers.smpp.pdu import Malformed, Pdu
from ravi.server.phone.carriers.smpp.setup import Pace, Setup

_LAST_SEQUENCE = 0x7FFFFFFF
#: Octets that wait for an SMSC which does not read: more, and it is let go.
_MOST_WAITING = 1_048_576

Heard = Callable[["Session", Pdu], None]


class NotConnected(Exception):
    """Nothing was said: there is no connection, it has ended, or there was no room in the window."""


class Unanswered(Exception):
    """Something was said, and no answer came. The SMSC may have heard it."""


class BindRefused(Exception):
    """The SMSC does not let us in. `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the SMSC refused us: {pdus.name_of(status)}")
        self.status = status


class Session:
    """A connection. Made by `connected`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, setup: Setup, pace: Pace, heard: Heard
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._setup = setup
        self._pace = pace
        self._heard = heard
        self._clock = asyncio.get_running_loop().time
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._window = asyncio.Semaphore(setup.window)
        self._last_heard = self._clock()
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def peer(self) -> str:
        """The address that the name of the SMSC has led to."""
        return str((self._writer.get_extra_info("peername") or ("",))[0])

    @property
    def ended(self) -> str:
        """Why it has ended; "" while it has not."""
        return self._end.result() if self._end.done() else ""

    async def bind(self, *, only_sending: bool = False) -> None:
        """Sign in. Raises BindRefused, Unanswered or NotConnected."""
        said = await self._ask(
            lambda sequence: pdus.bind(self._setup, sequence, only_sending=only_sending), self._pace.connect
        )
        if said.status != pdus.OK:
            raise BindRefused(said.status)

    async def submit(self, packet: Callable[[int], bytes]) -> Pdu:
        """Send a text, as soon as the window has room, and return the answer. Raises Unanswered or NotConnected."""
        try:
            async with asyncio.timeout(self._pace.room):
                await self._window.acquire()
        except TimeoutError:
            raise NotConnected("the SMSC is busy with other texts") from None
        try:
            return await self._ask(packet, self._pace.answer)
        finally:
            self._window.release()

    def answer(self, pdu: Pdu, status: int = pdus.OK) -> None:
        """Answer what the SMSC said. Where the connection has ended, there is nobody to hear it."""
        if not self._end.done():
            self._say(pdus.answer(pdu, status))

    async def keep_up(self, alive: Callable[[], Awaitable[object]]) -> str:
        """Ask after silence whether the SMSC is there, calling *alive* now and then, and return why it ended."""
        told_at = self._clock()
        while not self._end.done():
            due = min(self._last_heard + self._pace.idle, told_at + self._pace.alive)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(max(due, self._clock())):
                    await asyncio.shield(self._end)
            if self._end.done():
                break
            if self._clock() >= self._last_heard + self._pace.idle:
                try:
                    await self._ask(pdus.enquire_link, self._pace.idle_answer)
                except (Unanswered, NotConnected):
                    self._finish("it does not answer any more")
                    break
            if self._clock() >= told_at + self._pace.alive:
                told_at = self._clock()
                await alive()
        return self._end.result()

    async def leave(self) -> None:
        """Say that we go, wait a moment for that to be heard, and close."""
        with suppress(Unanswered, NotConnected):
            await self._ask(pdus.unbind, self._pace.farewell)
        self._finish("closed")

    async def read(self) -> None:
        """Read what comes, until the end."""
        try:
            while not self._end.done():
                self._take(await self._packet())
        except asyncio.IncompleteReadError:
            self._finish("the SMSC has closed it")
        except (OSError, Malformed) as fault:
            self._finish(reason_of(fault))
        finally:
            self._finish("closed")  # whatever ended the reading, nothing comes any more

    async def _packet(self) -> Pdu:
        length, command, status, sequence = pdus.read_header(await self._reader.readexactly(pdus.HEADER.size))
        return Pdu(command, status, sequence, await self._reader.readexactly(length - pdus.HEADER.size))

    def _take(self, pdu: Pdu) -> None:
        self._last_heard = self._clock()
        if pdu.is_answer:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command == pdus.DELIVER_SM:
            self._heard(self, pdu)
        elif pdu.command not in (pdus.OUTBIND, pdus.ALERT_NOTIFICATION):
            self.answer(pdu)
            if pdu.command == pdus.UNBIND:
                self._finish("the SMSC has said goodbye")

    async def _ask(self, packet: Callable[[int], bytes], seconds: float) -> Pdu:
        if self._end.done():
            raise NotConnected(f"the connection to {self._setup.at} has ended: {self.ended}")
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        sequence = self._sequence
        said = packet(sequence)
        waiting: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiting
        try:
            self._say(said)
            async with asyncio.timeout(seconds):
                await self._writer.drain()
                return await waiting
        except TimeoutError:
            raise Unanswered(f"{self._setup.at} did not answer within {seconds:g} seconds") from None
        except OSError as fault:
            raise Unanswered(f"the connection to {self._setup.at} was lost: {reason_of(fault)}") from None
        finally:
            del self._waiting[sequence]
            if waiting.done() and not waiting.cancelled():
                waiting.exception()  # whoever waited may have been lost in `drain`, and is told the same there

    def _say(self, octets: bytes) -> None:
        self._writer.write(octets)
        if self._writer.transport.get_write_buffer_size() > _MOST_WAITING:
            self._finish("it takes nothing of what we say")

    def _finish(self, reason: str) -> None:
        if self._end.done():
            return
        self._end.set_result(reason)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(reason))
        self._writer.close()

    def drop(self) -> None:
        """Let go at once. Fine at any time."""
        self._finish("closed")
        self._writer.transport.abort()


@asynccontextmanager
async def connected(setup: Setup, pace: Pace, heard: Heard) -> AsyncIterator[Session]:
    """A connection that is read from, not signed in yet. Raises OSError, and TimeoutError, which is one."""
    async with asyncio.timeout(pace.connect):
        reader, writer = await asyncio.open_connection(
            setup.host, setup.port, ssl=setup.tls, server_hostname=setup.host if setup.tls else None
        )
    session = Session(reader, writer, setup, pace, heard)
    reading = asyncio.create_task(session.read(), name=f"smpp {setup.at}")
    try:
        yield session
    finally:
        session.drop()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


def reason_of(fault: Exception) -> str:
    """Return what went wrong with a connection, for people."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {fault.verify_message}"
    if isinstance(fault, ssl.SSLError):
        return f"no TLS: {(fault.reason or 'it ended').lower().replace('_', ' ')}"
    if isinstance(fault, Malformed):
        return f"it does not speak SMPP: {fault}"
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, OSError):
        return (fault.strerror or str(fault) or type(fault).__name__).lower()
    return str(fault)
