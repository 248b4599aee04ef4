"""What a stranger says about himself, made fit to be shown and counted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.http.peer import neighbourhood
from ravi.server.login.asker import LONGEST_HOSTNAME, LONGEST_WORKSPACE, described, one_line


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("build-box", "build-box"),
        ("  two   blanks\t", "two blanks"),
        ("first\nsecond\r\nthird\u2028fourth", "first second third fourth"),
        ("\u202egpj.exe", "gpj.exe"),  # would be read backwards
        ("zero\u200bwidth\ufeff", "zero width"),
        ("bell\x07 esc\x1b[31m", "bell esc [31m"),
        ("<b>&", "<b>&"),  # escaping is the template's business
        ("Gerät-Ω", "Gerät-Ω"),
        ("Gera\u0308t", "Gerät"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_one_visible_line_is_left(said: str, shown: str) -> None:
    assert one_line(said, 80) == shown


def test_what_is_too_long_is_cut_with_an_ellipsis() -> None:
    asker = described("h" * 1000, "w" * 1_000_000, "127.0.0.1")

    assert asker.hostname == "h" * (LONGEST_HOSTNAME - 1) + "…"
    assert asker.workspace == "w" * (LONGEST_WORKSPACE - 1) + "…"


def test_what_just_fits_is_left_alone() -> None:
    assert one_line("x" * 80, 80) == "x" * 80


@given(st.text(max_size=400))
def test_any_text_becomes_one_short_printable_line(text: str) -> None:
    line = one_line(text, 40)

    assert len(line) <= 40
    assert line.isprintable()
    assert not any(unicodedata.category(character).startswith("C") for character in line)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_attempts_of_one_neighbourhood_count_together(address: str, counted: str) -> None:
    assert neighbourhood(address) == counted
