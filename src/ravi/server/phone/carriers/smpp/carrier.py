"""The `smpp` carrier: the connection that is kept, and the texts that are sent over it."""

import asyncio
import contextlib
import logging
import secrets
from functools import partial

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.contract import (
    Alive,
    Allocated,
    Carrier,
    Finding,
    Later,
    Outgoing,
    Reading,
    Refused,
    Sent,
    Tell,
    Uncertain,
    Webhook,
    WebhookRefused,
    Wish,
)
from ravi.server.phone.carriers.smpp import pdu as pdus
from ravi.server.phone.carriers.smpp.diagnosis import diagnose
from ravi.server.phone.carriers.smpp.inbox import Inbox
from ravi.server.phone.carriers.smpp.pdu import Piece
from ravi.server.phone.carriers.smpp.receipts import Sendings, plain_id
from ravi.server.phone.carriers.smpp.session import (
    BindRefused,
    NotConnected,
    Session,
    Unanswered,
    connected,
    reason_of,
)
from ravi.server.phone.carriers.smpp.setup import Pace, Setup
from ravi.server.phone.carriers.smpp.texts import pieces_of

log = logging.getLogger("ravi.phone")

#: The SMSC has too much to do: after how many seconds it is asked again.
_BUSY = {pdus.THROTTLED: 5.0, pdus.QUEUE_FULL: 30.0}
#: What has to do with the SMSC, or with the connection, and not with the text: SMPP 3.4 section 5.1.3.
_FOR_NOW = (0x04, 0x08, 0x45, 0x64, 0xFF)
#: Of the rest of a text whose beginning was taken, when the SMSC has too much to do.
_TRIES = 4


class Smpp(Carrier):
    """One account at one SMSC. Its numbers are listed in its URL; nothing is bought or given back."""

    def __init__(self, name: str, setup: Setup, pace: Pace | None = None) -> None:
        super().__init__(name)
        self._setup = setup
        self._pace = pace or Pace()
        self._session: Session | None = None
        self._sendings = Sendings()
        self._reference = secrets.randbelow(256)
        self._logged = ""

    async def allocate(self, wish: Wish) -> Allocated:
        for number in self._setup.numbers:
            if not await wish.is_known(number):
                return Allocated(number)
        raise NumbersExhausted(f"every number of the carrier {self.name} has been given to somebody")

    async def release(self, allocated: Allocated) -> None:
        """The number stays routed here, and is known for ever: nobody gets it again."""

    async def read(self, webhook: Webhook) -> Reading:
        raise WebhookRefused("an SMSC has no webhooks")

    async def send(self, text: Outgoing) -> Sent:
        if text.again:
            raise Uncertain("an SMSC cannot be asked whether it has taken a text")
        if text.from_number not in self._setup.numbers:
            raise Later(f"{text.from_number} is not in numbers= any more", maybe_sent=False)
        session = self._session
        if session is None:
            why = f": {self._logged}" if self._logged else ""
            raise Later(f"not connected to {self._setup.at}{why}", maybe_sent=False)
        self._reference = (self._reference + 1) % 256
        pieces = pieces_of(text.body, self._setup.alphabet, self._reference)
        with self._sendings.one(len(pieces)) as sending:
            message_id = ""
            for number, piece in enumerate(pieces, 1):
                message_id = await self._hand_over(session, text, piece, number, len(pieces))
                self._sendings.accepted(sending, message_id)
            sending.ref = message_id
            return Sent(ref=message_id)

    async def _hand_over(self, session: Session, text: Outgoing, piece: Piece, number: int, total: int) -> str:
        """Send one piece and return what the SMSC calls it."""
        begun = number > 1
        packet = partial(pdus.submit, self._setup, text.from_number, text.to_number, piece)
        for left in reversed(range(_TRIES if begun else 1)):
            try:
                said = await session.submit(packet)
            except NotConnected as failure:
                raise Later(str(failure), maybe_sent=begun) from None
            except Unanswered as failure:
                raise Later(str(failure), maybe_sent=True) from None
            status = said.status
            if said.command == pdus.SUBMIT_SM_RESP and status == pdus.OK:
                return plain_id(pdus.read_message_id(said.body))
            if status in _BUSY and left:
                await asyncio.sleep(self._pace.throttled)
        reason = f"the SMSC refused it: {pdus.name_of(status or pdus.INVALID_COMMAND)}"
        if begun:
            reason = f"part {number} of {total}, after the others were taken: {reason}"
        if status in _BUSY or status in _FOR_NOW:
            raise Later(reason, maybe_sent=begun, after=_BUSY.get(status))
        raise Refused(reason)

    async def run(self, tell: Tell) -> None:
        inbox = Inbox(self._setup, self._pace, self._sendings)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.work(tell))
            tasks.create_task(self._keep_connected(inbox, tell))

    async def _keep_connected(self, inbox: Inbox, tell: Tell) -> None:
        clock = asyncio.get_running_loop().time
        delay = self._pace.first_retry
        while True:
            began_at = clock()
            self._note(await self._connection(inbox, tell))
            if clock() >= began_at + self._pace.steady:
                delay = self._pace.first_retry
            # Between half of it and all: servers that have lost the same SMSC do not come back together.
            await asyncio.sleep(delay * (0.5 + secrets.randbelow(501) / 1000))
            delay = min(delay * 2, self._pace.last_retry)

    async def _connection(self, inbox: Inbox, tell: Tell) -> str:
        """Connect, and stay connected; return why that came to an end."""
        alive = Alive(self._setup.at, f"signed in as {self._setup.system_id}")
        try:
            async with connected(self._setup, self._pace, inbox.take) as session:
                await session.bind()
                self._session = session
                try:
                    self._note("")
                    await tell(alive)
                    return await session.keep_up(lambda: tell(alive))
                finally:
                    self._session = None
                    with contextlib.suppress(asyncio.CancelledError):
                        await session.leave()
        except (BindRefused, Unanswered, NotConnected) as failure:
            return str(failure)
        except OSError as fault:
            return reason_of(fault)

    def _note(self, reason: str) -> None:
        """Log that we are connected (""), or why not; once, however often it is tried."""
        if reason == self._logged and reason:
            return
        self._logged = reason
        told = {"carrier": self.name, "smsc": self._setup.at}
        if reason:
            log.warning("not connected to the SMSC", extra={**told, "reason": reason})
        else:
            log.info("connected to the SMSC", extra=told)

    async def diagnose(self) -> list[Finding]:
        return await diagnose(self._setup, self._pace, connected_here=self._session is not None)
