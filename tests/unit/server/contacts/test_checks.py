"""Addresses, numbers and names of contacts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.errors import Invalid
from ravi.server.contacts.checks import LONGEST_NAME, check_email, check_name, check_phone_number, cut_name


@pytest.mark.parametrize(
    "number", ["+15550100123", "+1 555 010-0123", "+1 (555) 010.0123", " 15550100123", "+1/555/0100123"]
)
def test_punctuation_is_left_out(number: str) -> None:
    assert check_phone_number(number) == "+15550100123"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_number_is_in_e164_or_refused(text: str) -> None:
    try:
        number = check_phone_number(text)
    except Invalid:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert 7 <= len(number[1:]) <= 15


@settings(deadline=None)
@given(st.emails())
def test_an_address_is_compared_in_small_letters(address: str) -> None:
    assert check_email(f" {address.upper()} ") == check_email(address) == address.lower()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_what_is_kept_of_a_strangers_name_can_be_written(text: str) -> None:
    name = cut_name(text * 10)
    assert check_name("display_name", name) == name
    assert len(name) <= LONGEST_NAME
