"""Bodies and query strings: a value of the declared shape, or a refusal that names the field."""

import json
from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import Invalid, Malformed
from ravi.server.http.decoding import body_decoder, decode_body, decode_query, parse_query
from ravi.wire.identities import IdentityCreate


class Inner(TypedDict):
    host: str


class Shape(TypedDict):
    name: str
    labels: NotRequired[dict[str, str]]
    ttl_seconds: NotRequired[int | None]
    inner: NotRequired[Inner]
    flag: NotRequired[bool]


class Query(TypedDict, total=False):
    name: str
    since: int
    unread: bool
    maybe: bool | None
    state: Literal["active", "disabled"]
    label: list[str]


BODY = body_decoder(Shape)


def test_a_body_of_the_shape_is_returned() -> None:
    assert decode_body(BODY, b'{"name": "a", "labels": {"k": "v"}}') == {"name": "a", "labels": {"k": "v"}}


def test_no_body_counts_as_an_empty_object() -> None:
    assert decode_body(body_decoder(IdentityCreate), b"") == {}


def test_keys_that_the_shape_lacks_are_dropped() -> None:
    assert decode_body(BODY, b'{"name": "a", "uuid": "", "created_dt": 0}') == {"name": "a"}


@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b"\xff\xfe", b'{"name": "\xff"}', b'{"name": "a"}}', b'{"name": "a",}']
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_body(BODY, raw)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{}", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'"name"', "body"),
        (b'{"name": 1}', "name"),
        (b'{"name": "a", "labels": []}', "labels"),
        (b'{"name": "a", "inner": {"host": 1}}', "inner.host"),
        (b'{"name": "a", "flag": "yes"}', "flag"),
        (b'{"name": "a", "ttl_seconds": 1.5}', "ttl_seconds"),
    ],
)
def test_another_shape_is_invalid_and_the_field_is_named(raw: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_body(BODY, raw)
    assert list(refusal.value.details) == [field]
    assert refusal.value.message.startswith(f"{field}: ")
    assert "`" not in refusal.value.message


def test_a_bad_value_inside_a_map_is_named_too() -> None:
    with pytest.raises(Invalid) as refusal:
        decode_body(BODY, b'{"name": "a", "labels": {"k": 1}}')
    (field,) = refusal.value.details
    assert field.startswith("labels")


@pytest.mark.parametrize("raw", [rb'{"name": "\u0000"}', rb'{"name": "a", "labels": {"k": "a\\\u0000b"}}'])
def test_a_nul_in_a_text_is_malformed(raw: bytes) -> None:
    """PostgreSQL cannot hold that character, so it must not get any further."""
    with pytest.raises(Malformed, match=r"U\+0000"):
        decode_body(BODY, raw)


def test_a_backslash_before_u0000_is_just_text() -> None:
    assert decode_body(BODY, rb'{"name": "\\u0000"}') == {"name": r"\u0000"}


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        value = decode_body(BODY, raw)
    except (Malformed, Invalid):
        return  # a refusal is as good as a value
    assert isinstance(value["name"], str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
BODIES = JSON | st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("name", "labels", "ttl_seconds", "inner", "flag"), JSON)
)


@given(BODIES)
def test_arbitrary_json_is_a_value_of_the_shape_or_invalid(document: Any) -> None:
    try:
        value = decode_body(BODY, json.dumps(document).encode())
    except (Invalid, Malformed):
        return  # a refusal is as good as a value
    assert msgspec.convert(value, Shape) == value


def test_a_query_is_read_into_the_shape() -> None:
    raw = b"name=a%20b+c&since=5&unread=TRUE&label=a%3Db&label=c%3Dd&unknown=1"
    assert decode_query(Query, raw) == {
        "name": "a b c",
        "since": 5,
        "unread": True,
        "label": ["a=b", "c=d"],
    }


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("FALSE", False), ("1", True), ("0", False), ("True", True)]
)
def test_booleans_in_every_spelling_clients_use(text: str, value: bool) -> None:
    assert decode_query(Query, f"unread={text}&maybe={text}".encode()) == {"unread": value, "maybe": value}


@pytest.mark.parametrize(
    ("raw", "field"), [(b"since=x", "since"), (b"since=", "since"), (b"unread=maybe", "unread"), (b"state=x", "state")]
)
def test_a_bad_query_value_is_invalid_and_named(raw: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_query(Query, raw)
    assert list(refusal.value.details) == [field]


def test_a_name_given_twice_with_different_values_is_malformed() -> None:
    with pytest.raises(Malformed, match="name twice"):
        decode_query(Query, b"name=a&name=b")
    assert decode_query(Query, b"name=a&name=a") == {"name": "a"}


@pytest.mark.parametrize(
    "raw", [b"\xff", b"name=%ff", b"name=a%00", b"a%00=b", "name=ü".encode(), b"&".join([b"x=1"] * 101)]
)
def test_a_query_that_cannot_be_read_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_query(raw)


@given(st.dictionaries(st.sampled_from(["name", "since", "unread", "state", "other"]), st.text(max_size=8)))
def test_arbitrary_queries_are_a_value_or_a_refusal(values: dict[str, str]) -> None:
    try:
        found = decode_query(Query, urlencode(values, quote_via=quote).encode())
    except (Invalid, Malformed):
        return  # a refusal is as good as a value
    assert msgspec.convert(found, Query) == found


@given(st.binary(max_size=80))
def test_arbitrary_query_bytes_are_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        decode_query(Query, raw)
    except (Invalid, Malformed):
        return  # a refusal is as good as a value
