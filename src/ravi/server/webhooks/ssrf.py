"""
Where this server may be made to send a request, and where not.

Whoever adds a webhook chooses an address that *we* connect to, from inside our network. So the name is resolved once,
every address that it has must be a public one, and the connection goes to exactly those addresses: a name server that
gives another answer a moment later (DNS rebinding) is not asked again. Decided on addresses as numbers, never on how
they are spelled: one number has dozens of spellings.

Unlike lists of what is forbidden, the rule for IPv6 begins with what is allowed: 2000::/3, less the blocks in it that
lead elsewhere. The forms that wrap an IPv4 address (RFC 4291 2.5.5, 3056, 4380, 6052, 8215) are refused as such, but
for the well-known prefix of NAT64, which is how a host without IPv4 reaches the rest: there the wrapped address counts.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from yarl import URL

from ravi.server.webhooks.errors import TargetRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Turns a host name into the addresses that it has, as text. Raises OSError when there are none.
Lookup = Callable[[str, int], Awaitable[list[str]]]

LONGEST_URL = 2000
#: Ports on which something else than a web server listens that a forged request could reach.
MAIL_PORTS = frozenset((25, 465, 587))
WEB_PORTS = frozenset((80, 443))

_NOT_IPV4 = [
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata service too
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service, on an address that looks public
        "169.254.0.0/16",  # link-local; metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_IPV6 = [
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # special purposes, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
#: The last label of a host that programs of the C library's family read as a number: 2130706433, 0x7f.1, 127.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class Guard:
    """Decides, with the operator's exceptions in *allow*: host names, addresses, networks (`10.0.0.0/8`)."""

    def __init__(self, allow: Iterable[str] = (), lookup: Lookup | None = None) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        for entry in allow:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                self._names.add(entry.lower())
        self._threads: ThreadPoolExecutor | None = None
        self._lookup = lookup or self._ask_system

    def check_url(self, text: str) -> URL:
        """
        Return *text* as the URL that a request is made of. Nothing is looked up. Raises TargetRefused.

        There is one parser: what is checked here is the object that is connected to later.
        """
        if len(text) > LONGEST_URL or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            raise TargetRefused("must be a URL of visible ASCII characters, such as https://example.com/hook")
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError:
            raise TargetRefused("must be a URL such as https://example.com/hook") from None
        if url.scheme not in ("http", "https") or not host or port is None:
            raise TargetRefused("must begin with http:// or https:// and name a host")
        if "@" in url.raw_authority:
            raise TargetRefused("must not hold a name or a password")
        if port in MAIL_PORTS or (port < 1024 and port not in WEB_PORTS):
            raise TargetRefused(f"must not use port {port}: 80, 443 and those above 1023 may be used")
        self._check_host(host.lower())
        return url.with_fragment(None)

    def _check_host(self, host: str) -> None:
        literal = _literal(host)
        if literal is not None:
            self._check_address(host, literal)
            return
        labels = host.split(".")
        if _NUMBER.fullmatch(labels[-1] or labels[-2:][0]):
            raise TargetRefused("must write an IPv4 address as four decimal numbers")
        if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise TargetRefused("must name a host, or an address")
        if host not in self._names and (len(labels) == 1 or labels[-1] == "localhost"):
            raise TargetRefused("must name a host by its whole name")

    async def addresses(self, url: URL) -> list[str]:
        """
        Resolve the host of *url*, once, and return its addresses; every one of them may be connected to.

        Raises TargetRefused when one of them may not, or when there is none.
        """
        host = (url.raw_host or "").lower()
        self._check_host(host)
        literal = _literal(host)
        if literal is not None:
            return [str(literal)]
        try:
            found = await self._lookup(host, url.port or 0)
        except (OSError, UnicodeError):
            raise TargetRefused("the host is not found") from None
        addresses = [_literal(text) for text in dict.fromkeys(found)]
        if not addresses:
            raise TargetRefused("the host is not found")
        for address in addresses:
            if address is None:
                raise TargetRefused("the host has an address that cannot be read")
            self._check_address(host, address)
        return [str(address) for address in addresses]

    def _check_address(self, host: str, address: Address) -> None:
        if host in self._names or any(address in network for network in self._networks):
            return
        if not is_public(address):
            raise TargetRefused("this server does not post to that address: it is not on the public internet")

    async def _ask_system(self, host: str, port: int) -> list[str]:
        # Threads of its own: a name server that does not answer holds one for seconds, and others need the shared ones.
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhook-lookup")
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_, address in found]

    def close(self) -> None:
        """Let go of the threads. Look-ups that are under way end by themselves."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def is_public(address: Address) -> bool:
    """Whether *address* belongs to a host on the public internet that is reached as itself, not through another."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_IPV4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_IPV6 and not any(address in network for network in _NOT_IPV6)


def _literal(host: str) -> Address | None:
    """Return the address that *host* is, in a spelling that nobody reads otherwise; else None."""
    if "%" in host:  # a zone: of this machine's own links
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
