"""Bytes and texts, with one spelling each. What has none is None, never an exception: it comes from the network."""

from __future__ import annotations

import binascii

_HEX = frozenset("0123456789abcdef")


def to_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4), padded, without line breaks."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def find_base64(text: str) -> bytes | None:
    """The bytes of which *text* is the `to_base64`; None for every other text, among them those that decode as well."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError:
        return None
    # The decoder skips what is foreign and ignores spare bits, so only writing it again shows that nothing was.
    return data if to_base64(data) == text else None


def find_utf8(text: str) -> bytes | None:
    """*text* in UTF-8; None when it holds half of a surrogate pair, as JSON and terminals can hand over."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None


def find_text(data: bytes) -> str | None:
    """The text whose UTF-8 *data* is; None when it is none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_uuid(text: str) -> bool:
    """Whether *text* is a uuid as keys and sealed places are made with it: canonical, in lower case."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and len(bare := text.replace("-", "")) == 32
        and _HEX.issuperset(bare)
    )
