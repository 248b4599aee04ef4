"""The text of a header field: encoded words (RFC 2047), raw bytes of any charset, and what must not be shown."""

import binascii
import re

from ravi.server.mail import charsets

#: The start of an encoded word; the charset may carry a language (RFC 2231 section 5).
_START = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
MOST_WORDS = 2000


def decode_value(value: bytes, most: int) -> str:
    """Return an unfolded field value as one line of at most *most* characters. Never raises."""
    return charsets.clean_line(decode_words(charsets.decode(value)[0]), most)


def decode_words(text: str) -> str:
    """
    Return *text* with its encoded words decoded; what is no encoded word stays as it is.

    Blanks between two encoded words are dropped, and neighbours of one charset are decoded together, because senders
    cut characters in two. Linear: each word is looked at once, and one that does not end ends the search.
    """
    if "=?" not in text:
        return text
    done: list[str] = []
    pending = bytearray()
    pending_charset = ""
    at = 0
    for _ in range(MOST_WORDS):
        start = _START.search(text, at)
        end = text.find("?=", start.end()) if start else -1
        if start is None or end < 0:
            break
        between = text[at : start.start()]
        charset = start[1].partition("*")[0].lower()
        if pending and (between.strip(" \t\r\n") or charset != pending_charset):
            done.append(charsets.decode(bytes(pending), pending_charset)[0])
            pending.clear()
            done.append(between if between.strip(" \t\r\n") else "")
        elif not pending:
            done.append(between)
        pending += _decoded(start[2], text[start.end() : end])
        pending_charset = charset
        at = end + 2
    if pending:
        done.append(charsets.decode(bytes(pending), pending_charset)[0])
    done.append(text[at:])
    return "".join(done)


def _decoded(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(data)[0]
    return _Q_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), data.replace(b"_", b" "))


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_base64(data: bytes) -> tuple[bytes, bool]:
    """Return what base64 *data* says, and whether it was undamaged. Characters of no meaning are passed over."""
    try:
        return binascii.a2b_base64(data), True
    except binascii.Error:
        kept = _NOT_BASE64.sub(b"", data)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)), False
