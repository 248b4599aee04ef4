"""Lists: a bare array, or an envelope when the request asks for paging."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import Invalid
from ravi.server.http.encoding import encode, paged
from ravi.server.http.paging import DEFAULT_PAGE, EVERYTHING, LARGEST_PAGE, Page, Paging, asked_paging

ITEMS = list(range(450))


def page(query: bytes) -> Any:
    return paged(ITEMS, path="/api/things/", raw_query=query)


@pytest.mark.parametrize("query", [b"", b"identity=x", b"name=limit", b"prefix=page", b"limited=1"])
def test_without_a_paging_name_the_whole_array_is_sent(query: bytes) -> None:
    assert page(query) == ITEMS


def test_an_empty_list_is_an_array_and_never_null() -> None:
    assert encode(paged([], path="/", raw_query=b"")) == b"[]"


def test_a_page_has_the_four_keys() -> None:
    assert page(b"limit=2&offset=2") == {
        "count": 450,
        "next": "/api/things/?limit=2&offset=4",
        "previous": "/api/things/?limit=2&offset=0",
        "results": [2, 3],
    }


def test_the_pages_beside_it_keep_what_narrowed_the_list() -> None:
    answer = page(b"identity=u&q=a%26b+c&limit=2&page=3&q=d")
    assert answer["next"] == "/api/things/?identity=u&q=a%26b+c&q=d&limit=2&offset=6"
    assert answer["previous"] == "/api/things/?identity=u&q=a%26b+c&q=d&limit=2&offset=2"


def test_a_page_that_the_handler_cut_out_is_counted_by_the_handler() -> None:
    cut = Page(["c", "d"], 7)
    assert paged(cut, path="/p/", raw_query=b"") == ["c", "d"]
    assert paged(cut, path="/p/", raw_query=b"limit=2&offset=2") == {
        "count": 7,
        "next": "/p/?limit=2&offset=4",
        "previous": "/p/?limit=2&offset=0",
        "results": ["c", "d"],
    }


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (b"", EVERYTHING),
        (b"limited=1&x=limit", EVERYTHING),
        (b"limit=3", Paging(3, 0)),
        (b"page=2", Paging(DEFAULT_PAGE, DEFAULT_PAGE)),
        (b"limit=1000&page=3", Paging(LARGEST_PAGE, 2 * LARGEST_PAGE)),
        (b"limit=10&page=3&offset=7", Paging(10, 7)),
        (b"created_after=2026-01-01T00:00:00Z", Paging(DEFAULT_PAGE, 0)),
    ],
)
def test_a_handler_is_told_which_part_is_asked_for(query: bytes, asked: Paging) -> None:
    assert asked_paging(query) == asked


@pytest.mark.parametrize("query", [b"limit=", b"created_after=2026-01-01T00:00:00Z", b"offset=0", b"page=1"])
def test_any_paging_name_brings_the_envelope(query: bytes) -> None:
    answer = page(query)
    assert answer["results"] == ITEMS[:DEFAULT_PAGE]
    assert answer["previous"] is None


def test_pages_count_from_one() -> None:
    assert page(b"page=3&limit=10")["results"] == ITEMS[20:30]


def test_a_page_is_never_larger_than_the_limit() -> None:
    assert len(page(b"limit=1000")["results"]) == LARGEST_PAGE


def test_past_the_end_is_an_empty_page() -> None:
    answer = page(b"offset=1000")
    assert (answer["results"], answer["next"], answer["count"]) == ([], None, 450)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"limit=0", "limit"),
        (b"limit=-1", "limit"),
        (b"limit=x", "limit"),
        (b"limit=1.5", "limit"),
        (b"offset=-1", "offset"),
        (b"page=0", "page"),
        (b"limit=%D9%A3", "limit"),
        (b"limit=99999999999999999999", "limit"),
    ],
)
def test_what_is_no_such_number_is_refused(query: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        page(query)
    assert list(refusal.value.details) == [field]


@given(limit=st.integers(1, 250), count=st.integers(0, 300))
def test_following_next_visits_every_item_once(limit: int, count: int) -> None:
    items = list(range(count))
    seen: list[int] = []
    query: bytes = f"limit={limit}".encode()
    while True:
        answer: Any = paged(items, path="/p/", raw_query=query)
        seen += answer["results"]
        if answer["next"] is None:
            break
        query = answer["next"].partition("?")[2].encode()
    assert seen == items
