"""Telling a uuid from a name, and making one. The `uuid` module is not imported: this is on every start-up path."""

from __future__ import annotations

import os

_HEX = frozenset("0123456789abcdefABCDEF")


def is_uuid(text: str) -> bool:
    """Whether *text* is a uuid in its canonical form (RFC 9562 section 4), in either case."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and len(bare := text.replace("-", "")) == 32
        and _HEX.issuperset(bare)
    )


def new_uuid() -> str:
    """A fresh random uuid (RFC 9562 section 5.4, version 4) in lower case."""
    number = int.from_bytes(os.urandom(16), "big")
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
