"""
Which proxy, if any: the environment of the process decides, by the rules of curl.

`http_proxy` only in lower case (a CGI program's HTTP_PROXY comes from its caller's headers), HTTPS_PROXY, ALL_PROXY
and NO_PROXY in either. Files never set a proxy, and this machine is always reached directly.
"""

from __future__ import annotations

from ravi.errors import ConfigInvalid
from ravi.settings.server_url import is_loopback, split_authority, split_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Proxy:
    """An HTTP proxy. `authorization` is the value of Proxy-Authorization, or None; it stays out of the repr."""

    __slots__ = ("authorization", "host", "port", "variable")

    def __init__(self, host: str, port: int, authorization: str | None, variable: str) -> None:
        self.host = host
        self.port = port
        self.authorization = authorization
        self.variable = variable

    def __repr__(self) -> str:
        return f"Proxy({self.host}:{self.port}, from {self.variable})"


def find_proxy(server: str, environ: Mapping[str, str]) -> Proxy | None:
    """
    The proxy for the normalised URL *server*; None for a direct connection.

    Raises ConfigInvalid when the variable that applies is not a usable URL of an HTTP proxy.
    """
    if is_loopback(server):
        return None
    scheme, host, port = split_server(server)
    names = ("http_proxy",) if scheme == "http" else ("https_proxy", "HTTPS_PROXY")
    for variable in (*names, "all_proxy", "ALL_PROXY"):
        value = environ.get(variable, "").strip()
        if value:
            exceptions = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
            return None if _is_excepted(host, port, exceptions) else _parse(value, variable)
    return None


def _parse(value: str, variable: str) -> Proxy:
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "http", value
    if scheme.lower() != "http":
        raise ConfigInvalid(
            f"{variable} names a proxy that is not an http:// one",
            hint="set it to http://HOST:PORT, or leave the server out of it with NO_PROXY (https and socks"
            " proxies are not supported)",
        )
    authority = rest.partition("/")[0]
    login, at, address = authority.rpartition("@")
    host, port = split_authority(address, variable)
    if not all("!" <= char <= "~" for char in host):
        raise ConfigInvalid(f"{variable} has a host name that cannot be")
    return Proxy(host.strip("[]"), port or 1080, _basic(login) if at else None, variable)


def _basic(login: str) -> str:
    """`user:password`, percent-encoded as in a URL, as Basic authorization (RFC 7617)."""
    from binascii import b2a_base64
    from urllib.parse import unquote_to_bytes

    user, _, password = login.partition(":")
    return "Basic " + b2a_base64(unquote_to_bytes(user) + b":" + unquote_to_bytes(password), newline=False).decode()


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    for entry in exceptions.replace(",", " ").lower().split():
        if entry == "*":
            return True
        if "/" in entry:
            if _in_network(host, entry):
                return True
            continue
        name = entry
        if name.count(":") == 1:
            name, _, only = name.partition(":")
            if only != str(port):
                continue
        name = name.strip("[]").strip(".")
        if name and (host == name or host.endswith("." + name)):
            return True
    return False


def _in_network(host: str, network: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
