"""The ways in which a value may appear in a program's output."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Shorter values are not looked for: `1`, `no` or `dev` hidden everywhere would make output unreadable.
MIN_CHARACTERS = 4
#: Shorter lines of a value of several lines are not looked for by themselves: `}` and `EOF` are in any output.
MIN_LINE_CHARACTERS = 8
#: A line of fewer different characters is a ruler or a frame (`--------`), and no secret.
_MIN_LINE_ALPHABET = 3
#: Where base64 is broken into lines: base64(1) and MIME (RFC 2045), PEM (RFC 7468).
_BASE64_COLUMNS = (76, 64)
#: Characters besides letters, digits and `_.-~` that are left alone when a URL is encoded: by nobody, by most
#: libraries, by JavaScript's encodeURIComponent.
_URL_SAFE = ("", "/", "!'()*")


def searchable(value: str) -> str | None:
    """
    The part of *value* to look for; None when that is too short.

    White space around it is no secret, and is often lost (`$(…)`) or added (`echo`) on the way to the output.
    """
    inner = value.strip()
    return inner if len(inner) >= MIN_CHARACTERS else None


def forms(value: str) -> set[bytes]:
    """
    What to look for where *value*, which is `searchable`, must not be seen.

    In UTF-8: the value with either kind of line break; each longer line of it; in base64 (both alphabets, wherever
    in the encoded text, in one line or broken into lines); encoded for a URL; escaped for JSON. Base64 leaves up to
    four bits at either end uncertain: the characters that mix them with what stands around are not among the forms.
    """
    raw = value.encode("utf-8")
    found = {raw, *_line_breaks(value), *_lines(value), *_base64(raw), *_wrapped_base64(raw), *_json(value)}
    found.update(_url(raw))
    return {form for form in found if len(form) >= MIN_CHARACTERS}


def _line_breaks(value: str) -> Iterator[bytes]:
    bare = value.replace("\r\n", "\n")
    yield bare.encode("utf-8")
    yield bare.replace("\n", "\r\n").encode("utf-8")  # what a terminal makes of it


def _lines(value: str) -> Iterator[bytes]:
    for line in re.split("[\r\n]+", value):
        inner = line.strip()
        if len(inner) >= MIN_LINE_CHARACTERS and len(set(inner)) >= _MIN_LINE_ALPHABET:
            yield inner.encode("utf-8")


def _base64(raw: bytes) -> Iterator[bytes]:
    for before in range(3):  # bytes of the same group of three that stand before the value
        first = -(-8 * before // 6)
        certain = 8 * (before + len(raw)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(before) + raw)
            yield text[first:certain]  # something follows
            yield text[first:].rstrip(b"=")  # nothing follows
            yield text[first:]


def _wrapped_base64(raw: bytes) -> Iterator[bytes]:
    """The lines of *raw* encoded by itself. Encoded with something before it, it is broken elsewhere."""
    for columns in _BASE64_COLUMNS:
        width = columns // 4 * 3
        for start in range(0, len(raw) if len(raw) > width else 0, width):
            piece = raw[start : start + width]
            text = base64.b64encode(piece)
            for line in (text[: 8 * len(piece) // 6], text.rstrip(b"="), text):
                if len(line) >= MIN_LINE_CHARACTERS:
                    yield line


def _url(raw: bytes) -> Iterator[bytes]:
    for text in (*(quote(raw, safe) for safe in _URL_SAFE), quote_plus(raw)):
        yield text.encode("ascii")
        yield re.sub(r"%[0-9A-F]{2}", lambda escape: escape[0].lower(), text).encode("ascii")


def _json(value: str) -> Iterator[bytes]:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield text.encode("utf-8")
        yield text.replace("/", "\\/").encode("utf-8")  # PHP
        for char in "<>&":  # Go, and whoever puts JSON into a page
            text = text.replace(char, f"\\u{ord(char):04x}")
        yield text.encode("utf-8")
