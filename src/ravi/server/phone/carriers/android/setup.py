"""What the URL of an `android` carrier says: where the app is, how it signs, and which SIM has which number."""

import ipaddress
import re
from dataclasses import dataclass, field

from ravi.server.identities.e164 import parse_number
from ravi.settings.server_carriers import CarrierUrl

_OPTIONS = ("key", "sims", "device")
_DEVICE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
#: Names that never lead out of the house: RFC 6761, 6762, 8375, and the one that ICANN has set aside.
_HOME = (".local", ".home.arpa", ".internal")


@dataclass(frozen=True, slots=True)
class Setup:
    """
    One phone, or one account of a gateway server that passes everything on to one phone.

    `sims` has the numbers in the order of the slots, "" for a slot that is none of ours. `local`: the app itself is
    called, in the same network. `device` is the only one that is believed; "" is whoever signs with `key`.
    """

    base: str
    local: bool
    user: str
    password: str = field(repr=False)
    key: bytes = field(repr=False)
    sims: tuple[str, ...]
    device: str = ""

    @property
    def who(self) -> str:
        """Who answers at `base`, for messages."""
        return "the phone" if self.local else "the gateway server"

    def slot_of(self, number: str) -> int | None:
        """Return the slot of *number*, counted from 1; None when it has none any more."""
        return self.sims.index(number) + 1 if number in self.sims and number else None


def setup_of(url: CarrierUrl) -> Setup:
    """Read the URL. Raises ValueError, whose reason quotes neither password nor key."""
    if url.transport not in ("", "http"):
        raise ValueError("is android://… for https, or android+http://… for a phone in your own network")
    if not url.host:
        raise ValueError("needs the host of the phone, or of the gateway server")
    if not url.user or not url.password:
        raise ValueError("needs the user and the password that the app shows: android://USER:PASSWORD@HOST")
    if ":" in url.user:
        raise ValueError("has a colon in its user, which HTTP cannot send")
    unknown = [name for name in url.options if name not in _OPTIONS]
    if unknown:
        raise ValueError(f"has the option {unknown[0]}, which android does not know")
    if url.transport == "http" and not _is_near(url.host):
        raise ValueError("would send the password and every text unencrypted over the internet; leave out +http")
    if not url.options.get("key"):
        raise ValueError("needs key-file=FILE with the signing key of the app, or nobody could tell its webhooks")
    path = url.path.rstrip("/")
    device = url.options.get("device", "")
    if device and not _DEVICE.fullmatch(device):
        raise ValueError("has a device that is not made of letters, digits, _ and -")
    if path and not device:
        raise ValueError("needs device=ID: an account of a gateway server may have several phones")
    port = "" if url.port is None else f":{url.port}"
    host = f"[{url.host}]" if ":" in url.host else url.host
    return Setup(
        base=f"{'http' if url.transport else 'https'}://{host}{port}{path}",
        local=not path,
        user=url.user,
        password=url.password,
        key=url.options["key"].encode(),
        sims=_sims(url.options.get("sims", "")),
        device=device,
    )


def _sims(text: str) -> tuple[str, ...]:
    try:
        sims = tuple(parse_number(number) if number.strip() else "" for number in text.split(","))
    except ValueError:
        raise ValueError("has something in sims that is no number with its country code") from None
    numbers = [number for number in sims if number]
    if not numbers:
        raise ValueError("needs sims=+4915…,+4916…: the numbers of its SIMs, in the order of their slots")
    if len(set(numbers)) < len(numbers):
        raise ValueError("has the same number twice in sims")
    return sims


def _is_near(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(_HOME)
    return not (address.is_global or address.is_multicast or address.is_unspecified)
