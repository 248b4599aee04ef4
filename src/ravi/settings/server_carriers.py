"""Carriers of texts: how the URL of one is read, and how it is kept from being shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

_WANTED = "a URL such as loopback: or twilio://SID:TOKEN@api.twilio.com, with #NAME to tell two of a kind apart"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TRANSPORT = re.compile(r"[a-z]{1,8}")
_OPTION = re.compile(r"[a-z][a-z0-9-]{0,31}")
#: Of a file that holds a secret, in bytes.
_LARGEST_FILE = 4096


@dataclass(frozen=True, slots=True)
class CarrierUrl:
    """
    One carrier: `KIND[+TRANSPORT]://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?OPTION=VALUE&…][#NAME]`.

    `kind` is the module of `server/phone/carriers` that reads the rest. `name` is what numbers, webhooks and logs know
    it by; without one it is the kind. Its text and repr hide the password and the values of options.
    """

    kind: str
    transport: str = ""
    user: str = ""
    password: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    name: str = ""

    def __str__(self) -> str:
        transport = f"+{self.transport}" if self.transport else ""
        signs_in = f"{self.user}:***@" if self.password else f"{self.user}@" if self.user else ""
        port = "" if self.port is None else f":{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        at = f"//{signs_in}{host}{port}{self.path}" if host or signs_in else ""
        options = "&".join(f"{name}=***" for name in self.options)
        shown_name = "" if self.name == self.kind else f"#{self.name}"
        return f"{self.kind}{transport}:{at}{f'?{options}' if options else ''}{shown_name}"

    def __repr__(self) -> str:
        return f"CarrierUrl({str(self)!r})"

    def __reduce__(self) -> str:
        raise TypeError("the URL of a carrier is not serialised")


def carrier_url(text: str) -> CarrierUrl:
    """
    Read the URL of a carrier; user, password and options are percent-encoded.

    An option that ends in `-file` names a file; the option without that ending is what is in it, without the line
    break at its end. Raises ValueError, whose reason does not quote the text: there may be a password in it.
    """
    if not text.isprintable():
        raise ValueError("has a character in it that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is not {_WANTED}") from None
    kind, plus, transport = parts.scheme.partition("+")
    if not _NAME.fullmatch(kind) or (plus and not _TRANSPORT.fullmatch(transport)):
        raise ValueError(f"is not {_WANTED}")
    name = parts.fragment or kind
    if not _NAME.fullmatch(name):
        raise ValueError("has a name behind # that is not made of small letters, digits and hyphens")
    return CarrierUrl(
        kind=kind,
        transport=transport,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=parts.hostname or "",
        port=port,
        path=parts.path,
        options=MappingProxyType(_options(parts.query)),
        name=name,
    )


def _options(query: str) -> dict[str, str]:
    """Return the options. A plus sign is one: numbers begin with it."""
    options: dict[str, str] = {}
    for pair in query.split("&") if query else []:
        name, equals, value = pair.partition("=")
        if not equals or not _OPTION.fullmatch(name):
            raise ValueError("has something behind ? that is not OPTION=VALUE&…")
        value = unquote(value)
        if name.endswith("-file"):
            name, value = name.removesuffix("-file"), _content(name, value)
        if name in options:
            raise ValueError(f"has the option {name} twice")
        options[name] = value
    return options


def _content(option: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as fault:
        raise ValueError(f"names a file in {option} that cannot be read: {fault.strerror}") from None
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _LARGEST_FILE or not text.isprintable():
        raise ValueError(f"names a file in {option} that does not hold one line of text")
    return text
