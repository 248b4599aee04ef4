"""
What the server's settings may be, and how each is read from text.

Every parser takes text and raises ValueError with a reason that completes the sentence "<source>: …". No reason
quotes a database URL: it may hold a password.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. `host` is a name or an IP address without brackets; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect. A name other than `localhost` is assumed to be reachable."""
        ip = _ip(self.host)
        return self.host == "localhost" if ip is None else ip.is_loopback

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every address of the machine, so that no URL can be made of it."""
        ip = _ip(self.host)
        return ip is not None and ip.is_unspecified


class DatabaseUrl:
    """A database's URL. Its text and repr hide the password; `reveal` does not."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """Return the URL as it was written, password included."""
        return self._url

    @property
    def file(self) -> Path | None:
        """The database file of a SQLite URL, else None."""
        return Path(self._url.removeprefix("sqlite://")) if self._url.startswith("sqlite://") else None

    def __str__(self) -> str:
        # Greedy up to the last @, so that a password with an unescaped / or @ in it is hidden as well.
        hidden = re.sub(r"^(\w+://[^:/@]*):.*@", r"\1:***@", self._url, flags=re.DOTALL)
        return re.sub(r"([?&][^=&]*password=)[^&]*", r"\1***", hidden, flags=re.IGNORECASE)

    def __repr__(self) -> str:
        return f"DatabaseUrl({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseUrl) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)

    def __reduce__(self) -> str:
        raise TypeError("a database URL is not serialised")


def address(text: str) -> Address:
    """Read `HOST:PORT` or `[IPV6]:PORT`."""
    wanted = "HOST:PORT, such as 127.0.0.1:8787 or [::1]:8787"
    host, colon, port = text.rpartition(":")
    if not colon or not _NUMBER.fullmatch(port):
        raise ValueError(f"{text!r} is not {wanted}")
    if int(port) > 65_535:
        raise ValueError(f"{text!r} has a port above 65535")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not isinstance(_ip(host), ipaddress.IPv6Address):
            raise ValueError(f"{text!r} is not {wanted}: there is no IPv6 address in the brackets")
    elif ":" in host:
        raise ValueError(f"{text!r} is not {wanted}: an IPv6 address needs brackets")
    elif _ip(host) is None and not _is_host_name(host.lower()):
        raise ValueError(f"{text!r} is not {wanted}")
    return Address(host.lower(), int(port))


def database_url(text: str) -> DatabaseUrl:
    """Read `sqlite:///absolute/file` or `postgresql://user:password@host:port/name`."""
    if not text.isprintable():
        raise ValueError("has a character in it that no URL has")
    if text.startswith("sqlite:"):
        file = text.removeprefix("sqlite://")
        if not file.startswith("/") or not file.strip("/") or file.endswith("/"):
            raise ValueError("a SQLite database is sqlite:// and an absolute path: sqlite:///srv/ravi/ravi.db")
        return DatabaseUrl("sqlite:///" + file.lstrip("/"))  # some people write four slashes
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("is neither sqlite:///absolute/file nor postgresql://user:password@host/name")
    return DatabaseUrl(text)


def public_url(text: str) -> str:
    """Read `http[s]://host[:port]`; a last slash is dropped."""
    try:
        parts = urlsplit(text.rstrip("/"))
        port = parts.port
    except ValueError:
        raise ValueError(f"{text!r} is not a URL such as https://ravi.example.com") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not (_ip(host) or _is_host_name(host)) or not text.isprintable():
        raise ValueError(f"{text!r} is not a URL such as https://ravi.example.com")
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} must be a scheme, a host and perhaps a port, without anything behind them")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def domain(text: str) -> str:
    """Read one mail domain; upper case is lowered."""
    lowered = text.lower()
    if not lowered.isascii():
        raise ValueError(f"{text!r} is not ASCII: write an international domain in its xn-- form")
    if not _is_host_name(lowered) or _ip(lowered):
        raise ValueError(f"{text!r} is not a domain name")
    return lowered


def mail_address(text: str) -> str:
    """Read one mail address; upper case is lowered."""
    local, _, host = text.lower().rpartition("@")
    if not local or not local.isascii() or not local.isprintable() or set(local) & set(' "@<>,;:%!+'):
        raise ValueError(f"{text!r} is not a mail address such as ada@in.example.org")
    return f"{local}@{domain(host)}"


def webhook_target(text: str) -> str:
    """Read a host name, an address, or a network such as `10.0.0.0/8`; upper case is lowered."""
    lowered = text.lower()
    try:
        return str(ipaddress.ip_network(lowered))
    except ValueError:
        if "/" in lowered or ":" in lowered or not lowered.isascii() or not _is_host_name(lowered):
            raise ValueError(f"{text!r} is not a host name, an address, or a network such as 10.0.0.0/8") from None
    return lowered


def duration(text: str) -> timedelta:
    """Read a whole number with its unit: `90s`, `15m`, `1h`, `7d`."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a whole number with a unit, such as 90s, 15m, 1h or 7d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])  # nine digits of days just fit


def duration_text(length: timedelta) -> str:
    """Return the shortest text that `duration` reads as *length*, which is in whole seconds."""
    seconds = int(length.total_seconds())
    unit = next((unit for unit, size in _UNITS.items() if seconds and seconds % size == 0), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a parser for a whole number from *least* to *most*."""

    def read(text: str) -> int:
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def between(least: timedelta, most: timedelta) -> Callable[[str], timedelta]:
    """Return a parser for a duration from *least* to *most*."""

    def read(text: str) -> timedelta:
        length = duration(text)
        if not least <= length <= most:
            raise ValueError(f"{text!r} is not between {duration_text(least)} and {duration_text(most)}")
        return length

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Return a parser for one of *words*, in any case."""

    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return text.lower()

    return read


def switch(text: str) -> bool:
    """Read true or false."""
    match text.lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise ValueError(f"{text!r} is neither true nor false")


def path(text: str) -> Path:
    """Read a path and make it absolute; `~` is the home directory."""
    if not text.isprintable():
        raise ValueError(f"{text!r} is not a path that can be printed")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"{text!r} starts in a home directory that cannot be found") from None


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_host_name(name: str) -> bool:
    labels = name.split(".")
    # A last label of digits only would be a mistyped IPv4 address (RFC 1123 section 2.1).
    return len(name) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()
