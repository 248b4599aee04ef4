"""The words of messages and of queries; that engines find the same is tested with the engines."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.search import (
    LONGEST_WORD,
    MOST_INDEXED,
    MOST_WORDS,
    asked_words,
    condition,
    words_of,
)

MARK = "\u00a7"


def test_words_are_folded_and_each_is_there_once() -> None:
    assert words_of(["Hello, hello WORLD_2", "caf\u00e9 cafe\u0301 CAFE"]) == ["hello", "world", "2", "cafe"]


def test_scripts_without_blanks_are_found_by_pairs() -> None:
    assert words_of(["验证码 a码b"]) == ["验", "证", "码", "验证", "证码", "a", "b"]
    assert asked_words("验证码") == ["验证", "证码"]
    assert asked_words("码") == ["码"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_a_word_is_letters_and_digits_only(texts: list[str]) -> None:
    """So quoting it is enough, in both query languages, and none can be marked as somebody else's."""
    for words in (words_of(texts), asked_words(" ".join(texts))):
        for word in words:
            assert re.fullmatch(r"[^\W_]+", word), word
            assert len(word) <= LONGEST_WORD
            assert MARK not in word


@settings(deadline=None)
@given(st.text(max_size=80))
def test_what_a_message_holds_is_found_by_asking_for_it(text: str) -> None:
    if len(re.findall(r"\w+", text)) < MOST_WORDS / 2 and len(text) < LONGEST_WORD:
        asked = asked_words(text)[:MOST_WORDS]
        assert set(asked) <= set(words_of([text]))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_query_is_bounded(text: str) -> None:
    assert len(asked_words(text * 10)) <= MOST_WORDS


def test_a_message_is_bounded() -> None:
    tail = "\u0634" * 60
    many = (f"{number:05}{tail}" for number in range(10_000))
    words = words_of([" ".join(many), "behind"])

    assert sum(len(word.encode()) for word in words) <= MOST_INDEXED
    assert len(words) > 1000
    assert "behind" not in words


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "a\u0315\u0300" * 66_000,
        "\ufdfa" * 200_000,
        "\u0300" * 200_000,
        "".join(map(chr, range(0x20, 0xD800))),
        "\xb5" * 200_000,
    ],
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    """Combining marks in alternating order make normalising a whole text quadratic: hours for this one."""
    assert sum(map(len, words_of([text]))) <= MOST_INDEXED


def test_a_condition_quotes_each_word_with_its_owner() -> None:
    assert condition("sqlite", 7, ["a", "b"])[1] == f'"{MARK}7{MARK}a" AND "{MARK}7{MARK}b" *'
    assert condition("postgresql", 7, ["a", "b"])[1] == f"'{MARK}7{MARK}a' & '{MARK}7{MARK}b':*"
