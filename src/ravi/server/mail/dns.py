"""
The questions that the checks of a sender ask the DNS.

A name that does not exist, or has nothing of the kind, is an empty list. Everything else that keeps an answer from us
is `LookupFailed`, which no check may take for an answer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

_T = TypeVar("_T")

#: Answers are kept as long as they may be, but only so many, and none for longer than this, in seconds.
CACHED_ANSWERS = 1000
LONGEST_KEPT = 3600.0


class LookupFailed(Exception):
    """There was no answer: a time-out, a server that failed, no way there."""


class Resolver(Protocol):
    """
    Looks names up. They are ASCII; a final dot is allowed.

    Raises LookupFailed.
    """

    async def txt(self, name: str) -> list[bytes]:
        """Return the texts, the strings of each joined."""

    async def a(self, name: str) -> list[str]:
        """Return IPv4 addresses."""

    async def aaaa(self, name: str) -> list[str]:
        """Return IPv6 addresses."""

    async def mx(self, name: str) -> list[tuple[int, str]]:
        """Return preferences and hosts, without final dots."""

    async def ptr(self, name: str) -> list[str]:
        """Return the names that *name*, which ends in `in-addr.arpa` or `ip6.arpa`, points to, without final dots."""


class DnsResolver:
    """Asks name servers: those given, or those of the system. *seconds* limits one look-up with its repetitions."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53, seconds: float = 1.5) -> None:
        """Raises LookupFailed when none are given and the system has none."""
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration as error:
            raise LookupFailed("no name server is configured") from error
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._seconds = seconds
        #: When each is over, by the clock of `time.monotonic`, and its records. (The library's own cache takes a
        #: twentieth of a millisecond to find one; there are questions about every message.)
        self._kept: dict[tuple[str, str], tuple[float, list[Any]]] = {}

    async def txt(self, name: str) -> list[bytes]:
        return [b"".join(record.strings) for record in await self._ask(name, "TXT")]

    async def a(self, name: str) -> list[str]:
        return [record.address for record in await self._ask(name, "A")]

    async def aaaa(self, name: str) -> list[str]:
        return [record.address for record in await self._ask(name, "AAAA")]

    async def mx(self, name: str) -> list[tuple[int, str]]:
        return [
            (record.preference, record.exchange.to_text(omit_final_dot=True)) for record in await self._ask(name, "MX")
        ]

    async def ptr(self, name: str) -> list[str]:
        return [record.target.to_text(omit_final_dot=True) for record in await self._ask(name, "PTR")]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        """Return the records; each kind has attributes of its own."""
        question = name.lower(), kind
        over, records = self._kept.get(question, (0.0, []))
        if over > time.monotonic():
            return records
        try:
            # Absolute, so that no search domain of this machine is tried in its place.
            absolute = dns.name.from_text(name, origin=dns.name.root)
        except (dns.exception.DNSException, UnicodeError):
            return []
        try:
            answer = await self._resolver.resolve(
                absolute, kind, raise_on_no_answer=False, lifetime=self._seconds, search=False
            )
        except dns.resolver.NXDOMAIN as nothing:
            response = nothing.response(absolute)  # type: ignore[no-untyped-call]  # the one that it has none for
            self._keep(question, [], response.resolve_chaining().minimum_ttl)
            return []
        except dns.resolver.YXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise LookupFailed(type(error).__name__) from error
        records = list(answer)
        self._keep(question, records, answer.chaining_result.minimum_ttl)
        return records

    def _keep(self, question: tuple[str, str], records: list[Any], seconds: float) -> None:
        self._kept.pop(question, None)
        if len(self._kept) >= CACHED_ANSWERS:
            del self._kept[next(iter(self._kept))]  # the one that was asked for longest ago
        self._kept[question] = time.monotonic() + min(seconds, LONGEST_KEPT), records


class Breaker:
    """
    A resolver that notices when nobody answers, and then says so at once instead of letting every message wait.

    One domain whose servers are silent is not the same as no DNS: after a failure the root is asked, which any server
    that works knows by heart. While nobody answers, the root is asked again every *retry_after* seconds, beside the
    messages.
    """

    def __init__(
        self,
        inner: Resolver,
        *,
        retry_after: float = 30.0,
        probe_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._retry_after = retry_after
        self._probe_seconds = probe_seconds
        self._clock = clock
        #: None until the first question is asked.
        self._answers: bool | None = None
        self._probed_at = 0.0
        self._probe: asyncio.Task[None] | None = None

    async def txt(self, name: str) -> list[bytes]:
        return await self._guard(self._inner.txt, name)

    async def a(self, name: str) -> list[str]:
        return await self._guard(self._inner.a, name)

    async def aaaa(self, name: str) -> list[str]:
        return await self._guard(self._inner.aaaa, name)

    async def mx(self, name: str) -> list[tuple[int, str]]:
        return await self._guard(self._inner.mx, name)

    async def ptr(self, name: str) -> list[str]:
        return await self._guard(self._inner.ptr, name)

    async def _guard(self, ask: Callable[[str], Awaitable[_T]], name: str) -> _T:
        if self._answers is None:
            await asyncio.shield(self._begin_probe())
        if not self._answers:
            if self._clock() >= self._probed_at + self._retry_after:
                self._begin_probe()
            raise LookupFailed("no name server answers")
        try:
            return await ask(name)
        except (LookupFailed, asyncio.CancelledError):
            # Cancelled is what a caller does who has waited long enough.
            self._begin_probe()
            raise

    def _begin_probe(self) -> "asyncio.Task[None]":
        if self._probe is None or self._probe.done():
            self._probed_at = self._clock()
            self._probe = asyncio.create_task(self._ask_root(), name="is there a DNS")
        return self._probe

    async def _ask_root(self) -> None:
        try:
            async with asyncio.timeout(self._probe_seconds):
                await self._inner.txt(".")
        except (LookupFailed, TimeoutError):
            self._answers = False
        else:
            self._answers = True


def system_resolver() -> Resolver | None:
    """Return a resolver that asks the name servers of this system; None when it has none."""
    try:
        return Breaker(DnsResolver())
    except LookupFailed:
        return None
