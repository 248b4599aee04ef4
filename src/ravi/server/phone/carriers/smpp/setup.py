"""What the URL of an `smpp` carrier says, and how long its connection waits for what."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ravi.server.identities.e164 import parse_number
from ravi.settings.server_carriers import CarrierUrl

_OPTIONS = ("numbers", "password", "system-type", "alphabet", "source-ton", "source-npi", "window", "ca")
#: Of type of number and numbering plan, SMPP 3.4 section 5.2.5 and 5.2.6.
_TONS = range(7)
_NPIS = (0, 1, 3, 4, 6, 8, 9, 14, 18)
_PORT, _TLS_PORT = 2775, 3550
#: Of what is sent in a field that ends with a zero octet.
_PLAIN = re.compile(r"[\x20-\x7e]*")

Alphabet = Literal["gsm-7", "latin-1"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. Tests are in a hurry; everybody else takes these."""

    connect: float = 10.0
    """For connecting, the handshake of TLS, and being let in."""
    answer: float = 30.0
    """For one answer to a text. Less than the server gives a carrier for an attempt."""
    room: float = 10.0
    """For a place in the window."""
    idle: float = 30.0
    """Of silence, after which the SMSC is asked whether it is there."""
    idle_answer: float = 10.0
    first_retry: float = 1.0
    last_retry: float = 60.0
    steady: float = 30.0
    """A connection that lasted so long begins with the first retry again."""
    throttled: float = 2.0
    """Before the rest of a text is tried again whose beginning was taken."""
    alive: float = 60.0
    parts_quiet: float = 2.0
    """Without another part, after which an SMSC seems to wait for our answer before it sends the next."""
    parts_limit: float = 60.0
    """For all parts of a text to come."""
    parts_kept: float = 600.0
    """That a text put together is remembered, so that one of its parts that comes again makes no other text."""
    farewell: float = 2.0


@dataclass(frozen=True, slots=True)
class Setup:
    """
    One account at one SMSC.

    `alphabet` is what the SMSC takes for its default one. `source_ton` and `source_npi` say how our number is to be
    read. `window` is how many texts may be on their way without an answer.
    """

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    numbers: tuple[str, ...]
    system_type: str = ""
    alphabet: Alphabet = "gsm-7"
    source_ton: int = 1
    source_npi: int = 1
    window: int = 10
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def at(self) -> str:
        """Where the SMSC is, for messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def setup_of(url: CarrierUrl) -> Setup:
    """Read the URL. Raises ValueError, whose reason does not quote the password."""
    if url.transport not in ("", "tls"):
        raise ValueError("is smpp+tls://… for TLS, or smpp://… without it")
    if not url.host:
        raise ValueError("needs the host of the SMSC: smpp://SYSTEM_ID:PASSWORD@HOST")
    password = url.password or url.options.get("password", "")
    if not url.user or not password:
        raise ValueError("needs a system id and a password: smpp://SYSTEM_ID:PASSWORD@HOST, or password-file=FILE")
    if url.password and "password" in url.options:
        raise ValueError("has a password twice")
    if url.path.strip("/"):
        raise ValueError("has a path, and an SMSC has none")
    if "ca" in url.options and not url.transport:
        raise ValueError("has a ca, which is of use for smpp+tls:// only")
    unknown = [name for name in url.options if name not in _OPTIONS]
    if unknown:
        raise ValueError(f"has the option {unknown[0]}, which smpp does not know")
    for what, text, longest in (
        ("system id", url.user, 15),
        ("password", password, 64),  # the standard says 8, and many an SMSC says otherwise
        ("system-type", url.options.get("system-type", ""), 12),
    ):
        if len(text) > longest or not _PLAIN.fullmatch(text):
            raise ValueError(f"has a {what} that is longer than {longest} characters, or is not plain ASCII")
    alphabet = url.options.get("alphabet", "gsm-7")
    if alphabet not in ("gsm-7", "latin-1"):
        raise ValueError("has an alphabet that is neither gsm-7 nor latin-1")
    return Setup(
        host=url.host,
        port=url.port or (_TLS_PORT if url.transport else _PORT),
        system_id=url.user,
        password=password,
        numbers=_numbers(url.options.get("numbers", "")),
        system_type=url.options.get("system-type", ""),
        alphabet="gsm-7" if alphabet == "gsm-7" else "latin-1",
        source_ton=_number(url.options, "source-ton", 1, _TONS),
        source_npi=_number(url.options, "source-npi", 1, _NPIS),
        window=_number(url.options, "window", 10, range(1, 1001)),
        tls=_context(url.options.get("ca", "")) if url.transport else None,
    )


def _numbers(text: str) -> tuple[str, ...]:
    try:
        numbers = tuple(parse_number(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise ValueError("has something in numbers that is no number with its country code") from None
    if not numbers:
        raise ValueError("needs numbers=+4915…,+4916…: the numbers that are routed here")
    if len(set(numbers)) < len(numbers):
        raise ValueError("has the same number twice in numbers")
    return numbers


def _number(options: Mapping[str, str], name: str, usual: int, allowed: range | tuple[int, ...]) -> int:
    text = options.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) not in allowed:
        raise ValueError(f"has a {name} that is none of {min(allowed)} to {max(allowed)}")
    return int(text)


def _context(authority: str) -> ssl.SSLContext:
    """*authority* names a file with the certificates to trust; "" is what the machine trusts."""
    try:
        return ssl.create_default_context(cafile=authority or None)
    except OSError:  # ssl.SSLError is one
        raise ValueError("names a file in ca that holds no certificates, or cannot be read") from None
