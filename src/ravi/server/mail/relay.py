"""The way out: one connection to the operator's relay, one message to some recipients (RFC 5321, RFC 6409)."""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

log = logging.getLogger("ravi.mail")

#: For each answer; the whole attempt has `ATTEMPT_SECONDS`, which the claim on a delivery must outlast.
ANSWER_SECONDS = 120.0
ATTEMPT_SECONDS = 600.0

Result = Literal["sent", "later", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient. `reason` is the relay's reply, or what went wrong on the way to it."""

    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RelayServer:
    """
    Where the relay is. `tls`: "implicit" from the first byte, "required" by STARTTLS, with the certificate checked in
    both; "opportunistic": STARTTLS if offered, whoever it is; "none".
    """

    host: str
    port: int
    tls: Literal["implicit", "required", "opportunistic", "none"]
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"RelayServer({self.host!r}, {self.port}, {self.tls!r})"


class Relay:
    """Hands messages to the relay. Says itself to be *name*, a domain of ours."""

    def __init__(self, server: RelayServer, *, name: str) -> None:
        self._server = server
        self._name = name
        self._tls = ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if server.tls == "opportunistic":
            # Without a certificate to trust it is still better than in the clear, which is the alternative.
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE

    async def send(self, raw: bytes, *, mail_from: str, recipients: Sequence[str]) -> dict[str, Outcome]:
        """
        Return what became of each recipient. Never raises but for cancellation.

        "sent" is said only after the relay's 250 to the message itself. Without an answer to it the message may have
        been taken all the same: then the result is "later", and it goes out twice rather than not at all.
        """
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._send(raw, mail_from, recipients)
        except TimeoutError:
            return _all(recipients, Outcome("later", "the relay did not answer in time"))
        except aiosmtplib.SMTPAuthenticationError as refused:
            # The operator can mend this, so no message fails for it at once.
            log.error("relay refuses our password", extra={"relay": self._server.host, "reply": refused.code})
            return _all(recipients, Outcome("later", f"the relay refuses our credential ({refused.code})"))
        except aiosmtplib.SMTPResponseException as refused:
            return _all(recipients, _refused(refused))
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as fault:
            log.warning("relay not reached", extra={"relay": self._server.host, "reason": str(fault)[:200]})
            return _all(recipients, Outcome("later", f"the relay was not reached: {str(fault)[:300]}"))

    async def _send(self, raw: bytes, mail_from: str, recipients: Sequence[str]) -> dict[str, Outcome]:
        client = self._client()
        await client.connect()
        try:
            await client.mail(mail_from, options=[f"SIZE={len(raw)}"] if client.supports_extension("size") else [])
            outcomes: dict[str, Outcome] = {}
            for recipient in recipients:
                try:
                    await client.rcpt(recipient)
                except aiosmtplib.SMTPRecipientRefused as refused:
                    outcomes[recipient] = _refused(refused)
            accepted = [each for each in recipients if each not in outcomes]
            if accepted:
                try:
                    reply = await client.data(raw)
                except aiosmtplib.SMTPDataError as refused:
                    outcomes |= _all(accepted, _refused(refused))
                else:
                    outcomes |= _all(accepted, Outcome("sent", f"{reply.code} {reply.message}"))
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):  # it has answered what matters
                await client.quit(timeout=5)
            return outcomes
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._name,
            timeout=ANSWER_SECONDS,
            use_tls=server.tls == "implicit",
            start_tls={"required": True, "opportunistic": None}.get(server.tls, False),
            tls_context=None if server.tls == "none" else self._tls,
        )


def _all(recipients: Sequence[str], outcome: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(recipients, outcome)


def _refused(refused: aiosmtplib.SMTPResponseException) -> Outcome:
    reason = f"{refused.code} {refused.message}"
    return Outcome("failed" if 500 <= refused.code < 600 else "later", reason)
