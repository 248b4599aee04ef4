"""From bytes and query strings to the shapes that routes declare, with errors a person can act on."""

import re
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from ravi.errors import Invalid, Malformed

#: PostgreSQL's text cannot hold it, and nothing that people or programs send us needs it. JSON writes it as an
#: escape only; an even number of backslashes before it are themselves escaped.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NO_NUL = "the request contains the character U+0000, which no text here may hold"

#: msgspec ends its messages with "- at `$.labels['a']`"; we turn that into a field name.
_PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<place>[^`]*)`$")


def body_decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder for *shape*; make it once, use it for every request."""
    return msgspec.json.Decoder(shape)


def decode_body(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    """
    Return the decoded body; no bytes at all count as `{}`, as published clients send them.

    Raises Malformed when it is not JSON, Invalid when it does not have the declared shape.
    """
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Malformed(_NO_NUL)
    try:
        return decoder.decode(raw or b"{}")
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the body is not JSON: {error}") from None


def decode_query(shape: Any, raw: bytes) -> Any:
    """
    Return the query string as *shape*, a TypedDict of scalars and lists of str.

    Booleans are true/false/1/0 in any case. Names the shape lacks are ignored. Raises Invalid.
    """
    hints = get_type_hints(shape)
    found: dict[str, Any] = {}
    for name, value in parse_query(raw):
        if name not in hints:
            continue
        if get_origin(hints[name]) is list:
            found.setdefault(name, []).append(value)
        elif name in found and found[name] != value:
            raise Malformed(f"the query names {name} twice with different values")
        else:
            found[name] = value
    for name, hint in hints.items():
        if name in found and (hint is bool or bool in get_args(hint)):
            found[name] = found[name].lower()
    try:
        return msgspec.convert(found, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None


def parse_query(raw: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a query string. Raises Malformed when it is not percent-encoded UTF-8."""
    if b"%00" in raw:
        raise Malformed(_NO_NUL)
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Malformed("the query string cannot be read") from None


def _invalid(error: msgspec.ValidationError) -> Invalid:
    message = str(error)
    match = _PLACE.search(message)
    place = (match["place"] if match else "") or "body"
    reason = (message[: match.start()] if match else message).replace("`", "")
    reason = reason[:1].lower() + reason[1:]
    return Invalid(f"{place}: {reason}", details={place: [reason]})
