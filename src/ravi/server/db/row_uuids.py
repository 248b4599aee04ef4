"""Uuids of rows that come in masses, in the order of their time (RFC 9562 section 5.7, version 7)."""

import os

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
    number = (at // 1000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big") & _RANDOM
    text = f"{number | _VERSION | _VARIANT:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
