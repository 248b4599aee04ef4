"""Whatever a stranger writes, looking at it takes time in proportion to a bounded part of it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.extraction import codes, find_codes, find_links, links

MEBIBYTE = 1024 * 1024

HOSTILE = {
    "digits": "1",
    "digits and blanks": "1 ",
    "digits and dashes": "1-",
    "letters and dashes": "abc-",
    "dots": "1.",
    "stars": "*",
    "crosses": "x*",
    "quotes": '"',
    "plus signs": "+1 ",
    "brackets": "(12 ",
    "months": "1 jan ",
    "hexadecimal": "ab:",
    "at signs": "a@",
    "dotted words": "a.",
    "number signs": "#1-",
    "lines": "\n",
    "quoted lines": "> \n",
    "answers": "on " + "a " * 100 + "\n",
    "answers in one line": "on wrote ",
    "headers": "From: x\nFrom: y\n",
    "capitals": "ABC-",
    "capitals and digits": "A1B2-",
    "codes in one line": "code: 123456 ",
    "codes in lines": "code:\n123456\n",
    "code words": "code ",
    "code words of elsewhere": "コード",
    "wide digits": "\uff11",
    "accents": "a\u0301\u0316",
    "dotted capitals": "\u0130",
    "groups": "1 " * 11 + "x ",
    "prefixes": "KX-4417 Koi code ",
    "tags": "<",
    "half tags": "<a ",
    "half attributes": "<a href= ",
    "open quotes": '<a href="http://x',
    "blanks in a tag": "<a href" + " " * 5000,
    "links": '<a href="https://x.example/verify/1">',
    "closed links": '<a href="https://x.example/verify/1">Confirm</a>',
    "addresses": "https://x.example/1 ",
    "schemes": "http://",
    "closing brackets": "http://x/" + ")" * 5000,
    "entities": "&#x41",
    "ampersands": "&",
    "blocks": "<div>",
    "short codes": "text stop to 81417 ",
    "keywords": "text a b ",
    "marks of apps": "<#> FA+9qCX9VSu\n",
    "lines for browsers": "@a.example #482913\n",
    "codes without width": "4\u200b8\u2068",
    "codes that lapsed": "old code 482913 no longer valid ",
    "new codes": "the new one is 482913, 118204 expired ",
    "named codes": "OTP-482913 ",
}
#: The longest text that carriers take as one message, and four times as much.
LONGEST_SMS = 1600
PIECES = st.lists(st.sampled_from(sorted(HOSTILE.values())), min_size=1, max_size=4).map("".join)


def repeated(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_mebibyte_of_hostile_text_is_looked_at_in_time(kind: str) -> None:
    text = repeated(HOSTILE[kind], MEBIBYTE)

    assert len(find_codes(text, text)) <= codes.MOST_FOUND
    assert len(find_links(text, text)) <= links.MOST_FOUND


@pytest.mark.parametrize("kind", HOSTILE)
def test_four_times_the_text_is_about_four_times_the_work(kind: str) -> None:
    small, large = repeated(HOSTILE[kind], 4096), repeated(HOSTILE[kind], 16384)

    for look in (lambda text: find_codes("", text), lambda text: find_links(text, text)):
        assert calls(look, large) <= 6 * calls(look, small) + 2000


@settings(max_examples=60, deadline=None)
@given(piece=st.one_of(PIECES, st.text(min_size=1, max_size=40)))
def test_any_text_repeated_to_the_length_of_an_sms_takes_work_in_proportion(piece: str) -> None:
    small, large = repeated(piece, LONGEST_SMS), repeated(piece, 4 * LONGEST_SMS)

    for look in (lambda text: find_codes("", text), lambda text: find_links("", text)):
        assert calls(look, large) <= 6 * calls(look, small) + 2000


def test_what_is_beyond_the_bounds_makes_no_difference() -> None:
    filling = "x " * codes.MOST_OF_TEXT
    text = f"Your code is 482913.\n{filling}"

    assert find_codes("", text + "Your code is 118822.") == find_codes("", text)
    assert find_codes("", filling + "Your code is 118822.") == []


def calls(look: Callable[[str], Any], text: str) -> int:
    """How many calls, of Python's functions and of C's, it takes to look at *text*."""
    count = 0

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    look(text)  # once for what is remembered from then on
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        look(text)
    finally:
        sys.setprofile(before)
    return count
