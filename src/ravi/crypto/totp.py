"""Time-based one-time codes (RFC 6238) and the `otpauth` URI that carries their seed."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from ravi.crypto.encoding import find_utf8
from ravi.errors import UsageError

ALGORITHMS = ("SHA1", "SHA256", "SHA512")
DIGITS = (6, 7, 8)


class Seed:
    """A shared secret and how codes are made of it. `period` is in seconds. The repr shows no secret."""

    __slots__ = ("algorithm", "digits", "period", "secret")

    def __init__(self, secret: bytes, *, algorithm: str = "SHA1", digits: int = 6, period: int = 30) -> None:
        if not secret:
            raise UsageError("the TOTP secret is empty")
        if algorithm not in ALGORITHMS:
            raise UsageError(f"the TOTP algorithm must be one of {', '.join(ALGORITHMS)}")
        if digits not in DIGITS:
            raise UsageError("a TOTP code has 6, 7 or 8 digits")
        if not 1 <= period <= 3600:
            raise UsageError("the TOTP period must be 1 to 3600 seconds")
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
        self.period = period

    def __repr__(self) -> str:
        return f"Seed(<hidden>, algorithm={self.algorithm!r}, digits={self.digits}, period={self.period})"

    def code(self, at: float) -> str:
        """The code at the time *at*, in seconds since 1970 (RFC 4226 section 5.3 on the number of the period)."""
        counter = struct.pack(">Q", int(at // self.period))
        digest = hmac.digest(self.secret, counter, self.algorithm.lower())
        offset = digest[-1] & 0x0F
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
        return str(number % 10**self.digits).zfill(self.digits)

    def remaining(self, at: float) -> float:
        """Seconds for which the code of the time *at* is still the current one."""
        return self.period - at % self.period

    def uri(self, name: str) -> str:
        """
        The `otpauth://totp/` URI with every parameter written out: what is sealed, *name* included.

        Raises UsageError for a name that has no UTF-8.
        """
        if find_utf8(name) is None:
            raise UsageError("the TOTP name is not text in UTF-8")
        secret = base64.b32encode(self.secret).decode("ascii").rstrip("=")
        rest = f"algorithm={self.algorithm}&digits={self.digits}&period={self.period}"
        return f"otpauth://totp/{quote(name, safe='')}?secret={secret}&{rest}"


def from_secret(text: str, *, algorithm: str = "SHA1", digits: int = 6, period: int = 30) -> Seed:
    """A seed from base 32 (RFC 4648) as sites print it: any case, with blanks and dashes, with or without padding."""
    cleaned = "".join(text.split()).replace("-", "").rstrip("=")
    padded = cleaned.upper() + "=" * (-len(cleaned) % 8)
    try:
        # isascii: upper-casing makes letters of base 32 of a few that are none
        secret = base64.b32decode(padded) if cleaned.isascii() else None
    except binascii.Error:
        secret = None
    if secret is None:
        raise UsageError("the TOTP secret is not base 32 (letters A-Z and digits 2-7)")
    return Seed(secret, algorithm=algorithm.upper().replace("-", ""), digits=digits, period=period)


def from_uri(uri: str) -> tuple[str, Seed]:
    """
    The label and the seed in an `otpauth://totp/` URI, as its QR code carries it.

    Raises UsageError for anything else; the message does not repeat the URI.
    """
    try:
        parts = urlsplit(uri.strip())
    except ValueError:  # brackets or odd letters where the host stands
        parts = None
    if parts is None or parts.scheme != "otpauth" or parts.netloc.lower() != "totp":
        raise UsageError("this is not an otpauth://totp/ URI")
    given = dict(parse_qsl(parts.query))
    if not given.get("secret"):
        raise UsageError("the otpauth URI has no secret")
    digits, period = _number(given.get("digits", "6")), _number(given.get("period", "30"))
    if digits is None or period is None:
        raise UsageError("the otpauth URI has digits or a period that is not a number")
    seed = from_secret(given["secret"], algorithm=given.get("algorithm", "SHA1"), digits=digits, period=period)
    return unquote(parts.path.removeprefix("/")), seed


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
