"""Numbers and senders as the world writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.identities.e164 import country_of, is_dialable, parse_number, parse_recipient, read_sender

OWN = "+12015550001"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+12025550143", "+12025550143"),
        ("+1 (202) 555-0143", "+12025550143"),
        ("+49 30 901820", "+4930901820"),
        ("tel:+1-202-555-0143", "+12025550143"),
        ("\uff0b12025550143", "+12025550143"),
        ("+55 11 96123-4567", "+5511961234567"),
        ("+15550100123", "+15550100123"),
    ],
)
def test_a_number_with_its_country_code_is_read_however_it_is_written(written: str, number: str) -> None:
    assert parse_number(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "+",
        "0301234567",
        "2025550143",
        "+1",
        "+999123456789",
        "+1202555014",
        "ada@example.org",
        "+1 202 555 0143 ext. 7",
    ],
)
def test_what_nobody_could_call_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"number"):
        parse_number(written)


@pytest.mark.parametrize("code", ["123", "22395", "12345678"])
def test_a_short_code_can_be_written_to(code: str) -> None:
    assert parse_recipient(f" {code} ") == code


@pytest.mark.parametrize(
    ("sent_by", "own", "sender"),
    [
        ("+12025550143", OWN, "+12025550143"),
        ("2025550143", OWN, "+12025550143"),
        ("12025550143", OWN, "+12025550143"),
        ("030 901820", "+4930123456", "+4930901820"),
        ("22395", OWN, "22395"),
        ("2 23-95", OWN, "22395"),
        ("GitHub", OWN, "GitHub"),
        ("AT&T", OWN, "AT&T"),
        ("", OWN, "unknown"),
        ("  ", OWN, "unknown"),
        ("Git\u200bHub", OWN, "Git\ufffdHub"),
        ("\u202eBank", OWN, "\ufffdBank"),
        ("a\x1b[2Jb", OWN, "a\ufffd[2Jb"),
        ("Bu\u0308ro", OWN, "B\u00fcro"),
        ("\ud800", OWN, "?"),
        ("x" * 100, OWN, "x" * 64),
    ],
)
def test_a_sender_is_a_number_if_it_is_one_and_else_what_was_sent(sent_by: str, own: str, sender: str) -> None:
    assert read_sender(sent_by, own) == sender


@given(st.text(max_size=80))
def test_a_sender_can_always_be_printed_stored_and_read_again(text: str) -> None:
    sender = read_sender(text, OWN)
    assert 0 < len(sender) <= 64
    assert sender.isprintable()
    assert sender.encode().decode() == sender
    assert read_sender(sender, OWN) == sender


def test_only_numbers_and_short_codes_can_be_answered() -> None:
    assert [is_dialable(each) for each in ("+12025550143", "22395", "GitHub", "٣٤٥", "+", "")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_number_tells_its_country_if_it_is_one_that_can_be_given_out() -> None:
    assert (country_of("+493012345678"), country_of("nonsense")) == ("DE", "")
