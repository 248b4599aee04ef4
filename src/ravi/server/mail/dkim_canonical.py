"""
What of a message a DKIM signature is computed over (RFC 6376 section 3.4), in linear time.

dkimpy, which signs our own mail, is not used to verify that of strangers: a line of 80 KB of blanks keeps it busy for
13 seconds, a key of 16,384 bits for 20, and it believes signatures that leave out From.
"""

import re
from typing import Literal

from ravi.server.mail.headers import Headers

Canonical = Literal["simple", "relaxed"]

_BLANKS = re.compile(rb"[ \t]+")
_BARE_LF = re.compile(rb"(?<!\r)\n")


def canonical_body(body: bytes, how: Canonical) -> bytes:
    """Return the body without the empty lines at its end. Bare line feeds count as line ends."""
    if body.count(b"\n") != body.count(b"\r\n"):
        body = _BARE_LF.sub(b"\r\n", body)
    if how == "relaxed":
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
        if body.endswith(b" "):
            body = body[:-1]
    body = _without_empty_lines(body)
    if body:
        return body + b"\r\n"
    return b"\r\n" if how == "simple" else b""


def _without_empty_lines(body: bytes) -> bytes:
    """Return *body* without the CRLFs at its end."""
    tail_at = len(body.rstrip(b"\r\n"))
    tail = body[tail_at:]
    if tail.endswith(b"\r"):
        return body
    # A carriage return that stands alone among them is text.
    return body[: tail_at + tail.rfind(b"\r\r") + 1]


def canonical_field(field: bytes, how: Canonical) -> bytes:
    """Return one field, which stands folded and without its last line break, without a line break at its end."""
    if how == "simple":
        return _BARE_LF.sub(b"\r\n", field)
    name, _, value = field.partition(b":")
    unfolded = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return name.strip(b" \t").lower() + b":" + _BLANKS.sub(b" ", unfolded).strip(b" ")


def signed_header(headers: Headers, names: list[bytes], signature_field: bytes, how: Canonical) -> bytes:
    """
    Return what the signature is over: the fields that *names* lists, each name taking the next one from the bottom,
    and the signature's own field without its signature (section 3.7).
    """
    chosen: list[bytes] = []
    used: dict[bytes, int] = {}
    for name in names:
        fields = headers.fields.get(name, [])
        used[name] = used.get(name, 0) + 1
        if used[name] <= len(fields):
            chosen.append(canonical_field(fields[-used[name]], how))
    chosen.append(canonical_field(without_signature(signature_field), how))
    return b"\r\n".join(chosen)


def without_signature(field: bytes) -> bytes:
    """Return a DKIM-Signature field with nothing behind `b=`."""
    name, colon, value = field.partition(b":")
    tags = value.split(b";")
    for place, tag in enumerate(tags):
        if tag.partition(b"=")[0].strip() == b"b":
            tags[place] = tag.partition(b"=")[0] + b"="
    return name + colon + b";".join(tags)
