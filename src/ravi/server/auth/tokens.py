"""
Opaque tokens: `ravi_<kind>_` + 43 characters of randomness + 8 of checksum.

The prefix tells people and secret scanners what leaked; the checksum lets both, and us, tell a token from a
typo without asking a database. Only the SHA-256 is stored: with 256 random bits there is nothing to guess, so
a slow hash would only slow down every request (docs/adr/0013).
"""

import hashlib
import secrets
import zlib

ACCESS = "ravi_at_"
REFRESH = "ravi_rt_"
MANAGEMENT = "ravi_mgmt_"
IDENTITY = "ravi_id_"
PREFIXES = (ACCESS, REFRESH, MANAGEMENT, IDENTITY)

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARACTERS = 43  # 62^43 > 2^256
_CHECK_CHARACTERS = 8  # a CRC-32 in hexadecimal


def new_token(prefix: str) -> str:
    """Return a fresh token of the kind that *prefix* names."""
    stem = prefix + _base62(secrets.randbits(256), _RANDOM_CHARACTERS)
    return stem + _checksum(stem)


def looks_right(token: str) -> bool:
    """Tell whether *token* has a known prefix, the right length and a fitting checksum. It may still be unknown."""
    prefix = token[: -_RANDOM_CHARACTERS - _CHECK_CHARACTERS]
    if prefix not in PREFIXES or not token.isascii():
        return False
    return _checksum(token[:-_CHECK_CHARACTERS]) == token[-_CHECK_CHARACTERS:]


def digest(secret: str) -> bytes:
    """Return what is stored and looked up instead of *secret*."""
    return hashlib.sha256(secret.encode()).digest()


def masked(token: str) -> str:
    """Return what may be shown of *token* in lists: its kind and its last four characters."""
    prefix = next(known for known in PREFIXES if token.startswith(known))
    return f"{prefix}…{token[-4:]}"


def _checksum(stem: str) -> str:
    return f"{zlib.crc32(stem.encode()):08x}"


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, remainder = divmod(number, 62)
        digits.append(_ALPHABET[remainder])
    return "".join(reversed(digits))
