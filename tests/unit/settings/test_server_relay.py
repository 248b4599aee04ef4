"""The URL of the relay: how it is read, and that its password stays inside."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import ConfigInvalid
from ravi.settings.server import resolve, shown
from ravi.settings.server_relay import RelayUrl, relay_url, selector
from ravi.settings.server_values import Address


def test_user_and_password_are_decoded() -> None:
    assert relay_url("smtp://me%40x.org:p%2Fw%3A@relay.example.org:2587/") == RelayUrl(
        "smtp", Address("relay.example.org", 2587), "me@x.org", "p/w:"
    )


@pytest.mark.parametrize(
    ("text", "port"), [("smtp://relay.example", 587), ("smtps://relay.example", 465), ("smtp://[::1]:25", 25)]
)
def test_the_port_follows_from_the_scheme(text: str, port: int) -> None:
    assert relay_url(text).at.port == port


@pytest.mark.parametrize(
    "text",
    [
        "", "relay.example:587", "http://relay.example", "smtp://", "smtp://relay.example/path", "smtp://a b",
        "smtp://relay.example?x=1", "smtp://relay.example:0", "smtp://relay.example:99999", "smtp://user@relay.example",
        "smtp://:hunter2@relay.example", "smtp://u:hunter2%0A@relay.example", "smtp://u:hunter2@[::1",
    ],
)  # fmt: skip
def test_what_is_no_relay_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        relay_url(text)

    assert "hunter2" not in str(refusal.value)


@given(st.text(min_size=1).filter(str.isprintable))
def test_the_password_is_never_shown(password: str) -> None:
    relay = RelayUrl("smtp", Address("relay.example", 587), "user", f"pw-{password}-pw")

    assert f"pw-{password}-pw" not in f"{relay} {relay!r} {shown(relay)}"
    with pytest.raises(TypeError):
        pickle.dumps(relay)


@pytest.mark.parametrize("tls", ["opportunistic", "none"])
def test_a_password_goes_to_another_machine_over_checked_tls_only(tls: str) -> None:
    with pytest.raises(ConfigInvalid, match="relay_tls must be required"):
        resolve({"relay": "smtp://u:p@relay.example", "relay_tls": tls}, {})

    assert resolve({"relay": "smtp://u:p@127.0.0.1:25", "relay_tls": tls}, {}).relay_tls == tls
    assert resolve({"relay": "smtp://relay.example", "relay_tls": tls}, {}).relay_tls == tls


@pytest.mark.parametrize("text", ["", ".", "a..b", "-a", "a b", "ä"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="DKIM selector"):
        selector(text)
