"""
What is known about who sent a message: SPF, DKIM and DMARC.

Computed from the connection and the bytes that came over it. What a message says about itself in
`Authentication-Results` is not read: anybody can write it.
"""

import asyncio
import time
from collections.abc import Callable

from ravi.server.mail import dmarc
from ravi.server.mail.dkim import check_dkim
from ravi.server.mail.dns import LookupFailed, Resolver
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.records import Check, Verdicts
from ravi.server.mail.spf import asks, check_spf

#: For one message, everything together. The client waits for its 250 meanwhile.
SECONDS = 2.0


class Checker:
    """
    Checks senders. Without a resolver every result that needs the DNS is `none`.

    A look-up that fails or takes too long makes its result `temperror`, never `fail`.
    """

    def __init__(
        self, resolver: Resolver | None, *, seconds: float = SECONDS, now: Callable[[], float] = time.time
    ) -> None:
        self._resolver = resolver
        self._seconds = seconds
        self._now = now

    async def check(self, *, raw: bytes, parsed: Parsed, peer: str, helo: str, mail_from: str) -> Verdicts:
        """
        Return what is known about the sender of *raw*, which the client at the IP address *peer* handed over, saying
        HELO *helo* and MAIL FROM *mail_from* (empty for a bounce). Never raises.
        """
        try:
            author, reason = dmarc.author_domain(parsed), ""
        except ValueError as error:
            author, reason = "", str(error)
        dkim: tuple[Check, ...]
        policy: dmarc.Policy | LookupFailed | None
        if self._resolver is None:
            spf = await check_spf(None, peer=peer, helo=helo, mail_from=mail_from)
            dkim, policy = await check_dkim(None, raw, now=self._now()), None
        elif not (asks(peer) or parsed.is_signed):
            # One question at most, so nothing to do side by side, which would take longer than all the rest.
            deadline = asyncio.get_running_loop().time() + self._seconds
            spf, dkim = await check_spf(self._resolver, peer=peer, helo=helo, mail_from=mail_from), ()
            policy = await self._policy(deadline, author)
        else:
            deadline = asyncio.get_running_loop().time() + self._seconds
            spf, dkim, policy = await asyncio.gather(
                self._spf(deadline, peer, helo, mail_from), self._dkim(deadline, raw), self._policy(deadline, author)
            )
        if not author:
            return Verdicts(spf, dkim, Check("permerror", "", {"reason": reason}))
        return Verdicts(spf, dkim, dmarc.evaluate(author, spf, dkim, policy, self._resolver))

    async def _spf(self, deadline: float, peer: str, helo: str, mail_from: str) -> Check:
        try:
            async with asyncio.timeout_at(deadline):
                return await check_spf(self._resolver, peer=peer, helo=helo, mail_from=mail_from)
        except TimeoutError:
            domain = (mail_from or helo).rpartition("@")[2].lower()
            return Check("temperror", domain, {"client_ip": peer, "mail_from": mail_from, "helo": helo})

    async def _dkim(self, deadline: float, raw: bytes) -> tuple[Check, ...]:
        try:
            async with asyncio.timeout_at(deadline):
                return await check_dkim(self._resolver, raw, now=self._now())
        except TimeoutError:
            return (Check("temperror", "", {"reason": "the keys could not be looked up in time"}),)

    async def _policy(self, deadline: float, author: str) -> dmarc.Policy | LookupFailed | None:
        if self._resolver is None or not author:
            return None
        try:
            async with asyncio.timeout_at(deadline):
                return await dmarc.find_policy(self._resolver, author)
        except LookupFailed as fault:
            return fault
        except TimeoutError:
            return LookupFailed("it took too long")
