"""
Finding one-time codes.

Each token that could be a code (`tokens.py`) is judged (`judging.py`) by what is written around it (`reading.py`): what
it is called in its sentence, on the lines above and below, in the subject. A token that nothing calls a code is not
one, however much it looks like one.
"""

import re
from typing import TypedDict

from ravi.server.extraction.code_words import CODE
from ravi.server.extraction.judging import judge
from ravi.server.extraction.reading import Reading
from ravi.server.extraction.tokens import Token

#: In characters. What is beyond is not looked at.
MOST_OF_SUBJECT = 1_000
MOST_OF_TEXT = 65_536
MOST_FOUND = 10

#: From here on a token is taken for a code.
ENOUGH = 0.5
#: A value that is so much weaker than the best one is left out.
FAR_BEHIND = 0.25

_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,30}")
#: How near a sender's name stands to the word "code", and that to the code, in characters.
_NEAR_NAME = 30
_NEAR_CODE = 200


class FoundCode(TypedDict):
    """`value` without blanks, and without dashes if it is all digits; `score` from 0.5 to 1."""

    value: str
    score: float


def find_codes(subject: str, text: str) -> list[FoundCode]:
    """
    Return the codes that a message gives to its reader, the most likely first; at most ten, none twice.

    *text* may hold the message more than once (its text and the text of its HTML). For an SMS *subject* is empty.
    Never raises.
    """
    reading = Reading(subject[:MOST_OF_SUBJECT], text[:MOST_OF_TEXT])
    best: dict[str, float] = {}
    for token in reading.tokens:
        score = judge(reading, token)
        if score >= ENOUGH:
            value = _value(reading, token)
            best[value] = max(best.get(value, 0.0), score)
    # Of equal ones the first: what was written last stands on top.
    ranked = sorted(best, key=lambda value: -best[value])[:MOST_FOUND]
    return [
        {"value": value, "score": round(best[value], 2)}
        for value in ranked
        if best[value] >= best[ranked[0]] - FAR_BEHIND
    ]


def _value(reading: Reading, token: Token) -> str:
    """Return what is handed out: the printed form, without letters that only stand for the sender's name."""
    if token.prefix and _is_of_sender(reading, token):
        return token.value[len(token.prefix) + 1 :]
    return token.value


def _is_of_sender(reading: Reading, token: Token) -> bool:
    """Whether the letters before the digits are those of a name: "K-482913 is your Koi verification code"."""
    letters = token.prefix.lower()
    for word in reading.names.between(token.start - _NEAR_CODE, token.end + _NEAR_CODE):
        if word.kind == CODE:
            start = max(0, word.start - _NEAR_NAME, token.end if token.end <= word.start else 0)
            names = _NAME.findall(reading.text, start, word.start)
            if any(_abbreviates(letters, name.lower()) for name in names):
                return True
    return False


def _abbreviates(letters: str, name: str) -> bool:
    rest = iter(name)
    return name.startswith(letters[0]) and all(letter in rest for letter in letters)
