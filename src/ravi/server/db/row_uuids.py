"""Uuids of rows that come in masses, in the order of their time (RFC 9562 section 5.7, version 7)."""

import os

#: Asked for at once: each question costs a call to the system, and a message takes three.
_AT_ONCE = 1024
_SIZE = 10
_left: list[bytes] = []

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM = (1 << 76) - 1 & ~(0x3 << 62)


def new_row_uuid(at: int) -> str:
    """
    Return a fresh uuid for a row made at *at*, in microseconds since 1970.

    Its first 48 bits are that time in milliseconds, the rest but version and variant is random. New rows then stand
    side by side in the index of uuids; with random ones each would have a page of the log and of the disk to itself.
    Not for what must not tell its age.
    """
    number = (at // 1000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(_random(), "big") & _RANDOM
    text = f"{number | _VERSION | _VARIANT:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _random() -> bytes:
    if not _left:
        many = os.urandom(_AT_ONCE * _SIZE)
        _left.extend(many[start : start + _SIZE] for start in range(0, len(many), _SIZE))
    return _left.pop()
