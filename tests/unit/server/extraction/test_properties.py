"""What holds for any text: no exception, nothing invented, the same twice, never many."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ravi.server.extraction import find_codes, find_links
from ravi.server.extraction.codes import ENOUGH, MOST_FOUND
from ravi.server.extraction.folding import fold, keyed

#: Pieces of messages, so that chance brings about what looks like one.
PIECES = st.sampled_from(
    "code|Your verification code is |OTP: |код |认证 验证码|رمز |\n|\n\n|482913|4 8 2 9 1 3|482-913|K7QM-2X|"
    "KX-4417| |. |: |Fwd: |"
    '> |On Mon Sam wrote:\n|order |€|1,250.00|2026-11-23|<a href="https://a.example/verify/1">|</a>|<p>|Confirm|Unsubscribe|'
    "https://b.example/x?t=9|@c.example #482913|<#> |abc-defg-hij|İ|\u0301|\u200b|\uff14|<|>|\"|'|&amp;|(|)".split("|")
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))


def bare(text: str) -> str:
    """*text* without what may stand between the parts of a code."""
    return re.sub(r"[\s|·•_-]+", "", text)


@given(subject=TEXTS, text=TEXTS)
def test_codes_are_few_and_ranked_and_stand_in_the_message(subject: str, text: str) -> None:
    found = find_codes(subject, text)

    assert found == find_codes(subject, text)
    assert len(found) <= MOST_FOUND
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    assert len({each["value"] for each in found}) == len(found)
    folded = bare(fold(subject)) + "\n" + bare(fold(text))
    for each in found:
        assert ENOUGH <= each["score"] <= 1
        assert bare(each["value"]) in folded
        assert 4 <= len(bare(each["value"])) <= 84
        assert each["value"].isascii()


@given(html=TEXTS, text=TEXTS)
def test_links_are_few_and_ranked_and_of_the_web(html: str, text: str) -> None:
    found = find_links(html, text)

    assert found == find_links(html, text)
    assert len(found) <= MOST_FOUND
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    assert len({each["url"] for each in found}) == len(found)
    for each in found:
        assert ENOUGH <= each["score"] <= 1
        assert each["url"].lower().startswith(("http://", "https://"))


@given(text=st.text())
def test_words_keep_their_places_when_capitals_and_accents_are_dropped(text: str) -> None:
    folded = fold(text)

    assert len(keyed(folded)) == len(folded)
    assert fold(folded) == folded
