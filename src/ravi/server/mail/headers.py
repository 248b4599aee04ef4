"""
The header fields of a message or of one of its parts, cut out of the bytes (RFC 5322 section 2.2).

Parsing and the check of DKIM signatures read the same fields by this one reading, so they cannot be told different
stories. It takes linear time, which the standard library's reading does not, and it stops at bounds.
"""

import re

from msgspec import Struct

#: Real messages stay below a tenth of these.
MOST_BYTES = 256 * 1024
MOST_FIELDS = 1000
MOST_FIELD_BYTES = 64 * 1024

#: One field with its continuation lines. Possessive, so that it never goes back. A line that begins with two hyphens
#: is a boundary that came too early, though a colon in it would make it a field.
_FIELD = re.compile(rb"(?!--)([!-9;-~]++)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z)")
_LINE = re.compile(rb"[^\n]*+\n?+")

TOO_MANY_BYTES = "the header is too long; the rest of it is not read"
TOO_MANY_FIELDS = "the header has too many fields; the rest of them are not read"
LONG_FIELD = "a header field is too long and was cut"
NO_FIELD = "a line in the header is no field; the text begins there"


class Headers(Struct, frozen=True):
    """
    `fields` maps each name, in lower case, to its fields as they stand, folded, without their last line break, in
    the order of the message. `body` is where the text begins. `whole` says whether every field was read entirely.
    """

    fields: dict[bytes, list[bytes]]
    body: int
    defects: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.defects

    def first(self, name: bytes) -> bytes | None:
        """Return the value of the first field of that name, unfolded; None when there is none."""
        found = self.fields.get(name)
        return value_of(found[0]) if found else None

    def all(self, name: bytes) -> list[bytes]:
        """Return the value of every field of that name, unfolded."""
        return [value_of(field) for field in self.fields.get(name, ())]


def value_of(field: bytes) -> bytes:
    """Return what stands behind the colon of a folded field: unfolded, blanks at both ends removed."""
    value = field.partition(b":")[2]
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip(b" \t\r")


def read_headers(
    raw: bytes, start: int = 0, end: int | None = None, *, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> Headers:
    """
    Return the header that begins at *start*, reading not behind *end* nor more than *most_bytes*.

    A line that is no field ends the header, as it does for other readers. When the header is longer than *most_bytes*,
    the text begins where they end, except for a whole message, where the first empty line is looked for.
    """
    end = len(raw) if end is None else end
    if raw.startswith((b"\n", b"\r\n"), start):
        return Headers({}, start + (1 if raw[start : start + 1] == b"\n" else 2), ())
    block_end, body, defects = _bounds(raw, start, end, most_bytes)
    block = raw[start:block_end]
    fields: dict[bytes, list[bytes]] = {}
    at = count = 0
    if block.startswith((b"From ", b">From ")):
        # The first line of a mailbox file, put in front by many programs.
        at = _LINE.match(block).end()  # type: ignore[union-attr]  # it matches anything
    while found := _FIELD.match(block, at):
        if count == most_fields:
            defects.append(TOO_MANY_FIELDS)
            at = len(block)
            break
        count += 1
        field = block[at : found.end()].rstrip(b"\r\n")
        if len(field) > MOST_FIELD_BYTES:
            field = field[:MOST_FIELD_BYTES]
            defects.append(LONG_FIELD)
        fields.setdefault(found[1].lower(), []).append(field)
        at = found.end()
    if at < len(block):
        defects.append(NO_FIELD)
        body = start + at
    return Headers(fields, body, tuple(dict.fromkeys(defects)))


def _bounds(raw: bytes, start: int, end: int, most_bytes: int) -> tuple[int, int, list[str]]:
    """Return where the fields end, where the text begins, and what is wrong."""
    limit = min(end, start + most_bytes)
    empty = _empty_line(raw, start, limit)
    if empty is not None:
        return (*empty, [])
    if limit == end:
        return end, end, []
    block_end = max(raw.rfind(b"\n", start, limit) + 1, start)
    body = limit
    if start == 0:
        later = _empty_line(raw, limit - 3, end)
        body = later[1] if later else end
    return block_end, body, [TOO_MANY_BYTES]


def _empty_line(raw: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return where the first empty line begins and ends. Lines end in CRLF or LF."""
    crlf = raw.find(b"\n\r\n", start, end)
    lf = raw.find(b"\n\n", start, end if crlf < 0 else crlf)
    if lf >= 0:
        return lf + 1, lf + 2
    return (crlf + 1, crlf + 3) if crlf >= 0 else None
