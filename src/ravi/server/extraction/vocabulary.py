"""
Finding the words of a table in a text, in one pass.

A table maps a kind to words, written as people write them: `-word` may have letters before it (Anmeldecode), `word-`
may have letters after it (kodunuz), `-word-` both. Scripts without blanks between words need both.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ravi.server.extraction.folding import keyed

#: The rest of a word, in scripts that have blanks between words (not Thai, Lao, Burmese, Khmer, Chinese, Japanese).
_REST = re.compile("[^\\W\\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{0,24}")


class Word(NamedTuple):
    """One occurrence: `kind` as in the table."""

    start: int
    end: int
    kind: str


class Vocabulary:
    """The words of one table, ready to be found."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """*table* maps a kind to its words, separated by commas or line breaks."""
        self._kinds: dict[str, tuple[str, bool, bool]] = {}
        for kind, words in table.items():
            for word in filter(None, map(str.strip, words.replace("\n", ",").split(","))):
                bare = keyed(word.strip("-"))
                self._kinds.setdefault(bare, (kind, word.startswith("-"), word.endswith("-")))
        plain = [bare for bare in self._kinds if bare[0].isascii()]
        inside = [bare for bare in plain if self._kinds[bare][1]]
        foreign = [bare for bare in self._kinds if not bare[0].isascii()]
        # In one pattern, all of them would be tried at every letter of every text.
        self._plain = re.compile(rf"(?<![a-z])(?:{_tree(plain)})" + (f"|{_tree(inside)}" if inside else ""))
        self._foreign = re.compile(_tree(foreign)) if foreign else None

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[Word]:
        """
        Return the words in text[start:end], which is keyed, in order; at each place the longest.

        An open-ended word ends where its letters end, so one may begin within another: both of "Bestätigungscode".
        """
        end = len(text) if end is None else end
        found = list(self._find(self._plain, text, start, end))
        if self._foreign is not None and not text.isascii():
            found = sorted((*found, *self._find(self._foreign, text, start, end)))
        kept: list[Word] = []
        last = start
        for word, entry_end in found:
            if word.start >= last:
                kept.append(word)
                last = entry_end
        return kept

    def _find(self, pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[Word, int]]:
        """Yield the words, each with the end of what the table says of it."""
        while match := pattern.search(text, start, end):
            start = match.start() + 1
            word_end = self._end_of_word(text, *match.span())
            if word_end is None:
                continue
            start = word_end
            kind, _, after = self._kinds[text[match.start() : word_end]]
            rest = _REST.match(text, word_end) if after else None
            yield Word(match.start(), rest.end() if rest else word_end, kind), word_end

    def _end_of_word(self, text: str, start: int, longest: int) -> int | None:
        """Return where the longest word at *start* ends that stands there by itself, as far as it has to."""
        for end in range(longest, start, -1):
            if (entry := self._kinds.get(text[start:end])) is not None:
                _, before, after = entry
                if (before or not _joins(text, start)) and (after or not _joins(text, end)):
                    return end
        return None


class Words:
    """The words that were found in one text, to be asked for by place."""

    def __init__(self, found: Iterable[Word]) -> None:
        self._found = list(found)
        self._starts = [word.start for word in self._found]

    def between(self, start: int, end: int) -> list[Word]:
        """Return the words that lie wholly in [start, end), in order."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end)
        return [word for word in self._found[first:last] if word.end <= end]


def _joins(text: str, at: int) -> bool:
    """Whether the characters on both sides of *at* are letters or digits, so that no word begins or ends there."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _tree(words: Iterable[str]) -> str:
    """
    Return a pattern of all *words* that tries the longest first and looks at each character once.

    An alternation of a thousand words would be tried word by word at every place.
    """
    root: dict[str, dict] = {}  # type: ignore[type-arg] # it holds itself
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}
    return _branch(root)


def _branch(node: dict[str, dict]) -> str:  # type: ignore[type-arg] # it holds itself
    branches = [re.escape(char) + _branch(below) for char, below in sorted(node.items()) if char]
    if not branches:
        return ""
    joined = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{joined})?" if "" in node else joined
