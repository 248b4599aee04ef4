"""One spelling for each server."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import ConfigInvalid
from ravi.settings.server_url import is_loopback, normalise, split_server

SAME = {
    "http://127.0.0.1:8787": ["http://127.0.0.1:8787/", "HTTP://127.0.0.1:8787/api", " http://127.0.0.1:08787/api/ "],
    "https://ravi.example.com": [
        "https://RAVI.example.com",
        "https://ravi.example.com:443/",
        "https://ravi.example.com./api",
        "https://ravi.example.com:",
    ],
    "http://localhost": ["http://localhost:80", "http://LOCALHOST/"],
    "http://[::1]:8787": ["http://[0:0::1]:8787", "http://[::0001]:8787/api/"],
    "https://xn--bcher-kva.example": ["https://bücher.example", "https://xn--bcher-kva.example:443"],
    "http://my_host.internal": ["http://my_host.internal"],
}
BAD = {
    "": "not an http",
    "ravi.example.com": "not an http",
    "//ravi.example.com": "not an http",
    "ftp://ravi.example.com": "not an http",
    "javascript://x": "not an http",
    "http://": "no host",
    "http://:8787": "no host",
    "http://user@host": "user name or password",
    "http://user:SECRET@host": "user name or password",
    "http://evil\\@host": "user name or password",
    "http://host/?x=1": "query or a fragment",
    "http://host#x": "query or a fragment",
    "http://host/ravi": "has a path",
    "http://host/api/v1": "has a path",
    "http://host:0": "port",
    "http://host:65536": "port",
    "http://host:80a": "port",
    "http://host:-1": "port",
    "http://host:\N{ARABIC-INDIC DIGIT ONE}": "port",
    "http://a:b:c": "port",
    "http://[::1": "unfinished IPv6",
    "http://[::1]x": "unfinished IPv6",
    "http://[::g]": "IPv6 address",
    "http://[fe80::1%25eth0]": "IPv6 address",
    "http://ho st": "host name",
    "http://ho\r\nst": "host name",
    "http://ho\0st": "host name",
    "http://a..b": "host name",
    "http://.a": "host name",
    "http://-a": "host name",
    "http://" + "a" * 254: "host name",
}


@pytest.mark.parametrize(("one", "others"), SAME.items())
def test_every_spelling_of_a_server_becomes_one(one, others) -> None:
    assert normalise(one, "x") == one
    assert [normalise(other, "x") for other in others] == [one] * len(others)


@pytest.mark.parametrize(("url", "problem"), BAD.items())
def test_what_is_no_server_is_refused_without_repeating_it(url, problem) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        normalise(url, "RAVI_API_URL")

    assert problem in caught.value.message
    assert caught.value.message.startswith("RAVI_API_URL ")
    assert "SECRET" not in caught.value.message


@pytest.mark.parametrize(
    ("server", "local"),
    [
        ("http://localhost:8787", True),
        ("http://a.localhost", True),
        ("http://127.0.0.1", True),
        ("http://127.255.3.4", True),
        ("http://[::1]", True),
        ("http://128.0.0.1", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.example.com", False),
        ("http://localhost.example.com", False),
        ("http://[::2]", False),
        ("http://127.0.0.256", False),
    ],
)
def test_loopback_is_told_by_name(server, local) -> None:
    assert is_loopback(server) is local


def test_a_server_is_split_for_connecting() -> None:
    assert split_server("https://ravi.example.com") == ("https", "ravi.example.com", 443)
    assert split_server("http://[::1]:8787") == ("http", "::1", 8787)


@given(st.text(max_size=60) | st.text(alphabet=string.punctuation + "aF0é\n", max_size=30).map("http://".__add__))
def test_any_text_is_one_server_or_a_refusal(text) -> None:
    try:
        server = normalise(text, "x")
    except ConfigInvalid:
        return
    assert normalise(server, "x") == server
    assert server.isascii()
    assert server.isprintable()
