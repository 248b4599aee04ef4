"""The shape of tokens and codes."""

import pytest

from ravi.server.auth import codes, tokens


@pytest.mark.parametrize("prefix", tokens.PREFIXES)
def test_a_fresh_token_looks_right(prefix: str) -> None:
    token = tokens.new_token(prefix)
    assert token.startswith(prefix)
    assert tokens.looks_right(token)
    assert token.isascii()
    assert token.replace("_", "").isalnum(), "a double click must select all of it"


@pytest.mark.parametrize("prefix", tokens.PREFIXES)
def test_any_single_changed_character_is_noticed(prefix: str) -> None:
    token = tokens.new_token(prefix)
    for place in range(len(token)):
        other = "x" if token[place] != "x" else "y"
        assert not tokens.looks_right(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize("mangled", ["", "ravi_at_", "ravi_id_" + "0" * 51, "rvt_abc", "é" * 60, "Bearer x"])
def test_what_is_no_token_is_told_apart_without_a_database(mangled: str) -> None:
    assert not tokens.looks_right(mangled)


def test_a_truncated_or_extended_token_is_noticed() -> None:
    token = tokens.new_token(tokens.ACCESS)
    assert not tokens.looks_right(token[:-1])
    assert not tokens.looks_right(token + "0")
    assert not tokens.looks_right(f" {token}")


def test_a_masked_token_gives_away_four_characters_at_most() -> None:
    token = tokens.new_token(tokens.IDENTITY)
    shown = tokens.masked(token)
    assert shown.startswith("ravi_id_…")
    assert len(shown) == len("ravi_id_…") + 4


def test_tokens_do_not_repeat() -> None:
    assert len({tokens.new_token(tokens.ACCESS) for _ in range(1000)}) == 1000


def test_a_code_is_the_same_however_a_person_types_it() -> None:
    code = codes.new_code(3)
    assert len(code) == 14
    assert codes.normal(code) == codes.normal(code.lower()) == codes.normal(f" {code.replace('-', ' ')} ")


def test_a_code_of_eight_is_too_long_to_be_guessed_within_any_limit_on_attempts() -> None:
    """40 bits. RFC 8628 section 5.1 has 34 for its example, with few attempts and a short life."""
    assert len({code for _ in range(20_000) for code in codes.new_code(2) if code != "-"}) == 32
    assert len({codes.new_code(2) for _ in range(20_000)}) == 20_000


def test_look_alikes_in_a_typed_code_are_read_as_what_was_meant() -> None:
    assert codes.normal("OIL0-1L1I") == "01101111"
