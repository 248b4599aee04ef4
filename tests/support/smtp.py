"""Speaking SMTP byte by byte, and the listener in process with the real mail service behind it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from ravi.server.http.access_log import AccessLog
from ravi.server.mail.verdicts import Checker
from ravi.server.smtp import Intake, Limits, Listener
from ravi.server.smtp.tls import new_context, own_certificate
from tests.support.world import World, world_on

HOST = "in.ravi.localhost"


class Wire:
    """One connection to a listener; replies are text, of several lines where there are several."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, *, host: str = "127.0.0.1") -> "Wire":
        """Connect; the greeting is not read yet."""
        return cls(*await asyncio.open_connection(host, port, limit=2**24))

    async def reply(self) -> str:
        """The next reply; empty when the connection has ended."""
        lines = []
        async with asyncio.timeout(20):
            while True:
                line = (await self.reader.readline()).decode()
                lines.append(line.removesuffix("\r\n"))
                if line[3:4] != "-":
                    return "\n".join(lines)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(20):
            await self.writer.drain()

    async def say(self, line: str) -> str:
        await self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def all(self, *lines: str) -> list[str]:
        """Say each and return the replies."""
        return [await self.say(line) for line in lines]

    async def ended(self) -> bool:
        """Whether the other side has hung up, which it does soon or not at all."""
        async with asyncio.timeout(20):
            return await self.reader.read(1) == b""

    async def start_tls(self) -> None:
        """Go on encrypted, believing any certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with asyncio.timeout(20):
            await self.writer.start_tls(context)
        self.reader._transport = self.writer.transport  # StreamWriter.start_tls of Python 3.11 forgets it

    async def deliver(self, recipient: str, raw: bytes, *, sender: str = "<bob@example.com>") -> str:
        """Hand over *raw*, whose lines may begin with dots, and return the last reply."""
        replies = await self.all(f"MAIL FROM:{sender}", f"RCPT TO:<{recipient}>", "DATA")
        assert [reply[:3] for reply in replies] == ["250", "250", "354"], replies
        await self.send((b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        return await self.reply()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass(frozen=True)
class Stored:
    """A message as it was stored."""

    subject: str
    from_email: str
    envelope_from: str
    envelope_to: str
    size: int
    raw: bytes


@dataclass
class Office:
    """A listener on `port` for the identities of `world`."""

    world: World
    listener: Listener
    port: int
    lines: AccessLog
    wires: list[Wire] = field(default_factory=list)

    async def connect(self) -> Wire:
        """A connection whose greeting is not read yet; closed with the office."""
        self.wires.append(await Wire.to(self.port))
        return self.wires[-1]

    async def greeted(self) -> Wire:
        """A connection that has said EHLO; closed with the office."""
        wire = await self.connect()
        assert (await wire.reply()).startswith("220 ")
        assert (await wire.say("EHLO client.example")).startswith("250-")
        return wire

    @property
    def mine(self) -> str:
        return self.world.mine["email"]

    @property
    def sibling(self) -> str:
        return self.world.sibling["email"]

    async def messages(self, identity: dict[str, Any] | None = None) -> list[Stored]:
        """What *identity* (mine, if not said) has got, oldest first, as it stands in the database."""
        rows = await self.world.services.db.all(
            "SELECT m.subject, m.from_email, m.envelope_from, m.envelope_to, m.size, r.content"
            " FROM messages m JOIN raw_messages r ON r.message_pk = m.id JOIN identities i ON i.id = m.identity_id"
            " WHERE i.uuid = :uuid ORDER BY m.id",
            uuid=(identity or self.world.mine)["uuid"],
        )
        return [Stored(*row[:-1], bytes(row[-1])) for row in rows]

    async def raw(self) -> list[bytes]:
        """The bytes of each message of mine."""
        return [message.raw for message in await self.messages()]


@contextlib.asynccontextmanager
async def office_on(database_url: str, folder: Path, **limits: Any) -> AsyncIterator[Office]:
    """Start the app on *database_url* with a listener; *limits* are those of `Limits`."""
    async with world_on(database_url) as world:
        tls = new_context()
        tls.load_cert_chain(own_certificate(folder, [HOST]))
        intake = Intake(world.services.mail, Checker(None), lines := AccessLog())
        listener = Listener(intake, Limits(**limits), hostname=HOST, tls=tls)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            await listener.start(listening)
            try:
                office = Office(world, listener, listening.getsockname()[1], lines)
                yield office
                for wire in office.wires:
                    await wire.close()
            finally:
                await listener.stop(timedelta(0))
