"""
Hiding values in a stream, in whatever pieces it comes.

Every occurrence of every form is found, overlapping ones too, and what they cover is replaced: so no value shows its
tail because another one, or itself, began a little earlier. What might still become an occurrence is held back; no
byte more.
"""

from __future__ import annotations

import sys

from ravi.cli.running.forms import forms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Longer forms are looked for in parts of at most this many bytes. It bounds what is held back and looked at again,
#: and it hides most of a long value of which only a part is printed.
_MAX_PATTERN = 512
#: Of a value that is being written, at most this part and this many bytes may be shown (`Masker.release`).
_SHOWN_PART = 4
_SHOWN_BYTES = 8
#: Words that are looked at together, before any of them is looked at by itself.
_BLOCK = 1024


class Patterns:
    """What to look for, made once and used by any number of maskers. The repr shows no value."""

    __slots__ = ("_finders", "_starts", "labels")

    def __init__(self, values: Mapping[str, str]) -> None:
        """*values* are `searchable` texts under the keys that take their place in the output."""
        keys: dict[bytes, int] = {}
        for number, value in enumerate(values.values()):
            for form in forms(value):
                for part in _parts(form):
                    keys.setdefault(part, number)
        self.labels = [f"\u2039ravi:{key} hidden\u203a".encode() for key in values]
        long = {pattern: key for pattern, key in keys.items() if len(pattern) >= _WordFinder.shortest(4)}
        short = {pattern: key for pattern, key in keys.items() if pattern not in long}
        self._finders = [_WordFinder(size, group) for size, group in ((4, long), (2, short)) if group]
        self._starts: dict[bytes, int] = {}
        for pattern in keys:
            for length in range(1, min(len(pattern), _WordFinder.shortest(4))):
                start = pattern[:length]
                self._starts[start] = min(self._starts.get(start, _SHOWN_BYTES), _may_show(pattern))

    def scan(self, text: bytes) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
        """
        What is in *text*: (start, -end, number of the label) of each occurrence, in order, the longest first of those
        that start together; and (start, bytes of it that may be shown) of each that may become one.
        """
        found: list[tuple[int, int, int]] = []
        possible: list[tuple[int, int]] = []
        for finder in self._finders:
            for start, pattern, key in finder.candidates(text):
                if start + len(pattern) <= len(text):
                    if text.startswith(pattern, start):
                        found.append((start, -start - len(pattern), key))
                elif pattern.startswith(text[start:]):
                    possible.append((start, _may_show(pattern)))
        for length in range(1, min(len(text) + 1, _WordFinder.shortest(4))):
            may_show = self._starts.get(text[-length:])
            if may_show is not None:
                possible.append((len(text) - length, may_show))
        found.sort()
        return found, possible

    def __repr__(self) -> str:
        return f"Patterns(<hidden>, {len(self.labels)} values)"


class Masker:
    """One stream. What is fed comes back masked, at once except for what might be the beginning of a value."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._kept = b""
        """The end of what was fed, from the first byte on that may belong to an occurrence not yet complete."""
        self._done = 0
        """How many bytes of `_kept` were shown or hidden already."""
        self._hidden_by: int | None = None
        """The label that the output ends in; None when it ends in something else."""
        self._found: list[tuple[int, int, int]] = []
        self._possible: list[tuple[int, int]] = []

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the stream; return what can be said now."""
        self._kept += data
        self._found, self._possible = self._patterns.scan(self._kept)
        until = min((start for start, _ in self._possible), default=len(self._kept))
        shown = self._show(until)
        self._kept = self._kept[until:]
        self._done -= until
        self._found = [(start - until, end + until, key) for start, end, key in self._found if start >= until]
        self._possible = [(start - until, may_show) for start, may_show in self._possible]
        return shown

    @property
    def releasable(self) -> bool:
        """Whether `release` has something to show."""
        return self._limit() > self._done

    def release(self) -> bytes:
        """
        What may be shown of what is held back, when nothing has come for a while and somebody may wait for it.

        Of each value that might be coming at most a quarter, and at most 8 bytes. If it does come, the rest of it is
        hidden all the same.
        """
        return self._show(self._limit())

    def finish(self) -> bytes:
        """The rest, at the end of the stream: what is incomplete now stays so, and is shown."""
        shown = self._show(len(self._kept))
        self._kept, self._done, self._found, self._possible = b"", 0, [], []
        return shown

    def _limit(self) -> int:
        return min((len(self._kept), *(start + may_show for start, may_show in self._possible)))

    def _show(self, until: int) -> bytes:
        """Say what begins before *until* and was not said: labels for occurrences, and what is between them."""
        said = []
        for start, minus_end, key in self._found:
            if start >= until:
                break
            if -minus_end <= self._done:
                continue
            if start > self._done:
                said.append(self._kept[self._done : start])
                self._hidden_by = None
            if key != self._hidden_by:
                said.append(self._patterns.labels[key])
            self._hidden_by, self._done = key, -minus_end
        if until > self._done:
            said.append(self._kept[self._done : until])
            self._hidden_by, self._done = None, until
        return b"".join(said)


class _WordFinder:
    """
    Finds patterns by looking only at words of *size* bytes that begin at multiples of *size*.

    A pattern of 2·size-1 bytes or more contains such a word wherever it stands, and it is one of the first *size*
    words of the pattern. The words of a text and those of all patterns are compared inside the interpreter, which is
    thirty times as fast as a regular expression of the same patterns (docs/adr/0018).
    """

    __slots__ = ("_known", "_size", "_words")

    def __init__(self, size: int, patterns: Mapping[bytes, int]) -> None:
        """*patterns* with the numbers of their labels; size is 2 or 4."""
        self._size = size
        self._words: dict[int, list[tuple[bytes, int, int]]] = {}
        for pattern, key in patterns.items():
            for offset in range(size):
                word = int.from_bytes(pattern[offset : offset + size], sys.byteorder)
                self._words.setdefault(word, []).append((pattern, offset, key))
        self._known = frozenset(self._words)

    @staticmethod
    def shortest(size: int) -> int:
        """The length of the shortest pattern that words of *size* bytes can find."""
        return 2 * size - 1

    def candidates(self, text: bytes) -> Iterator[tuple[int, bytes, int]]:
        """(start, pattern, number of its label) wherever a word of *text* fits the pattern; each start once."""
        words = memoryview(text)[: len(text) // self._size * self._size].cast("I" if self._size == 4 else "H")
        for begin in range(0, len(words), _BLOCK):
            block: Iterable[int] = words[begin : begin + _BLOCK]
            if self._known.isdisjoint(block):
                continue
            for position, word in enumerate(block, begin):
                if word in self._known:
                    for pattern, offset, key in self._words[word]:
                        start = position * self._size - offset
                        if start >= 0:
                            yield start, pattern, key


def _parts(form: bytes) -> list[bytes]:
    """*form* in parts of about equal length, none longer than a pattern may be."""
    count = -(-len(form) // _MAX_PATTERN)
    width = -(-len(form) // count)
    return [form[start : start + width] for start in range(0, len(form), width)]


def _may_show(pattern: bytes) -> int:
    return min(len(pattern) // _SHOWN_PART, _SHOWN_BYTES)
