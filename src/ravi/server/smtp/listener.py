"""Starting and stopping the listener, in the event loop that everything else runs in."""

import asyncio
import logging
import socket
import ssl
from datetime import timedelta

from ravi.server.smtp.connection import BYE, Shared
from ravi.server.smtp.intake import Intake
from ravi.server.smtp.limits import LINGER_SECONDS, Door, Limits, Pace, Room
from ravi.server.smtp.protocol import Conversation

#: The library writes every command and address that it hears into its log; ours has a line for each message.
_THEIR_LOG = logging.getLogger("mail.log")


class Listener:
    """Accepts connections on one socket between `start` and `stop`."""

    def __init__(self, intake: Intake, limits: Limits, *, hostname: str, tls: ssl.SSLContext) -> None:
        room, pace = Room(limits.waiting_bytes), Pace(limits)
        self._shared = Shared(intake, limits, hostname, tls, Door(limits), room, pace, open=set())
        self._server: asyncio.Server | None = None
        self._stopping = False

    async def start(self, listening: socket.socket, *, backlog: int = 2048) -> None:
        """Accept connections on *listening*, which is bound."""
        _THEIR_LOG.disabled = True
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._conversation, sock=listening, backlog=backlog)

    async def stop(self, within: timedelta) -> None:
        """
        Accept nobody any more, and return when nobody is left.

        A message that is under way is finished, if it is within that time; conversations without one end at once.
        """
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        for conversation in list(self._shared.open):
            conversation.finish()
        await self._emptied(within.total_seconds())
        for conversation in list(self._shared.open):
            conversation.hang_up(BYE)
        await self._emptied(2 * LINGER_SECONDS)
        self._server = None

    async def _emptied(self, seconds: float) -> None:
        if left := [conversation.gone for conversation in self._shared.open]:
            await asyncio.wait(left, timeout=seconds)

    def _conversation(self) -> Conversation:
        return Conversation(self._shared, stopping=self._stopping)
