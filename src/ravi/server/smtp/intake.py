"""From a message that has arrived to one that is stored: parsed, its sender checked, and on disk before the 250."""

import asyncio
import logging
import re
import time
from dataclasses import dataclass, field
from random import getrandbits
from typing import Protocol

from msgspec import Struct

from ravi.server.db import DatabaseFull, DatabaseUnavailable
from ravi.server.http.access_log import AccessLog
from ravi.server.http.origin import Origin, acting
from ravi.server.mail.errors import RecipientRefused
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Envelope, Mailbox, Verdicts

log = logging.getLogger("ravi.smtp")

#: Up to here parsing takes less than handing it to a thread and waiting for the answer costs the others.
PARSED_AT_ONCE = 64 * 1024
#: Messages larger than that are parsed so many at a time: each needs several times its size in memory meanwhile.
PARSED_TOGETHER = 2
#: Where a header is said to end if nothing else does; hops are counted no further.
LONGEST_HEADER = 256 * 1024
#: RFC 5321 section 6.3: a message that came through so many servers goes in a circle.
MOST_HOPS = 100
_HOP = re.compile(rb"^received:", re.IGNORECASE | re.MULTILINE)

NOT_STORED = "451 4.3.0 the message could not be stored, try again later"
DISK_FULL = "452 4.3.1 there is no room to store the message, try again later"
NOBODY_LEFT = "550 5.1.1 nobody of the recipients is here any more"
IN_A_CIRCLE = "554 5.4.6 the message has passed too many servers"
NOT_LOOKED_UP = "451 4.3.0 the recipient could not be looked up, try again later"


class MailService(Protocol):
    """What is done with recipients and messages: `ravi.server.mail.service.Mail`."""

    async def resolve(self, given: str) -> Mailbox:
        """Return whose *given* is. Raises RecipientRefused with the reply."""

    async def receive(self, envelope: Envelope) -> list[int]:
        """Store a message durably; return the ids of its rows."""


class SenderChecks(Protocol):
    """Who may say that a message is from whom: SPF, DKIM, DMARC."""

    async def check(self, *, raw: bytes, parsed: Parsed, peer: str, helo: str, mail_from: str) -> Verdicts:
        """Return what can be found out in bounded time. Never raises."""


@dataclass(slots=True)
class Draft:
    """
    A transaction under way: what MAIL and RCPT have said so far.

    `mailboxes` has one entry for each identity, because a person who is named twice gets a message once.
    """

    mail_from: str | None = None
    utf8: bool = False
    mailboxes: dict[int, Mailbox] = field(default_factory=dict)
    accepted: int = 0


class Peer(Struct, frozen=True):
    """Who is talking: their IP address, the name they gave, and whether the connection is encrypted."""

    host: str
    helo: str
    encrypted: bool


class Intake:
    """Turns what the protocol has read into calls of the mail service, and their outcome into replies."""

    def __init__(self, mail: MailService, checks: SenderChecks, lines: AccessLog) -> None:
        self._mail = mail
        self._checks = checks
        self._lines = lines
        self._threads = asyncio.Semaphore(PARSED_TOGETHER)

    async def resolve(self, given: str) -> Mailbox | str:
        """Return whose mailbox *given* is, or the reply that refuses it."""
        try:
            return await self._mail.resolve(given)
        except RecipientRefused as refusal:
            return refusal.reply
        except DatabaseUnavailable as fault:
            log.warning("recipient not looked up", extra={"reason": fault.message})
            return NOT_LOOKED_UP
        except Exception:  # the last resort: the sender is to try again, the log gets the traceback
            log.exception("fault")
            return NOT_LOOKED_UP

    async def accept(self, draft: Draft, peer: Peer, raw: bytes) -> str:
        """
        Store *raw* for everybody in *draft* and return the reply: 250 only when it is durable.

        Writes a line about it to the log, whatever comes of it: never a subject, never a body.
        """
        started = time.monotonic()
        reference = f"{getrandbits(48):012x}"  # finds the line in the log, and guards nothing
        try:
            with acting(Origin("smtp", peer=peer.host, request_id=reference)):
                reply = await self._store(draft, peer, raw, reference)
        except DatabaseFull:
            reply = DISK_FULL
        except DatabaseUnavailable as fault:
            log.warning("message not stored", extra={"reference": reference, "reason": fault.message})
            reply = NOT_STORED
        except Exception:  # the last resort: the sender is to try again, the log gets the traceback
            log.exception("fault", extra={"reference": reference})
            reply = NOT_STORED
        self._lines.note(
            "ravi.smtp",
            "message",
            {
                "reference": reference,
                "peer": peer.host,
                "helo": peer.helo,
                "tls": peer.encrypted,
                "bytes": len(raw),
                "recipients": draft.accepted,
                "reply": reply[:9],
                "ms": round((time.monotonic() - started) * 1000, 2),
            },
        )
        return reply

    async def _store(self, draft: Draft, peer: Peer, raw: bytes, reference: str) -> str:
        assert draft.mail_from is not None
        if _hops(raw) > MOST_HOPS:
            return IN_A_CIRCLE
        parsed = await self._parse(raw)
        verdicts = await self._checks.check(
            raw=raw, parsed=parsed, peer=peer.host, helo=peer.helo, mail_from=draft.mail_from
        )
        stored = await self._mail.receive(
            Envelope(
                peer=peer.host,
                helo=peer.helo,
                mail_from=draft.mail_from,
                recipients=tuple(draft.mailboxes.values()),
                raw=raw,
                parsed=parsed,
                verdicts=verdicts,
                encrypted=peer.encrypted,
            )
        )
        return f"250 2.6.0 stored as {reference}" if stored else NOBODY_LEFT

    async def _parse(self, raw: bytes) -> Parsed:
        if len(raw) <= PARSED_AT_ONCE:
            return parse(raw)
        async with self._threads:
            return await asyncio.to_thread(parse, raw)


def _hops(raw: bytes) -> int:
    """How many servers say that they passed *raw* on."""
    end = raw.find(b"\r\n\r\n", 0, LONGEST_HEADER)
    return sum(1 for _ in _HOP.finditer(raw, 0, end if end >= 0 else LONGEST_HEADER))
