"""Who really connects, when a reverse proxy stands in between."""

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send


class BehindProxy:
    """
    Takes the peer's address and scheme from the headers of the one proxy that connects to us.

    A proxy appends what it saw to X-Forwarded-For, so only the last entry is its word; everything before it was
    sent by the client and may be a lie. Use this only where nobody but the proxy can connect.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, **_forwarded(scope["headers"])}
        await self._app(scope, receive, send)


def neighbourhood(address: str) -> str:
    """
    Return what is counted under when *address* is that of a peer.

    An IPv6 peer usually owns a whole /64, so that is what counts; IPv4 in IPv6's clothes counts as IPv4.
    """
    try:
        v6 = ipaddress.IPv6Address(address.partition("%")[0])
    except ipaddress.AddressValueError:
        return address
    mapped: ipaddress.IPv4Address | None = v6.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.IPv6Network((v6, 64), strict=False))


#: What `::1` is counted under.
_LOOPBACK = neighbourhood("::1")


def counted_place(address: str) -> str:
    """
    Return what is counted under when nothing is known of a caller but *address*; "" where that tells nothing.

    All on this machine share one address, and so does everybody behind a proxy on it that we were not told of.
    """
    place = neighbourhood(address)
    return "" if place.startswith("127.") or place == _LOOPBACK else place


def _forwarded(headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    """What the proxy said, in the terms of an ASGI scope; what it did not say, or not well, stays as it is."""
    said: dict[str, object] = {}
    for name, value in headers:  # of several headers of one name the last is the proxy's
        last = value.decode("latin-1").rpartition(",")[2].strip()
        if name == b"x-forwarded-for" and (address := _address(last)):
            said["client"] = (address, 0)
        elif name == b"x-forwarded-proto" and last.lower() in ("http", "https"):
            said["scheme"] = last.lower()
    return said


def _address(text: str) -> str | None:
    """The IP address in an entry, which some proxies write with brackets or a port."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
