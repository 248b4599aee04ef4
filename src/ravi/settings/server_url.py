"""URLs of servers: one spelling for each server, so that two can be compared."""

from __future__ import annotations

from ravi.errors import ConfigInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from ravi.settings.place import Place

_PORTS = {"http": 80, "https": 443}
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
ALLOW_HTTP = "RAVI_ALLOW_HTTP"


def normalise(url: str, where: str) -> str:
    """
    *url* as `scheme://host[:port]`: lower case, without default port, trailing slash or trailing `/api`.

    Raises ConfigInvalid, naming *where* it was read, for anything but http or https, for a user name or
    password, a query or a fragment, a path, or a host or port that cannot be. The url itself is not repeated,
    because it may contain a password.
    """
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _PORTS:
        _refuse(where, "is not an http:// or https:// URL")
    if "?" in rest or "#" in rest:
        _refuse(where, "has a query or a fragment")
    authority, _, path = rest.partition("/")
    if "@" in authority or "\\" in rest:
        _refuse(where, "has a user name or password in it")
    if path.rstrip("/") not in ("", "api"):
        _refuse(where, "has a path; a server stands at the root of its host")
    host, port = split_authority(authority, where)
    host = _normal_host(host, where)
    return f"{scheme}://{host}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def split_authority(authority: str, where: str) -> tuple[str, int | None]:
    """
    Host and port of `host`, `host:port`, `[v6]`, `[v6]:port`. The brackets stay with the host.

    Raises ConfigInvalid when the port is no number from 1 to 65535, or there is no host.
    """
    if authority.startswith("["):
        inside, bracket, after = authority.partition("]")
        host, port = inside + bracket, after
        if not bracket or (after and not after.startswith(":")):
            _refuse(where, "has an unfinished IPv6 address")
        port = after[1:]
    else:
        host, _, port = authority.partition(":")
    if not host:
        _refuse(where, "has no host")
    if authority.endswith(":") or not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        _refuse(where, "has a port that is no number from 1 to 65535")
    return host, int(port)


def split_server(server: str) -> tuple[str, str, int]:
    """Scheme, host without brackets, and port of a normalised server URL."""
    scheme, _, authority = server.partition("://")
    host, port = split_authority(authority, "the server")
    return scheme, host.strip("[]"), port or _PORTS[scheme]


def is_loopback(server: str) -> bool:
    """Whether the normalised *server* is this machine, by its name alone."""
    host = split_server(server)[1]
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    parts = host.split(".")
    return parts[0] == "127" and len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def check_transport(server: str, where: str, place: Place) -> None:
    """
    See that a credential would not cross a network in the clear.

    Raises ConfigInvalid for plain http to another machine, unless RAVI_ALLOW_HTTP is 1.
    """
    if server.startswith("http:") and not is_loopback(server) and place.var(ALLOW_HTTP) != "1":
        raise ConfigInvalid(
            f"{where} is {server}: plain http to another machine would show the credential to the network",
            hint=f"use https, or set {ALLOW_HTTP}=1 if that network is private",
        )


def _normal_host(host: str, where: str) -> str:
    if host.startswith("["):
        import socket

        try:
            packed = socket.inet_pton(socket.AF_INET6, host[1:-1])
        except (OSError, ValueError):
            _refuse(where, "has an IPv6 address that is none")
        return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]"
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            _refuse(where, "has a host name that cannot be")
    host = host.lower().removesuffix(".")
    if not host or len(host) > 253 or not _HOST_CHARACTERS.issuperset(host) or ".." in host or host[0] in ".-":
        _refuse(where, "has a host name that cannot be")
    return host


def _refuse(where: str, problem: str) -> NoReturn:
    raise ConfigInvalid(f"{where} {problem}", hint="write it like https://ravi.example.com or http://127.0.0.1:8787")
