"""Telling a uuid from a name. The `uuid` module is not imported for it: this is on every start-up path."""

from __future__ import annotations

_HEX = frozenset("0123456789abcdefABCDEF")


def is_uuid(text: str) -> bool:
    """Whether *text* is a uuid in its canonical form (RFC 9562 section 4), in either case."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and len(bare := text.replace("-", "")) == 32
        and _HEX.issuperset(bare)
    )
