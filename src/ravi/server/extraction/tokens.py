"""
What could be a code by its looks: digits, digits in groups, letters with digits, words with hyphens.

Numbers that are something else by their looks (addresses, prices, times, dates, telephone numbers) are covered first,
so that no part of them is taken for a code. No pattern here repeats what can be read in two ways, and what they repeat
is bounded: the time they take grows with the text, whatever it says.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

#: Stands where something was read already. No letter, no digit, no blank.
COVER = "\x01"
LONGEST = 10

_ENDLESS = re.compile(r"\b[A-Za-z0-9_]{25,}")
#: What each is only looked for when it occurs.
_ADDRESSES = {
    "//": re.compile(r"https?://[^\s<>\"]+"),
    "www.": re.compile(r"www\.[^\s<>\"]+"),
    "@": re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    "::": re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){1,7}:?(?:[0-9a-fA-F]{1,4}:?){1,7}(?![\w:])"),
}
_MONTHS = (
    "jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|out|set|gen|mag|giu|lug|ott|"
    "fév|fev|avr|juin|juil|août|aout|déc"
)
_MONEY = "$€£¥₹₽₺₩₪฿₫₴₦"
# Sorted by what they begin with, so that at most places of a text one look tells that none of them begins there.
_BEGIN_WITH_DIGIT_OR_SIGN = (
    # Telephone numbers that look like nothing else.
    r"\+ ?\d[\d ().-]{5,20}\d",
    r"\(\d{2,5}\)[ -]?\d[\d -]{3,12}\d",
    r"(?<![\d-])(?:0800|0900|1-\d{3})[ -]\d{3}[ -]\d{3,4}(?![\d-])",
    # Decimals, thousands, versions, addresses of computers.
    r"(?<!\d)\d{1,24}(?:[.,'’]\d{1,24})+(?![\d分秒小天時时])",
    # Times and dates.
    r"(?<![\d:])\d{1,2}(?:[:h]\d{2}){1,2}(?![\d:])",
    r"(?<![\d/.-])\d{1,4}([/.])\d{1,2}\1\d{2,4}(?![\d/-])",
    r"(?<![\d/.-])(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{4})(?![\d/-])",
    rf"(?<!\d)\d{{1,2}}\.? (?:{_MONTHS})[^\W\d]{{0,9}}\.?,? \d{{4}}(?!\d)",
    r"\d{1,10}(?=[年月日時时分秒点點號号회円元圓원岁歳個个件度])",
    # Money, shares.
    rf"[{_MONEY}] ?\d{{1,24}}",
    rf"(?<!\d)\d{{1,24}} ?(?:[%‰{_MONEY}]|(?:eur|usd|gbp|inr|rub|pln|huf|czk|ron|try|vnd|idr|zł|kč|руб|грн)\b)",
)
_BEGIN_WITH_LETTER = (
    # Accounts by their international number.
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?\d{4}(?: ?\d{2,4}){0,7}(?![A-Za-z0-9])",
    # Dates, money, numbers that are announced as such.
    rf"(?<![^\W\d])(?:{_MONTHS})[^\W\d]{{0,9}}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}(?!\d)",
    r"(?<!\w)(?:eur|usd|gbp|inr|rs|pln|chf|cny|rmb|nt\$|r\$)\.? ?\d{1,24}",
    r"(?<!\w)(?:#|№|nr\.?|no\.|n°|nº|n\.º) ?\d[\d-]{0,40}",
)
#: Ends of card numbers.
_MASKED = r"(?:(?<![x*•])[x*•]{2,16}|(?<![\w*])\*|…|(?<!\.)\.{3}) ?\d{2,5}(?![\d*])"
_NUMBERS = re.compile(
    rf"(?=[\d+({_MONEY}])(?:{'|'.join(_BEGIN_WITH_DIGIT_OR_SIGN)})"
    rf"|(?<![A-Za-z])(?=[A-Z#№])(?:{'|'.join(_BEGIN_WITH_LETTER)})"
    rf"|(?=[x*•….]){_MASKED}",
    re.IGNORECASE,
)

# A pattern that begins with what it eats is found faster than one that begins with what must not stand before it.
_ONE_BY_ONE = re.compile(
    r"\d(?<![A-Za-z0-9_.,/#-]\d)(?:[\s|·•_-]{1,12}\d){3,9}(?![A-Za-z0-9_/]|[\s|·•_-]{1,12}\d|[.,]\d)",
)
_WORDS = re.compile(r"[a-z](?<![A-Za-z0-9_./-][a-z])[a-z]{2,11}(?:-[a-z]{3,12}){2,6}(?![A-Za-z0-9_/-])")
_DIGITS = re.compile(r"\d(?<![A-Za-z0-9_/.@-]\d)\d{0,9}(?:[ -]{1,2}\d{1,10})*(?![A-Za-z0-9_/]|-[A-Za-z0-9])")
_MIXED = re.compile(
    r"(?<![A-Za-z0-9_/.@#&=+-])(?=[A-Za-z-]{0,12}\d)"
    r"[A-Za-z0-9]{1,12}(?:-[A-Za-z0-9]{1,12}){0,5}(?![A-Za-z0-9_/@=+]|-[A-Za-z0-9])"
)
_LETTERS = re.compile(
    r"[A-Z](?<![A-Za-z0-9_/.@#&=+-][A-Z])[A-Z]{2,7}(?:-[A-Z]{3,5}){0,3}(?![A-Za-z0-9_/@=+]|-[A-Za-z0-9])"
)
#: What an app on a telephone knows its own messages by (Android's SMS Retriever): 11 characters at the end.
_APP_HASH = re.compile(r"(?<=\s)[A-Za-z0-9+/]{11}\s*$")
_NUMBER = re.compile("[0-9]+")
#: What belongs to a number stands within so many characters before and behind it.
_NUMBER_REACH = 32
#: What sayings are made of, and codes are not: once-and-for-all, out-of-the-box.
_PHRASES = frozenset("the and for all out off not one two any get use day time once over made".split())
_YEAR = re.compile(r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?")
_DAY = re.compile(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d")
#: Letters that name the digits behind their dash: OTP-482913.
_NAMES_OF_CODES = frozenset({"OTP", "PIN", "TAN"})
_PREFIXED = re.compile(r"([A-Z]{1,3})-(\d{4,8})")


class Shape(Enum):
    """What a token is made of."""

    DIGITS = "digits"
    YEAR = "digits that could be a year or a day"
    MIXED = "letters and digits"
    LETTERS = "capital letters"
    WORDS = "words with hyphens"


class Token(NamedTuple):
    """Something that could be a code. `value` is how it would be handed out, `prefix` letters that stand before it."""

    start: int
    end: int
    value: str
    shape: Shape
    prefix: str = ""


def cover(text: str) -> str:
    """Return *text*, folded, with what is no code by its looks covered; every other character stays where it is."""
    for sign, pattern in _ADDRESSES.items():
        if sign in text:
            text = pattern.sub(_covered, text)
    text = _ENDLESS.sub(_covered, text)
    if "<#>" in text:
        text = _APP_HASH.sub(_covered, text)
    pieces: list[str] = []
    last = 0
    for start, end in _around_numbers(text):
        pieces += text[last:start], _NUMBERS.sub(_covered, text[start:end])
        last = end
    return "".join((*pieces, text[last:])) if pieces else text


def tokens(covered: str) -> Iterator[Token]:
    """Yield what could be a code in *covered* text; none overlaps another."""
    if _has_digits(covered):
        for match in _ONE_BY_ONE.finditer(covered):
            yield Token(*match.span(), "".join(filter(str.isdigit, match[0])), Shape.DIGITS)
        covered = _ONE_BY_ONE.sub(_covered, covered)
        for match in _DIGITS.finditer(covered):
            yield from _digits(match)
        covered = _DIGITS.sub(_covered, covered)
        for start, end in _around_numbers(covered):
            for match in _MIXED.finditer(covered, start, end):
                token = _mixed(match)
                if token is not None:
                    yield token
    for match in _LETTERS.finditer(covered):
        if _are_letters_of_a_code(match[0].split("-")):
            yield Token(*match.span(), match[0], Shape.LETTERS)
    if "-" in covered:
        for match in _WORDS.finditer(covered):
            if _PHRASES.isdisjoint(match[0].split("-")):
                yield Token(*match.span(), match[0], Shape.WORDS)


def _has_digits(text: str) -> bool:
    """Whether *text*, folded, has a digit: ten searches for one character take a hundredth of one by a pattern."""
    return any(map(text.__contains__, "0123456789"))


def _around_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of *text* that hold numbers and what could belong to them; they do not overlap."""
    if not _has_digits(text):
        return
    start = end = -1
    for number in _NUMBER.finditer(text):
        if start >= 0 and number.start() - _NUMBER_REACH <= end:
            end = number.end() + _NUMBER_REACH
            continue
        if start >= 0:
            yield start, min(end, len(text))
        start, end = max(0, number.start() - _NUMBER_REACH), number.end() + _NUMBER_REACH
    if start >= 0:
        yield start, min(end, len(text))


def _covered(match: re.Match[str]) -> str:
    return COVER * len(match[0])


def _digits(match: re.Match[str]) -> Iterator[Token]:
    groups = list(re.finditer(r"\d+", match[0]))
    sizes = [len(group[0]) for group in groups]
    whole = "".join(group[0] for group in groups)
    if len(groups) == 1 or _are_one(sizes, dashed="-" in match[0]):
        if 4 <= len(whole) <= LONGEST:
            could_be_day = "-" in match[0] and sizes == [2, 2, 2] and _DAY.fullmatch(whole)
            yield Token(*match.span(), whole, Shape.YEAR if could_be_day else _shape_of(whole))
    elif len(groups) == 2 and max(sizes) >= 6:  # a code with a number beside it
        for group in groups:
            if 4 <= len(group[0]) <= LONGEST:
                start, end = group.span()
                yield Token(match.start() + start, match.start() + end, group[0], _shape_of(group[0]))


def _are_one(sizes: list[int], *, dashed: bool) -> bool:
    """Whether groups of these sizes are the parts of one code. 3-3-4 and 3-4 with dashes are telephone numbers."""
    if not 4 <= sum(sizes) <= LONGEST or max(sizes) - min(sizes) > 1 or min(sizes) < 2:
        return False
    return sizes != [3, 3, 4] and not (dashed and sizes == [3, 4])


def _shape_of(digits: str) -> Shape:
    return Shape.YEAR if _YEAR.fullmatch(digits) else Shape.DIGITS


def _mixed(match: re.Match[str]) -> Token | None:
    start, end = match.span()
    text = match[0]
    bare = text.replace("-", "")
    digits = sum(map(str.isdigit, bare))
    if prefixed := _PREFIXED.fullmatch(text):
        if prefixed[1] in _NAMES_OF_CODES:
            return Token(start + prefixed.start(2), end, prefixed[2], _shape_of(prefixed[2]))
        return Token(start, end, text, Shape.MIXED, prefixed[1])
    if not 4 <= len(bare) <= 16 or digits == len(bare):
        return None
    if "-" in text:
        if any(part.isalpha() and not part.isupper() for part in text.split("-")):  # "6-digit"
            return None
    elif len(bare) > 12 or (bare.islower() and (digits < 2 or len(bare) < 5)):
        return None
    return Token(start, end, text, Shape.MIXED)


def _are_letters_of_a_code(parts: list[str]) -> bool:
    """Whether capital letters are no word: groups of one size, or one group that nobody could pronounce."""
    if len(parts) > 1:
        return len(set(map(len, parts))) == 1 and len(parts[0]) <= 5
    return len(parts[0]) >= 5 and not set(parts[0]) & set("AEIOU")
