"""What a recipient means, and what asks for being passed on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.errors import BadRecipient, RecipientRefused, RelayRefused
from ravi.server.mail.recipients import parse_recipient


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Mike@Example.org", "mike@example.org"),
        ("mike+news@example.org", "mike@example.org"),
        ("mike+a+b@example.org", "mike@example.org"),
        ("mike@example.org.", "mike@example.org"),
        ("mi\u212ae@example.org", "mi\u212ae@example.org"),  # the sign for Kelvin, whose small letter is k
        ("mike@exa\u212aple.org", "mike@exa\u212aple.org"),
        ('"mike"@example.org', '"mike"@example.org'),
        ("PostMaster", "postmaster"),
        ("PostMaster+tag@Example.org", "postmaster@example.org"),
    ],
)
def test_case_tags_and_a_last_dot_do_not_matter(given: str, meant: str) -> None:
    assert parse_recipient(given) == meant


@pytest.mark.parametrize("given", ["@a:b@c", "a%b@c", "b!a@c", "a@b@c", '"a@b"@c', '"a%b"@c', "a:b@c"])
def test_nothing_is_passed_on(given: str) -> None:
    with pytest.raises(RelayRefused):
        parse_recipient(given)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_anything_is_an_address_or_refused(text: str) -> None:
    try:
        meant = parse_recipient(text)
    except RecipientRefused:
        return
    local, _, domain = meant.rpartition("@")
    assert "@" not in local
    assert "+" not in local
    assert domain == domain.rstrip(".")
    assert meant.isprintable()
    assert parse_recipient(meant) == meant if local and domain else True


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9.-]{1,30}\+?[a-z0-9+]{0,20}@[a-z0-9-]{1,20}\.[a-z]{2,5}", fullmatch=True))
def test_a_tag_never_changes_whose_it_is(address: str) -> None:
    local, _, domain = address.partition("@")
    assert parse_recipient(address) == f"{local.partition('+')[0]}@{domain}"


@settings(deadline=None)
@given(st.text(min_size=321, max_size=5000))
def test_a_long_one_is_refused(text: str) -> None:
    with pytest.raises(BadRecipient):
        parse_recipient(text)
