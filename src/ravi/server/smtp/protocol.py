"""
The commands of RFC 5321, each with an enhanced status code in its answer (RFC 2034, RFC 3463).

Offered are SIZE, 8BITMIME, SMTPUTF8, PIPELINING, ENHANCEDSTATUSCODES and STARTTLS. There is nothing to sign in to:
every recipient is ours or refused, whoever asks.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from ravi.server.smtp import limits
from ravi.server.smtp.connection import BYE, TOO_SLOW, Connection, Shared
from ravi.server.smtp.data import MessageRefused, read_message, too_large
from ravi.server.smtp.intake import Draft
from ravi.server.smtp.paths import Argument, BadArgument, check_ascii, check_sender, parse_argument

#: A name as people give it, standard or not, but nothing that could break a line of the log.
_HOST_NAME = re.compile(r"[!-~\u00a1-\U0010ffff]{1,255}")
_SIZE = re.compile(r"[0-9]{1,20}", re.ASCII)

TOO_MUCH = "450 4.2.1 too much mail for this mailbox, try again later"
NO_ROOM = "452 4.3.1 too many messages at once, try again later"


class Conversation(Connection):
    """One conversation: what has been said so far, and what may follow."""

    def __init__(self, shared: Shared, *, stopping: bool = False) -> None:
        super().__init__(shared, stopping=stopping)
        self._refused_recipients = 0
        self._idle_talk = 0

    async def obey(self, verb: str, argument: str) -> None:
        method = COMMANDS.get(verb)
        if method is None:
            await self.refuse("500 5.5.1 there is no such command")
            return
        self._reset_timeout()
        if verb in IDLE_TALK:
            self._idle_talk += 1
            if self._idle_talk > limits.MOST_IDLE_TALK:
                self.hang_up("421 4.7.0 too much talk without a message")
                return
        if argument and verb in BARE:
            await self.refuse(f"501 5.5.4 {verb} takes no argument")
            return
        try:
            await method(self, argument)
        except BadArgument as reply:
            await self.refuse(str(reply))

    # --- greeting

    async def _helo(self, host_name: str) -> None:
        if await self._greeted(host_name, extended=False):
            await self.push(f"250 {self.hostname}")

    async def _ehlo(self, host_name: str) -> None:
        if await self._greeted(host_name, extended=True):
            offers = ["PIPELINING", f"SIZE {self.shared.limits.message_bytes}", "8BITMIME", "SMTPUTF8"]
            offers += [] if self.encrypted else ["STARTTLS"]
            lines = [f"250-{offer}" for offer in (self.hostname, *offers)]
            await self.push("\r\n".join([*lines, "250 ENHANCEDSTATUSCODES"]))

    async def _greeted(self, host_name: str, *, extended: bool) -> bool:
        if not _HOST_NAME.fullmatch(host_name):
            await self.refuse("501 5.5.4 expected the name of your host")
            return False
        self.draft = Draft()
        self.host_name, self.extended = host_name, extended
        return True

    async def _starttls(self, _: str) -> None:
        if self.encrypted:
            await self.refuse("503 5.5.1 the connection is encrypted already")
        else:
            await self.encrypt()

    # --- a message

    async def _mail(self, argument: str) -> None:
        if self.stopping:
            self.hang_up(BYE)
            return
        if not self.host_name:
            await self.refuse("503 5.5.1 say EHLO first")
            return
        if self.draft.mail_from is not None:
            await self.refuse("503 5.5.1 there is a sender already")
            return
        given = parse_argument(argument, "FROM:")
        utf8 = self._means_utf8(given)
        check_sender(given.address, utf8=utf8)
        size = int(given.parameters.get("SIZE") or 0)
        if size > self.shared.limits.message_bytes:
            await self.push(too_large(self.shared.limits.message_bytes))
        elif size > self.shared.room.left:
            await self.push(NO_ROOM)
        else:
            self.draft.mail_from, self.draft.utf8 = given.address, utf8
            await self.push("250 2.1.0 sender noted")

    def _means_utf8(self, given: Argument) -> bool:
        """Check the parameters of MAIL; tell whether SMTPUTF8 is among them. Raises BadArgument."""
        parameters = given.parameters
        if set(parameters) - {"SIZE", "BODY", "SMTPUTF8"} or (parameters and not self.extended):
            raise BadArgument("555 5.5.4 a parameter is not known")
        if not _SIZE.fullmatch(parameters.get("SIZE", "0") or ""):
            raise BadArgument("501 5.5.4 SIZE is a number")
        if (parameters.get("BODY", "7BIT") or "").upper() not in ("7BIT", "8BITMIME"):
            raise BadArgument("501 5.5.4 BODY is 7BIT or 8BITMIME")
        if parameters.get("SMTPUTF8"):
            raise BadArgument("501 5.5.4 SMTPUTF8 has no value")
        return "SMTPUTF8" in parameters

    async def _rcpt(self, argument: str) -> None:
        draft = self.draft
        if draft.mail_from is None:
            await self.refuse("503 5.5.1 say MAIL first")
            return
        given = parse_argument(argument, "TO:")
        if given.parameters:
            raise BadArgument("555 5.5.4 a parameter is not known")
        check_ascii(given.address, utf8=draft.utf8)
        if draft.accepted >= self.shared.limits.recipients:
            await self.push("452 4.5.3 too many recipients, send to the others in another transaction")
            return
        found = await self.shared.intake.resolve(given.address)
        if not isinstance(found, str):
            if not self.shared.pace.take(self._host, found.identity_id):
                await asyncio.sleep(limits.PACED_SECONDS)
                await self.push(TOO_MUCH)
                return
            draft.accepted += 1
            draft.mailboxes.setdefault(found.identity_id, found)
            await self.push("250 2.1.5 recipient accepted")
            return
        self._refused_recipients += 1
        if self._refused_recipients > limits.MOST_REFUSED_RECIPIENTS:
            self.hang_up("421 4.7.0 too many wrong recipients")
        else:
            await self.push(found)

    async def _data(self, _: str) -> None:
        if self.draft.mail_from is None:
            await self.refuse("503 5.5.1 say MAIL first")
        elif not self.draft.mailboxes:
            await self.refuse("554 5.5.1 there is no valid recipient")
        else:
            await self.push("354 end with CR LF . CR LF")
            try:
                reply = await self._message()
            except MessageRefused as refusal:
                reply = refusal.reply
                if refusal.over:
                    self.hang_up(reply)
            except TimeoutError:
                reply = TOO_SLOW
                self.hang_up(reply)
            self.draft = Draft()
            self._idle_talk = 0
            if not self.over:
                await self.push(reply)

    async def _message(self) -> str:
        """Read the message and have it stored; return the reply. Raises MessageRefused and TimeoutError."""
        with self.shared.room.share() as share:
            until = self.loop.time() + limits.DATA_SECONDS
            raw = await read_message(
                self._reader,
                most=self.shared.limits.message_bytes,
                share=share,
                progress=lambda: self._go_on(until),
            )
            return await self.shared.intake.accept(self.draft, self.describe(), raw)

    def _go_on(self, until: float) -> None:
        """
        Note that a piece of the message came. Raises TimeoutError when that was after *until*, by the loop's clock.

        Whoever does not even send a piece now and then is noticed by the timer of the connection.
        """
        self._reset_timeout()
        if self._heard_at > until:
            raise TimeoutError

    # --- everything else

    async def _rset(self, _: str) -> None:
        self.draft = Draft()
        await self.push("250 2.0.0 forgotten")

    async def _noop(self, _: str) -> None:
        await self.push("250 2.0.0 fine")

    async def _help(self, _: str) -> None:
        await self.push(f"214 2.0.0 {' '.join(COMMANDS)}")

    async def _vrfy(self, _: str) -> None:
        await self.push("252 2.1.5 send a message and see")

    async def _expn(self, _: str) -> None:
        await self.refuse("502 5.5.1 there are no lists")

    async def _bdat(self, _: str) -> None:
        # Whoever says BDAT unasked has a message behind it, which is no sequence of commands.
        self.hang_up("502 5.5.1 CHUNKING is not offered")

    async def _quit(self, _: str) -> None:
        self.hang_up("221 2.0.0 bye", at_once=True)


#: What there is to be called. Whatever else the library has, or will have, is not.
COMMANDS: dict[str, Callable[[Conversation, str], Awaitable[None]]] = {
    "HELO": Conversation._helo,
    "EHLO": Conversation._ehlo,
    "STARTTLS": Conversation._starttls,
    "MAIL": Conversation._mail,
    "RCPT": Conversation._rcpt,
    "DATA": Conversation._data,
    "RSET": Conversation._rset,
    "NOOP": Conversation._noop,
    "VRFY": Conversation._vrfy,
    "EXPN": Conversation._expn,
    "HELP": Conversation._help,
    "BDAT": Conversation._bdat,
    "QUIT": Conversation._quit,
}
#: Harmless, endless and pointless: so many between two messages are enough.
IDLE_TALK = frozenset({"HELO", "EHLO", "RSET", "NOOP", "VRFY", "HELP"})
#: These take no argument.
BARE = frozenset({"STARTTLS", "DATA", "RSET", "QUIT"})
