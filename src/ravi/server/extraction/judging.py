"""
How likely a token is a code: the best reason to take it for one, less what speaks against it.

Scores are no probabilities, though they are in the same order. 0.5 is where a token begins to count; directly named
codes are above 0.85, those that only their place suggests below 0.7.
"""

import re

from ravi.server.extraction import phrases
from ravi.server.extraction.code_words import (
    CODE,
    ENTER,
    EXAMPLE,
    LAPSED,
    MEETING,
    OFFER,
    OLD,
    PASSWORD,
    RECEIPT,
    SIGN_IN,
    TOPIC,
)
from ravi.server.extraction.reading import REACH, Reading
from ravi.server.extraction.tokens import COVER, Shape, Token
from ravi.server.extraction.vocabulary import Word

#: In characters. So far from its token may stand a name that is its own: "code for your new device is".
ATTACHED = 45
#: A word this near belongs to the token and to nothing else.
CLOSE = 14
#: So near to each other two words are one name: "code de commande".
COMPOUND = 4
#: From here on in Unicode are the languages whose verbs come last: those of India, Japanese, Korean.
VERB_LAST = "\u0900"
#: Verbs of other languages that may stand last: "482913 eingeben".
_INFINITIVES = frozenset({"eingeben", "invoeren", "girin", "giriniz", "yazin", "yaziniz"})
#: Numbers of a meeting stand together; so do the words of an offer and its code.
NEIGHBOURHOOD = 200
RECEIPT_REACH = 60
#: So near to its token stands what says that it is not to be used.
AGE_REACH = 40

_LESS_FOR_PASSWORD = 0.15
#: What offers are called by: SUMMER26.
_SLOGAN = re.compile(r"(?=[A-Z]*[AEIOU])[A-Z]{4,}-?\d{2,4}|[A-Z]{3,}20[2-9]\d")

#: What a television shows to be typed elsewhere: 7Q4-K2M.
_GROUPS = re.compile(r"[A-Z0-9]{3}-[A-Z0-9]{3}|[A-Z0-9]{4}-[A-Z0-9]{4}")


def judge(reading: Reading, token: Token) -> float:
    """Return how likely *token* is a code, from 0 to 1."""
    if phrases.is_measure(reading.keys, token.start, token.end):
        return 0.0
    first, last = max(0, token.start - NEIGHBOURHOOD), token.end + NEIGHBOURHOOD
    around = {word.kind for word in reading.words.between(first, last)}
    if MEETING in around:
        return 0.0
    start, end = reading.sentence(token)
    reason = max(_in_sentence(reading, token, start, end), _at_first(reading, token, start), _by_place(reading, token))
    doubt = _doubt_of_shape(reading, token, is_about=not around.isdisjoint((SIGN_IN, TOPIC)))
    if _is_no_use(reading, token, start, end):
        doubt += 0.45
    if not reading.stands_alone(token) and any(
        word.kind == RECEIPT for word in reading.words.between(token.start - RECEIPT_REACH, token.end + RECEIPT_REACH)
    ):
        doubt += 0.5
    if SIGN_IN not in around and (OFFER in around or phrases.offers(reading.keys[first:last])):
        doubt += 0.5
    return max(0.0, reason - doubt)


def _is_no_use(reading: Reading, token: Token, start: int, end: int) -> bool:
    """Whether its sentence says that the token is an example, or is not to be used any more."""
    first, last = max(start, token.start - AGE_REACH), min(end, token.end + AGE_REACH)
    if any(
        word.kind == EXAMPLE and not reading.keys.endswith(".", 0, word.start)  # and not that of a host name
        for word in reading.words.between(first, last)
    ):
        return True
    before = reading.words.between(max(first, reading.unclaimed(token)), token.start)
    behind = reading.words.between(token.end, last)
    if any(word.kind == OLD for word in before) or any(word.kind == LAPSED for word in behind):
        return True
    following = reading.token_behind(token)
    is_of_next = following is not None and following.start <= end
    return not is_of_next and any(word.kind == OLD for word in behind)


def _in_sentence(reading: Reading, token: Token, start: int, end: int) -> float:
    """What its own sentence calls the token."""
    start = max(start, reading.unclaimed(token))
    before, behind = reading.names.between(start, token.start), reading.names.between(token.end, end)
    codes = [name for name in behind if name.kind in (CODE, PASSWORD)]
    if codes and _is_of_this(reading, token, codes[0]):
        return _named(codes[0], 0.92)
    if codes and _is_of_next(reading, token, codes[0]):
        behind = []
    if before:
        nearest = before[-1]
        if nearest.kind not in (CODE, PASSWORD):
            return _asked(reading, token, nearest.end, end)
        return 0.0 if _is_taken(reading, token, nearest) else _named(nearest, _by_distance(reading, token, nearest))
    if behind and behind[0].kind in (CODE, PASSWORD):
        return _named_behind(reading, token, behind[0])
    if behind and behind[0].start - token.end <= CLOSE and not _is_signed(reading, token, behind[0]):
        return 0.0
    return _unnamed(reading, token, start, end) or (0.0 if behind else _in_sentence_before(reading, token, start))


def _is_signed(reading: Reading, token: Token, name: Word) -> bool:
    """Whether *name* is what the token signs, and not its own: "enter 482913 to sign contract 88120"."""
    return any(word.kind in (SIGN_IN, TOPIC) for word in reading.words.between(token.end, name.start))


def _named(name: Word, score: float) -> float:
    return score if name.kind == CODE else score - _LESS_FOR_PASSWORD


def _by_distance(reading: Reading, token: Token, name: Word) -> float:
    if phrases.is_called(reading.keys, token.start):
        return 0.95
    gap = reading.keys[name.end : token.start]
    words = gap.count(" ") - 1
    if words > 4 or len(gap) > ATTACHED:
        return 0.5
    if phrases.is_for(gap):
        return 0.65
    return 0.9 if words <= 2 else 0.75


def _named_behind(reading: Reading, token: Token, name: Word) -> float:
    """What a name behind the token is worth: "482913 (login code)"."""
    asks = any(word.kind == ENTER for word in reading.words.between(token.end, name.start))
    _, line_end = reading.line(token.start, token.end)
    if asks and not reading.keys[name.end : line_end].strip(" :"):
        return 0.0  # "for account 7704417 please use this code": the code follows
    if name.start - token.end <= ATTACHED:
        return _named(name, 0.85)
    return 0.7 if name.kind == CODE else 0.0


def _is_of_this(reading: Reading, token: Token, name: Word) -> bool:
    """Whether the sentence says outright that the token is what *name*, behind it, calls it: "482913 is your code"."""
    if name.start - token.end > ATTACHED:
        return False
    if phrases.is_last(reading.keys, name.end):
        return True
    # "for contract 88120 is your code 482913"
    following = _following(reading, token, name)
    if following is not None and (following.start - name.end <= 3 or phrases.is_called(reading.keys, following.start)):
        return False
    return phrases.is_yours(reading.keys, token.end)


def _is_of_next(reading: Reading, token: Token, name: Word) -> bool:
    """Whether *name*, behind the token, belongs to the token behind it: "card 4417, code 482913"."""
    following = _following(reading, token, name)
    if following is None or reading.keys[token.end : token.end + 2].strip().startswith(("(", "-", ":", "=")):
        return False
    return following.start - name.end <= CLOSE or phrases.is_called(reading.keys, following.start)


def _following(reading: Reading, token: Token, name: Word) -> Token | None:
    """Return the token behind *name*, which is behind *token*, if nothing else could be its name."""
    following = reading.token_behind(token)
    if following is None or following.start - name.end > ATTACHED or reading.ends_between(name.end, following.start):
        return None
    return None if reading.names.between(name.end, following.start) else following


def _is_taken(reading: Reading, token: Token, name: Word) -> bool:
    """Whether *name*, before the token, is another's: "482913 is your code for 88120", "code for 88120 is 482913"."""
    if phrases.is_called(reading.keys, token.start):
        return False
    last, following = reading.token_before(token), reading.token_behind(token)
    if last is not None and last.end <= name.start and _is_of_this(reading, last, name):
        return True
    if following is None or following.start - token.end > ATTACHED:
        return False
    if reading.ends_between(token.end, following.start) or reading.names.between(token.end, following.start):
        return False
    return phrases.ends_in_verb(reading.keys, following.start)


def _at_first(reading: Reading, token: Token, start: int) -> float:
    """What the sentence begins with, whatever stands between: "The code for order 60218844 over 20 EUR is 482913"."""
    # After a number, a colon belongs to all that stands before it.
    colon = reading.keys.endswith(": ", start + 1, token.start) and _is_number(reading.keys[token.start - 3])
    if not colon and not phrases.ends_in_verb(reading.keys, token.start):
        return 0.0
    names = reading.names.between(start, token.start)
    first = next((place for place, name in enumerate(names) if name.kind in (CODE, PASSWORD)), None)
    if first is None or token.start - names[-1].end <= 3:
        return 0.0
    number_between = reading.unclaimed(token) > names[first].end
    if first + 1 < len(names) and names[first + 1].start - names[first].end <= COMPOUND and not number_between:
        return 0.0
    return _named(names[first], 0.85)


def _is_number(char: str) -> bool:
    return char.isdigit() or char == COVER


def _asked(reading: Reading, token: Token, start: int, end: int) -> float:
    """Whether its sentence asks to type the token: "enter 482913 to sign in"."""
    before, behind = reading.words.between(start, token.start), reading.words.between(token.end, end)
    typed = any(word.kind == ENTER and token.start - word.end <= CLOSE for word in before)
    # Behind the number where the verb stands at the end of a sentence, or after a dash: "482913 - use this".
    typed = typed or any(
        word.kind == ENTER
        and word.start - token.end <= CLOSE
        and (_comes_last(reading, word) or phrases.is_dash(reading.keys[token.end : word.start]))
        for word in behind
    )
    if not typed:
        return 0.0
    if any(word.kind == SIGN_IN for word in (*before, *behind)):
        return 0.8
    if reading.is_about_signing_in:
        return 0.65
    return 0.55 if len(token.value) == 6 or _GROUPS.fullmatch(token.value) else 0.0


def _comes_last(reading: Reading, verb: Word) -> bool:
    """Whether *verb* stands behind what is to be typed: in languages where all do, or as "482913 eingeben"."""
    return reading.keys[verb.start] >= VERB_LAST or reading.keys[verb.start : verb.end] in _INFINITIVES


def _unnamed(reading: Reading, token: Token, start: int, end: int) -> float:
    """What is done with a token that nothing names: "type 482913", "confirm with 482913", "verification: 482913"."""
    if asked := _asked(reading, token, start, end):
        return asked
    before, behind = reading.words.between(start, token.start), reading.words.between(token.end, end)
    lead = reading.keys[start : token.start]
    if phrases.ends_in_with(lead) and any(word.kind == SIGN_IN for word in (*before[-1:], *behind[:1])):
        return 0.65
    if before and before[-1].kind == SIGN_IN and token.shape is Shape.DIGITS:
        return 0.75 if reading.keys[before[-1].end : token.start].strip() == ":" else 0.0
    return 0.0


def _in_sentence_before(reading: Reading, token: Token, start: int) -> float:
    """What the sentence before calls a token that begins its own: "Your code is below. 482913"."""
    if reading.keys[start : token.start].strip(" \"'«“„([*-"):
        return 0.0
    line_start, _ = reading.line(start, start)
    names = reading.names.between(max(line_start, start - REACH, reading.unclaimed(token)), start)
    return 0.7 if names and names[-1].kind == CODE else 0.0


def _by_place(reading: Reading, token: Token) -> float:
    """What the lines around call a token that begins a line of the body, or is all of it."""
    if token.end < reading.body or not reading.begins_line(token):
        return 0.0
    above = _above(reading, token)
    if above is None:
        return 0.0
    if not reading.stands_alone(token):
        return max(0.0, above - 0.1)
    return max(above, _below_and_subject(reading, token))


def _above(reading: Reading, token: Token) -> float | None:
    """What the two lines above call the token; None if the nearer one calls it something else."""
    line_start, _ = reading.line(token.start, token.end)
    score = 0.0
    for place, (start, end) in enumerate(reading.lines_above(line_start)):
        words, names = reading.words.between(start, end), reading.names.between(start, end)
        if place == 0 and words and words[-1].kind == ENTER and end - words[-1].end <= CLOSE:
            return 0.8 if reading.is_about_signing_in else 0.0
        codes = [name for name in names if name.kind in (CODE, PASSWORD)]
        if codes and (names[-1] is codes[-1] or phrases.is_called(reading.keys, end)):
            return max(score, _named(codes[-1], 0.9 - 0.1 * place))
        if names:
            return None if place == 0 else score
        if place == 0 and reading.is_about_signing_in and any(word.kind == ENTER for word in words):
            score = 0.8
    return score


def _below_and_subject(reading: Reading, token: Token) -> float:
    """What the lines below and the subject say of a token that stands alone."""
    if reading.subject_says_code:
        return 0.8
    _, line_end = reading.line(token.start, token.end)
    below = [names for start, end in reading.lines_below(line_end) if (names := reading.names.between(start, end))]
    if below and below[0][0].kind == CODE:
        return 0.75
    in_subject = reading.words.between(0, reading.body)
    if reading.is_whole_body(token) and any(word.kind == SIGN_IN for word in in_subject):
        return 0.7
    # A language that we do not know: all there is are six digits on a line of their own.
    six_digits = token.shape is Shape.DIGITS and len(token.value) == 6
    return 0.55 if six_digits and len(reading.tokens) == 1 and not reading.names_anything else 0.0


def _doubt_of_shape(reading: Reading, token: Token, *, is_about: bool) -> float:
    """What its looks say against the token; *is_about* if signing in is spoken of near it."""
    value = token.value
    match token.shape:
        case Shape.YEAR:
            called = phrases.is_called(reading.keys, token.start) or phrases.is_yours(reading.keys, token.end)
            return 0.05 if called or reading.stands_alone(token) else 0.45
        case Shape.DIGITS:
            return 0.1 if len(value) > 8 else 0.0 if len(value) == 6 else 0.02
        case Shape.MIXED:
            if _SLOGAN.fullmatch(value):
                return 0.35 if is_about else 0.5
            return 0.05 if value.isupper() else 0.15 if value.islower() else 0.3
        case Shape.LETTERS | Shape.WORDS:
            return 0.2
