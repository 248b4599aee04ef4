"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045 section 5.1, RFC 2231)."""

import re
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from ravi.server.mail import charsets
from ravi.server.mail.words import decode_words

MOST_PARAMETERS = 100
MOST_CHARACTERS = 8192

_TYPE = re.compile(r"[a-z0-9!#$&^_.+\-]{1,100}/[a-z0-9!#$&^_.+\-]{1,100}")
#: A parameter from its semicolon on: in quotes, or as it stands up to the next semicolon, because file names with
#: blanks are often written without quotes. Possessive, so that nothing is read twice.
_PARAMETER = re.compile(r'[;\s]*+([^\s=;]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)"?+[^;]*+|([^;]*+))', re.DOTALL)
_SKIPPED = re.compile(r"[;\s]*+[^;]*+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_CONTINUED = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")


class Valued(Struct, frozen=True):
    """`value` is in lower case, and so are the names of the parameters. Of a repeated parameter the first counts."""

    value: str
    parameters: dict[str, str]


def parse_parameters(field: bytes | None) -> Valued:
    """Return what an unfolded field says; what cannot be read in it is passed over. Never raises."""
    if not field:
        return Valued("", {})
    text = charsets.decode(field[:MOST_CHARACTERS])[0]
    value, _, rest = text.partition(";")
    if not rest:
        return Valued(value.strip().lower(), {})
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    at, rest = 0, ";" + rest
    for _ in range(MOST_PARAMETERS):
        found = _PARAMETER.match(rest, at)
        if found is None:
            skipped = _SKIPPED.match(rest, at)
            if skipped is None or skipped.end() in (at, len(rest)):
                break
            at = skipped.end()
            continue
        at = found.end()
        quoted = found[2]
        content = found[3].strip() if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
        named = _CONTINUED.fullmatch(found[1].lower())
        if named is None:
            continue
        name, number, is_encoded = named.groups()
        if number is None and is_encoded is None:
            plain.setdefault(name, decode_words(content))
        else:
            pieces.setdefault(name, {}).setdefault(int(number or 0), (content, is_encoded is not None))
    # RFC 2231 over RFC 2047, where a sender gives both for old and new programs.
    return Valued(value.strip().lower(), plain | {name: _joined(parts) for name, parts in pieces.items()})


def content_type_of(field: bytes | None) -> Valued:
    """Return the content type; `text/plain` for one that is missing or malformed (RFC 2045 section 5.2)."""
    found = parse_parameters(field)
    if not _TYPE.fullmatch(found.value):
        return Valued("text/plain", found.parameters)
    return found


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """Put the continuations of one parameter together; the first may name the charset."""
    data = bytearray()
    charset = "utf-8"
    for number in range(len(pieces)):
        if number not in pieces:
            break
        content, is_encoded = pieces[number]
        if not is_encoded:
            data += content.encode(errors="replace")
            continue
        if number == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        data += unquote_to_bytes(content.encode(errors="replace"))
    return charsets.decode(bytes(data), charset)[0]
