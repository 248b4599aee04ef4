"""
The parts of a message, found in one pass over its bytes (RFC 2046 section 5.1).

The standard library's parser compares each line with the boundary of every part around it, and calls itself for each
level: depth times length in time, and no answer at all for a message nested a thousand deep. Here a line that may be a
boundary is looked up once, and only lines that begin with two hyphens are looked at.
"""

import binascii
from dataclasses import dataclass

from msgspec import Struct

from ravi.server.mail.headers import Headers, read_headers
from ravi.server.mail.parameters import Valued, content_type_of, parse_parameters
from ravi.server.mail.words import decode_base64

MOST_PARTS = 200
MOST_DEPTH = 20
#: Header bytes and fields of one part, beside those of the message.
MOST_PART_HEADER_BYTES = 32 * 1024
MOST_PART_FIELDS = 100
#: RFC 2046 allows 70.
MOST_BOUNDARY = 200
#: Lines that look like boundaries and are none: patches and drawings have hundreds.
MOST_FALSE_BOUNDARIES = 50_000

NO_BOUNDARY = "a multipart names no boundary"
NOT_FOUND = "a multipart has no parts"
NOT_CLOSED = "a multipart is not closed"
TOO_DEEP = "parts are nested too deeply; the innermost are kept as one"
TOO_MANY = "there are too many parts; the rest is kept as one"
BAD_BASE64 = "the base64 of a part is damaged"
UNKNOWN_ENCODING = "a part is encoded in a way that is not known"


class Leaf(Struct, frozen=True):
    """
    A part without parts. Its content, still encoded, is `raw[start:end]`. `around` holds the subtypes of the
    multiparts around it, from the outermost (`mixed`, `alternative`, …).
    """

    headers: Headers
    content_type: Valued
    start: int
    end: int
    around: tuple[str, ...]


@dataclass(slots=True)
class _Multipart:
    boundary: bytes
    headers: Headers
    start: int
    around: tuple[str, ...]
    has_parts: bool = False
    is_closed: bool = False


def find_leaves(raw: bytes, headers: Headers) -> tuple[list[Leaf], list[str]]:
    """Return the leaves of the message with these headers in order, and what was wrong. Never raises."""
    return _Walk(raw).run(headers)


class _Walk:
    """One pass: the multiparts that are open, and the part that is being read."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._leaves: list[Leaf] = []
        self._defects: list[str] = []
        self._open: list[_Multipart] = []
        self._begun = 0
        #: The part being read, unless it is a multipart or we are between parts.
        self._part: tuple[Headers, Valued] | None = None

    def run(self, headers: Headers) -> tuple[list[Leaf], list[str]]:
        raw, end = self._raw, len(self._raw)
        self._begin(headers)
        # From the line feed in front of the text on: a boundary may be its first line.
        at = headers.body - 1
        false_boundaries = 0
        while self._open and self._begun <= MOST_PARTS and false_boundaries < MOST_FALSE_BOUNDARIES:
            at = raw.find(b"\n--", at)
            if at < 0:
                break
            line = at + 3
            line_end = raw.find(b"\n", line, line + MOST_BOUNDARY + 100)
            if line_end < 0:
                line_end = end if end <= line + MOST_BOUNDARY + 100 else line
            level, closing = self._level_of(raw[line:line_end].rstrip(b" \t\r"))
            if level is None:
                false_boundaries += 1
                at = line
                continue
            self._end_part(self._before(at))
            self._end_multiparts(level + 1, self._before(at))
            self._open[-1].has_parts = True
            if closing:
                self._open[-1].is_closed = True
                self._end_multiparts(level, self._before(at))
                at = line
            else:
                at = min(line_end + 1, end)
                part = read_headers(raw, at, most_bytes=MOST_PART_HEADER_BYTES, most_fields=MOST_PART_FIELDS)
                self._begin(part)
                at = part.body - 1
        else:
            if self._open:
                self._defects.append(TOO_MANY)
        self._end_part(end)
        self._end_multiparts(0, end)
        return self._leaves, self._defects

    def _level_of(self, line: bytes) -> tuple[int | None, bool]:
        """Return which open multipart *line*, without its hyphens, delimits, and whether it closes it."""
        for level, multipart in enumerate(self._open):
            if line.startswith(multipart.boundary):
                rest = line[len(multipart.boundary) :]
                if not rest:
                    return level, False
                if rest == b"--":
                    return level, True
        return None, False

    def _before(self, at: int) -> int:
        """Return where the content ends that stands before the line feed at *at*, which belongs to the boundary."""
        return at - 1 if at and self._raw[at - 1 : at] == b"\r" else at

    def _begin(self, headers: Headers) -> None:
        """Begin the part with these headers."""
        self._begun += 1
        self._defects += headers.defects
        content_type = content_type_of(headers.first(b"content-type"))
        around = self._around()
        if content_type.value.startswith("multipart/"):
            boundary = content_type.parameters.get("boundary", "").rstrip(" \t").encode("utf-8", "replace")
            if not boundary or len(boundary) > MOST_BOUNDARY:
                self._defects.append(NO_BOUNDARY)
                content_type = Valued("text/plain", {})
            elif len(self._open) >= MOST_DEPTH:
                self._defects.append(TOO_DEEP)
            else:
                self._open.append(_Multipart(boundary, headers, headers.body, around))
                self._part = None
                return
        self._part = headers, content_type

    def _around(self) -> tuple[str, ...]:
        if not self._open:
            return ()
        inner = self._open[-1]
        return (*inner.around, content_type_of(inner.headers.first(b"content-type")).value.partition("/")[2])

    def _end_part(self, end: int) -> None:
        if self._part is None:
            return
        headers, content_type = self._part
        self._part = None
        self._leaves.append(Leaf(headers, content_type, headers.body, max(end, headers.body), self._around()))

    def _end_multiparts(self, level: int, end: int) -> None:
        """End the open multiparts from the innermost down to *level*."""
        while len(self._open) > level:
            ended = self._open.pop()
            if not ended.has_parts:
                # Its text is worth more than its structure.
                self._defects.append(NOT_FOUND)
                plain = Valued("text/plain", {})
                self._leaves.append(Leaf(ended.headers, plain, ended.start, max(end, ended.start), ended.around))
            elif not ended.is_closed:
                self._defects.append(NOT_CLOSED)


def decoded(raw: bytes, leaf: Leaf) -> tuple[bytes, str | None]:
    """Return the content of a leaf as its sender had it, and what was wrong with its encoding. Never raises."""
    content = raw[leaf.start : leaf.end]
    encoding = parse_parameters(leaf.headers.first(b"content-transfer-encoding")).value
    if encoding == "base64":
        content, undamaged = decode_base64(content)
        return content, None if undamaged else BAD_BASE64
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content), None
    return content, None if encoding in ("", "7bit", "8bit", "binary") else UNKNOWN_ENCODING
