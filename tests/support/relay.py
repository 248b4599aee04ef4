"""A relay that does what a test tells it to, inside the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Taken:
    """One message that the relay said 250 to."""

    mail_from: str
    recipients: list[str]
    content: bytes


@dataclass
class ScriptedRelay:
    """`replies` has what to say to a recipient, `to_data` what to say to each message in turn; else it takes all."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    to_data: list[str] = field(default_factory=list)
    hang_after_taking: bool = False
    slow: set[str] = field(default_factory=set)
    """Who is not answered for an hour, once."""
    server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Be away: nobody listens there any more."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.slow:
            self.slow.remove(address)
            await asyncio.sleep(3600)
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_data:
            return self.to_data.pop(0)
        assert envelope.mail_from is not None
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(Taken(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        if self.hang_after_taking:
            await asyncio.sleep(3600)
        return "250 OK"


@asynccontextmanager
async def scripted_relay(port: int = 0) -> AsyncIterator[ScriptedRelay]:
    """Run one on a loopback port."""
    relay = ScriptedRelay()
    loop = asyncio.get_running_loop()
    relay.server = await loop.create_server(
        lambda: SMTP(relay, hostname="relay.test", loop=loop, data_size_limit=40 * 1024 * 1024), "127.0.0.1", port
    )
    relay.port = relay.server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        await relay.close()
