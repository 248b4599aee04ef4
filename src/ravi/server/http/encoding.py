"""From results to bytes: plain bodies, and lists with paging on request."""

from typing import Any

import msgspec

from ravi.errors import Invalid
from ravi.server.http.decoding import parse_query

encode = msgspec.json.Encoder().encode

PAGING = ("limit", "offset", "page", "created_after")
LARGEST_PAGE = 200
DEFAULT_PAGE = 50


def paged(items: list[Any], *, path: str, raw_query: bytes) -> object:
    """
    Return *items* as they are, or one page in an envelope when the request asks for paging.

    Published CLIs need the bare array and never send a paging name; the SDKs read either. `next` and `previous`
    are relative references. Raises Invalid for a limit, offset or page that is no such number.
    """
    if not raw_query or not any(name.encode() in raw_query for name in PAGING):
        return items
    asked = dict(parse_query(raw_query))
    if not any(name in asked for name in PAGING):
        return items
    limit = min(_number(asked, "limit", DEFAULT_PAGE, least=1), LARGEST_PAGE)
    page = _number(asked, "page", 1, least=1)
    offset = _number(asked, "offset", (page - 1) * limit, least=0)
    return {
        "count": len(items),
        "next": f"{path}?limit={limit}&offset={offset + limit}" if offset + limit < len(items) else None,
        "previous": f"{path}?limit={limit}&offset={max(0, offset - limit)}" if offset else None,
        "results": items[offset : offset + limit],
    }


def _number(asked: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = asked.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise Invalid(f"{name}: must be a whole number, at least {least}", details={name: ["not such a number"]})
    return int(text)
