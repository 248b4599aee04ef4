"""From results to bytes: plain bodies, and lists with paging on request."""

from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from ravi.server.http.decoding import parse_query
from ravi.server.http.paging import Page, asked_paging

encode = msgspec.json.Encoder().encode

#: What `next` and `previous` say anew; whatever else narrowed the list is taken along.
_SAID_ANEW = ("limit", "offset", "page")


def paged(result: list[Any] | Page[Any], *, path: str, raw_query: bytes) -> object:
    """
    Return a list as it is, or one page in an envelope when the request asks for paging.

    *result* is the whole list, or the page that the handler cut out itself. Published CLIs need the bare array and
    never send a paging name; the SDKs read either. `next` and `previous` are relative references. Raises Invalid for a
    limit, offset or page that is no such number.
    """
    paging = asked_paging(raw_query)
    limit, offset = paging.limit, paging.offset
    if limit is None:
        return result.items if isinstance(result, Page) else result
    if isinstance(result, Page):
        items, count = result.items, result.count
    else:
        items, count = result[offset : offset + limit], len(result)
    kept = [(name, value) for name, value in parse_query(raw_query) if name not in _SAID_ANEW]

    def reference(start: int) -> str:
        return f"{quote(path)}?{urlencode([*kept, ('limit', limit), ('offset', start)])}"

    return {
        "count": count,
        "next": reference(offset + limit) if offset + limit < count else None,
        "previous": reference(max(0, offset - limit)) if offset else None,
        "results": items,
    }
