"""A message as it is read for codes: its tokens, the words around them, and the ways from one to the other."""

import re
from collections.abc import Iterator

from ravi.server.extraction.code_words import CODE, MEETING, OTHER, PASSWORD, SIGN_IN, TOPIC, WORDS
from ravi.server.extraction.folding import fold, keyed
from ravi.server.extraction.quoting import new_part, without_quotes
from ravi.server.extraction.tokens import Shape, Token, cover, tokens
from ravi.server.extraction.vocabulary import Word, Words

#: Tokens that are judged; the first ones.
MOST_TOKENS = 300
#: How far a word reaches in its sentence or line, in characters.
REACH = 120
#: Words are looked for this far around tokens, which is more than two lines.
REGION = 600

NAMES = (CODE, PASSWORD, OTHER, MEETING)
#: A small letter behind the dot is the rest of the sentence: "S.r.l. è 482913".
_SENTENCE_END = re.compile(r"[.!?;][ ](?![ ]?[a-zß-öø-ÿα-ωάέήίόύώа-яё])|[。！？؟।；]")
#: Empty lines that are passed over on the way to the next line.
_MOST_EMPTY = 10

_CAPITALS = re.compile(r"(?<![A-Za-z])([A-Z]{2,5}) $")
_SIGN_IN_CAPITALS = frozenset({"OTP", "SMS", "TAN", "PIN", "MFA", "TFA", "SSO", "TOTP"})
#: What may stand before "code" and does not make it another one.
_NO_QUALIFIERS = frozenset("id account phone mobile registration session agent".split())


class Reading:
    """
    One message. All places are in `keys`: the subject, a line break, the body up to what it quotes.

    `text` is the same with capitals and accents. `words` are all words of the vocabulary around tokens, `names` those
    that say what a number is.
    """

    def __init__(self, subject: str, text: str) -> None:
        head = fold(subject).replace("\n", " ")
        body = without_quotes(fold(text))
        body = body[: new_part(keyed(head), keyed(body))]
        self.text = cover(f"{head}\n{body}")
        self.keys = keyed(self.text)
        self.body = len(head) + 1
        self.tokens = sorted(tokens(self.text))[:MOST_TOKENS]
        self._places = {token.start: place for place, token in enumerate(self.tokens)}
        found = [word for start, end in self._regions() for word in WORDS.find(self.keys, start, end)]
        self.words = Words(found)
        self.names = Words(self._named(found))
        self.names_anything = any(word.kind in NAMES for word in found)
        self.is_about_signing_in = any(word.kind in (SIGN_IN, TOPIC, CODE) for word in found)
        kinds = [word.kind for word in self.names.between(0, self.body)]
        self.subject_says_code = CODE in kinds or (PASSWORD in kinds and OTHER not in kinds)

    def _regions(self) -> Iterator[tuple[int, int]]:
        """Yield the subject and the surroundings of every token; nothing if there is no token."""
        start, end = 0, self.body
        for token in self.tokens:
            if token.start - REGION > end:
                yield start, end
                start = token.start - REGION
            end = max(end, token.end + REGION)
        if self.tokens:
            yield start, min(end, len(self.keys))

    def _named(self, found: list[Word]) -> Iterator[Word]:
        """Yield the words that name numbers; what stands before a code may make it another one: "ticket code"."""
        last: Word | None = None
        for word in found:
            if word.kind not in NAMES:
                continue
            if word.kind == CODE and last is not None and word.start - last.end == 1 and self._qualifies(last):
                word = word._replace(kind=OTHER)
            elif word.kind == CODE and self._is_of_another_kind(word):
                word = word._replace(kind=PASSWORD)
            last = word
            yield word

    def _qualifies(self, word: Word) -> bool:
        return word.kind == OTHER and self.keys[word.start : word.end] not in _NO_QUALIFIERS

    def _is_of_another_kind(self, word: Word) -> bool:
        """Whether capitals say which code it is, and not one that signs anybody in: "HS code"."""
        capitals = _CAPITALS.search(self.text[max(0, word.start - 8) : word.start])
        return capitals is not None and capitals[1] not in _SIGN_IN_CAPITALS and self.text[word.start].islower()

    def token_before(self, token: Token) -> Token | None:
        place = self._places[token.start]
        return self.tokens[place - 1] if place else None

    def token_behind(self, token: Token) -> Token | None:
        place = self._places[token.start] + 1
        return self.tokens[place] if place < len(self.tokens) else None

    def line(self, start: int, end: int) -> tuple[int, int]:
        """Return the bounds of the line, or lines, that hold [start, end)."""
        over = self.keys.find("\n", end)
        return self.keys.rfind("\n", 0, start) + 1, len(self.keys) if over < 0 else over

    def sentence(self, token: Token) -> tuple[int, int]:
        """Return the bounds of the sentence around *token*, as far as words reach, up to the next token."""
        start, end = self.line(token.start, token.end)
        start, end = max(start, token.start - REACH), min(end, token.end + REACH)
        behind = self.token_behind(token)
        if behind is not None:
            end = min(end, behind.start)
        for match in _SENTENCE_END.finditer(self.text, start, token.start):
            start = match.end()
        over = _SENTENCE_END.search(self.text, token.end, end)
        return start, over.start() + 1 if over else end

    def ends_between(self, start: int, end: int) -> bool:
        """Whether a line or sentence ends within [start, end)."""
        return self.keys.find("\n", start, end) >= 0 or _SENTENCE_END.search(self.text, start, end) is not None

    def unclaimed(self, token: Token) -> int:
        """Return where the token before ends: a word before that one names that one. A year is no obstacle."""
        place = self._places[token.start] - 1
        while place >= 0 and self.tokens[place].shape is Shape.YEAR:
            place -= 1
        return self.tokens[place].end if place >= 0 else 0

    def lines_above(self, at: int, most: int = 2) -> list[tuple[int, int]]:
        """Return the ends of the next lines of the body above the line that begins at *at*; empty ones do not count."""
        found: list[tuple[int, int]] = []
        for _ in range(_MOST_EMPTY + most):
            if at <= self.body or len(found) == most:
                break
            start, end = self.line(at - 1, at - 1)
            at, start = start, max(start, end - 2 * REACH)
            if self._says_something(start, end):
                found.append((start, end))
        return found

    def lines_below(self, at: int, most: int = 2) -> list[tuple[int, int]]:
        """Return the beginnings of the next lines below the line that ends at *at*; empty ones do not count."""
        found: list[tuple[int, int]] = []
        for _ in range(_MOST_EMPTY + most):
            if at >= len(self.keys) or len(found) == most:
                break
            start, at = self.line(at + 1, at + 1)
            end = min(at, start + 2 * REACH)
            if self._says_something(start, end):
                found.append((start, end))
        return found

    def begins_line(self, token: Token) -> bool:
        """Whether nothing but signs stands before *token* on its line."""
        start, _ = self.line(token.start, token.end)
        return not self._says_something(max(start, token.start - REACH), token.start)

    def stands_alone(self, token: Token) -> bool:
        """Whether nothing but signs stands beside *token* on its line."""
        _, end = self.line(token.start, token.end)
        return self.begins_line(token) and not self._says_something(token.end, min(end, token.end + REACH))

    def is_whole_body(self, token: Token) -> bool:
        return self.keys[self.body :].strip() == self.keys[token.start : token.end]

    def _says_something(self, start: int, end: int) -> bool:
        return any(map(str.isalnum, self.keys[start:end]))
