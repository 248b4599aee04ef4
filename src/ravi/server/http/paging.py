"""What part of a list a request asks for, and what a handler answers that cut it out itself."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from ravi.errors import Invalid
from ravi.server.http.decoding import parse_query

#: Any of these in a query asks for a page in an envelope; otherwise a list is a bare array of everything.
NAMES = ("limit", "offset", "page", "created_after")
LARGEST_PAGE = 200
DEFAULT_PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paging:
    """At most *limit* items, beginning behind the first *offset*. A *limit* of None means everything."""

    limit: int | None = None
    offset: int = 0


#: No page was asked for.
EVERYTHING = Paging()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items that a `Paging` asked for, and how many there are in all."""

    items: list[T]
    count: int


def asked_paging(raw_query: bytes) -> Paging:
    """Return what a query string asks for. Raises Invalid for a limit, offset or page that is no such number."""
    if not raw_query or not any(name.encode() in raw_query for name in NAMES):
        return EVERYTHING
    asked = dict(parse_query(raw_query))
    if not any(name in asked for name in NAMES):
        return EVERYTHING
    limit = min(_number(asked, "limit", DEFAULT_PAGE, least=1), LARGEST_PAGE)
    page = _number(asked, "page", 1, least=1)
    return Paging(limit, _number(asked, "offset", (page - 1) * limit, least=0))


def _number(asked: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = asked.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise Invalid(f"{name}: must be a whole number, at least {least}", details={name: ["not such a number"]})
    return int(text)
