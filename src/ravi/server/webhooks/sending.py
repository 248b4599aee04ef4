"""One try: a POST to an address that was checked, and nowhere else."""

import asyncio
import contextlib
import socket
import ssl
from functools import cached_property

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from ravi.server.webhooks.errors import TargetRefused
from ravi.server.webhooks.records import Outcome
from ravi.server.webhooks.ssrf import Guard
from ravi.version import __version__

#: For all of it: looking up, connecting, sending, and what is read of the answer.
TRY_SECONDS = 10.0
#: What is read of an answer's body, and how much of that is kept.
MOST_READ = 4096
PREVIEW_SECONDS = 1.0
LONGEST_PREVIEW = 500

USER_AGENT = f"ravi-webhooks/{__version__}"


class Sender:
    """Posts deliveries. Redirects are not followed, nothing is unpacked, no proxy or cookie is used."""

    def __init__(self, guard: Guard, *, seconds: float = TRY_SECONDS) -> None:
        self._guard = guard
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        """Post *body* and return how that went; never raises for what the other side does."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers)
        except TargetRefused as refusal:
            return Outcome(error=str(refusal))
        except TimeoutError:
            return Outcome(error=f"no answer within {self._seconds:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            return Outcome(error=_reason(fault))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        target = self._guard.check_url(url)
        addresses = await self._guard.addresses(target)
        # A connector for each try: a connection that is kept would outlive the check.
        connector = aiohttp.TCPConnector(
            resolver=_Checked(addresses), use_dns_cache=False, force_close=True, limit=1, ssl=self._tls
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self._seconds),
            ) as session,
            session.post(
                target,
                data=body,
                headers={**headers, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                allow_redirects=False,
            ) as answer,
        ):
            outcome = Outcome(answer.status, await self._preview(answer), _complaint(answer.status))
            answer.close()  # what is left of the body is of no interest
            return outcome

    async def _preview(self, answer: aiohttp.ClientResponse) -> str:
        """Return the beginning of the body. The status has come: a body that fails changes nothing."""
        read = b""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(PREVIEW_SECONDS):
                while len(read) < MOST_READ and (some := await answer.content.read(MOST_READ - len(read))):
                    read += some
        return harmless(read)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def close(self) -> None:
        """Let go of what looking names up took."""
        self._guard.close()


class _Checked(AbstractResolver):
    """Answers with the addresses that were checked, whatever name it is asked for."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def harmless(read: bytes) -> str:
    """Return text that a terminal and a page can show: no controls, no marks of direction, at most 500 characters."""
    text = read.decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:LONGEST_PREVIEW]


def _complaint(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


def _reason(fault: Exception) -> str:
    """Return what went wrong in words of ours: the other side's could hold anything."""
    match fault:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not trusted"
        case aiohttp.ClientConnectorSSLError():
            return "it does not speak TLS"
        case aiohttp.ClientConnectorError():
            return "it cannot be reached"
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection without an answer"
        case aiohttp.ClientResponseError():
            return "what answered does not speak HTTP"
    return "the connection was lost"
