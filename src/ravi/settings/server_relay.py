"""The relay that mail leaves through: how its URL is read, and how it is kept from being shown."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from ravi.settings.server_values import Address, address

_WANTED = "a URL such as smtp://user:password@relay.example.org:587, or smtps:// for TLS from the first byte"
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,3}", re.ASCII)
#: RFC 6409 and RFC 8314.
_PORTS: dict[str, int] = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """A relay, and what signs us in there. Its text and repr hide the password."""

    scheme: Literal["smtp", "smtps"]
    at: Address
    user: str
    password: str

    def __str__(self) -> str:
        return f"{self.scheme}://{f'{self.user}:***@' if self.user else ''}{self.at}"

    def __repr__(self) -> str:
        return f"RelayUrl({str(self)!r})"

    def __reduce__(self) -> str:
        raise TypeError("the URL of a relay is not serialised")


def relay_url(text: str) -> RelayUrl:
    """
    Read `smtp[s]://[user:password@]host[:port]`, user and password percent-encoded.

    Raises ValueError, whose reason does not quote the text: there may be a password in it.
    """
    if not text.isprintable():
        raise ValueError("has a character in it that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is not {_WANTED}") from None
    if parts.scheme not in _PORTS or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"is not {_WANTED}")
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    try:
        at = address(f"{shown}:{_PORTS[parts.scheme] if port is None else port}")
    except ValueError:
        raise ValueError(f"is not {_WANTED}") from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("names a user without a password, or the other way round")
    if not user.isprintable() or not password.isprintable() or at.port == 0:
        raise ValueError(f"is not {_WANTED}")
    return RelayUrl("smtps" if parts.scheme == "smtps" else "smtp", at, user, password)


def selector(text: str) -> str:
    """Read the name that a DKIM key has in the DNS (RFC 6376 section 3.1)."""
    if not _SELECTOR.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is not a DKIM selector, such as ravi or 2026-03")
    return text.lower()


def in_the_clear(relay: RelayUrl | None, tls: str) -> bool:
    """Whether the password could cross a network unencrypted, or reach somebody who only says to be the relay."""
    return (
        relay is not None
        and bool(relay.password)
        and relay.scheme == "smtp"
        and tls != "required"
        and not relay.at.is_loopback
    )
