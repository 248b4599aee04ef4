"""Whose word counts about where a request comes from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.http.peer import BehindProxy


async def seen(*headers: tuple[str, str]) -> tuple[str, str]:
    """What the application sees as (client, scheme) of a request with *headers* from the proxy at 10.0.0.1."""
    found: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    scope = {
        "type": "http",
        "client": ("10.0.0.1", 5000),
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    await BehindProxy(app)(scope, None, None)  # type: ignore[arg-type]  # neither is used
    assert scope["client"] == ("10.0.0.1", 5000), "the server's own record must stay"
    return found["client"][0], found["scheme"]


async def test_without_headers_the_proxy_is_the_peer():
    assert await seen() == ("10.0.0.1", "http")


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1,198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7, unknown", "10.0.0.1"),
        ("198.51.100.7,", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
async def test_only_the_entry_that_the_proxy_appended_counts(value: str, client: str):
    assert await seen(("X-Forwarded-For", value)) == (client, "http")


async def test_of_several_headers_the_last_is_the_proxys():
    assert await seen(("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "198.51.100.7")) == ("198.51.100.7", "http")


@pytest.mark.parametrize(("value", "scheme"), [("https", "https"), ("HTTP, HTTPS", "https"), ("gopher", "http")])
async def test_the_scheme_is_taken_when_it_is_one(value: str, scheme: str):
    assert await seen(("X-Forwarded-Proto", value)) == ("10.0.0.1", scheme)


@given(st.text(st.characters(codec="latin-1")))
async def test_no_header_breaks_it(value: str):
    client, scheme = await seen(("X-Forwarded-For", value), ("X-Forwarded-Proto", value))
    assert client
    assert scheme in ("http", "https")
