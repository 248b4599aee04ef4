"""Which route answers a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import Malformed, MethodNotAllowed, NotFound
from ravi.server.http.matching import Matcher


@pytest.fixture
def matcher() -> Matcher[str]:
    matcher: Matcher[str] = Matcher()
    matcher.add("GET", "/api/things/", "list")
    matcher.add("POST", "/api/things/", "create")
    matcher.add("GET", "/api/things/{uuid}/", "show")
    matcher.add("DELETE", "/api/things/{uuid}/", "delete")
    matcher.add("GET", "/api/things/find/", "find")
    matcher.add("GET", "/api/things/{uuid}/parts/{part}/", "part")
    return matcher


@pytest.mark.parametrize("path", [b"/api/things/", b"/api/things", b"/api/things?x=1", b"/api/things/?x=/api/"])
def test_a_trailing_slash_and_a_query_make_no_difference(matcher: Matcher[str], path: bytes) -> None:
    assert matcher.find("GET", path) == ("list", {})


def test_the_method_chooses_among_the_targets_of_a_path(matcher: Matcher[str]) -> None:
    assert matcher.find("POST", b"/api/things/")[0] == "create"
    assert matcher.find("DELETE", b"/api/things/7/")[0] == "delete"


def test_head_is_answered_as_get(matcher: Matcher[str]) -> None:
    assert matcher.find("HEAD", b"/api/things/7/") == ("show", {"uuid": "7"})


def test_a_fixed_path_wins_over_a_pattern_whatever_was_added_first(matcher: Matcher[str]) -> None:
    assert matcher.find("GET", b"/api/things/find/") == ("find", {})


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        (b"a+b", "a+b"),  # not a space
        (b"a%2Fb", "a/b"),  # stays inside its segment
        (b"%2525", "%25"),  # decoded once
        (b"%3Ca@b.c%3E", "<a@b.c>"),
        (b"1_+15559876543", "1_+15559876543"),
        (b"a:b=c&d$e", "a:b=c&d$e"),
        ("ü".encode(), "ü"),
        (b"%C3%BC", "ü"),
    ],
)
def test_a_segment_is_decoded_once(matcher: Matcher[str], segment: bytes, value: str) -> None:
    assert matcher.find("GET", b"/api/things/" + segment + b"/") == ("show", {"uuid": value})


def test_several_parameters_are_found(matcher: Matcher[str]) -> None:
    assert matcher.find("GET", b"/api/things/7/parts/8") == ("part", {"uuid": "7", "part": "8"})


@pytest.mark.parametrize(
    "path", [b"/", b"", b"/api", b"/api/thing/", b"/api/things/7/8/", b"/api/things//parts/8/", b"//api/things/"]
)
def test_an_unknown_path_is_not_found(matcher: Matcher[str], path: bytes) -> None:
    with pytest.raises(NotFound) as refusal:
        matcher.find("GET", path)
    assert refusal.value.message == "Not found."  # what published clients print and test for


def test_a_known_path_with_another_method_says_what_is_allowed(matcher: Matcher[str]) -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        matcher.find("PUT", b"/api/things/")
    assert refusal.value.details == {"allowed": ["GET", "POST"]}


def test_a_path_that_is_not_utf_8_is_malformed(matcher: Matcher[str]) -> None:
    with pytest.raises(Malformed):
        matcher.find("GET", b"/api/things/%ff/")


def test_a_segment_with_a_nul_names_nothing(matcher: Matcher[str]) -> None:
    """PostgreSQL cannot hold that character: asking it would be a fault instead of an answer."""
    with pytest.raises(NotFound):
        matcher.find("GET", b"/api/things/a%00b/")


def test_two_routes_for_one_place_are_refused(matcher: Matcher[str]) -> None:
    with pytest.raises(ValueError, match=r"two routes for GET /api/things/\{uuid\}/"):
        matcher.add("GET", "/api/things/{uuid}/", "again")
    with pytest.raises(ValueError, match="two routes for GET /api/things"):
        matcher.add("GET", "/api/things", "again")


@given(method=st.sampled_from(["GET", "PUT", "BREW", ""]), path=st.binary(max_size=60))
def test_whatever_comes_is_found_or_refused(method: str, path: bytes) -> None:
    matcher: Matcher[str] = Matcher()
    matcher.add("GET", "/api/things/", "list")
    matcher.add("GET", "/api/{kind}/{uuid}/", "show")
    for raw in (path, b"/api/" + path):
        try:
            target, values = matcher.find(method, raw)
        except (NotFound, MethodNotAllowed, Malformed):
            continue
        assert target in ("list", "show")
        assert all(values.values())
