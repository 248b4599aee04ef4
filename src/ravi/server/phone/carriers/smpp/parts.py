"""
Putting long texts together again: parts in any order, twice, over several connections, or never.

Parts are octets until they are joined, because phones cut where the octets are full: between the two units of an emoji
as well. Memory is bounded; whoever sends beginnings without ends has theirs told as they are.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ravi.server.phone.carriers.smpp.setup import Alphabet, Pace
from ravi.server.phone.carriers.smpp.texts import Content, decode

#: Stands where parts of a text have not come.
GAP = "[…]"
#: Texts of which some parts are here, and octets of them all.
MOST_TEXTS = 200
MOST_OCTETS = 1_048_576
_MOST_REMEMBERED = 200

Answer = Callable[[], None]


@dataclass(slots=True)
class Text:
    """
    Parts of one text.

    `answers` tell the SMSC that a part is here. As long as it was not told, it keeps the part; `let_go` when it was.
    """

    key: tuple[str, str, str, int]
    began_at: float
    last_at: float
    parts: dict[int, Content] = field(default_factory=dict, repr=False)
    answers: list[Answer] = field(default_factory=list, repr=False)
    let_go: bool = False

    @property
    def is_whole(self) -> bool:
        """Every part has come."""
        return len(self.parts) == self.key[3]

    def body(self, alphabet: Alphabet) -> str:
        """Return the text, with gaps where parts are missing."""
        body = ""
        expected = 1
        for run in _runs(self.parts):
            body += GAP if run[0].number != expected else ""
            body += join(run, alphabet)
            expected = run[-1].number + 1
        return body + (GAP if expected <= self.key[3] else "")

    def answer(self) -> None:
        """Say of each part that it is here."""
        for answer in self.answers:
            answer()
        self.answers.clear()


class Parts:
    """All texts that are not whole yet. Times are seconds of any clock that does not go back."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._texts: OrderedDict[tuple[str, str, str, int], Text] = OrderedDict()
        self._told: OrderedDict[tuple[str, str, str, int], tuple[float, dict[int, Content]]] = OrderedDict()

    def add(self, source: str, destination: str, content: Content, answer: Answer, now: float) -> list[Text]:
        """Take a part; return the texts to tell now: the one that it has made whole, and those that are too many."""
        key = (source, destination, content.reference, content.total)
        ready: list[Text] = []
        known = self._texts.get(key)
        if known is not None and known.parts.get(content.number, content) != content:
            ready.append(self._texts.pop(key))  # another text under the same reference: the first one never ends
        text = self._texts.setdefault(key, Text(key, now, now))
        text.parts[content.number] = content
        text.answers.append(answer)
        text.last_at = now
        if text.is_whole:
            ready.append(self._texts.pop(key))
        elif text.let_go:
            text.answer()  # the SMSC sends one at a time, as was seen
        while len(self._texts) > MOST_TEXTS or self._octets() > MOST_OCTETS:
            ready.append(self._texts.popitem(last=False)[1])
        return ready

    def remember(self, text: Text, now: float) -> None:
        """Remember that *text* was told."""
        self._told[text.key] = (now, text.parts)
        self._told.move_to_end(text.key)
        while len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)

    def is_repeated(self, text: Text, now: float) -> bool:
        """Whether all that is here of *text* was told a while ago: the SMSC has missed the answer to a part."""
        at, parts = self._told.get(text.key, (0.0, {}))
        return now - at < self._pace.parts_kept and all(
            parts.get(number) == content for number, content in text.parts.items()
        )

    def due(self, now: float) -> list[Text]:
        """Answer what an SMSC waits for that sends one part at a time; return the texts that are waited for no more."""
        late = [text for text in self._texts.values() if now >= text.began_at + self._pace.parts_limit]
        for text in late:
            del self._texts[text.key]
        for text in self._texts.values():
            if now >= text.last_at + self._pace.parts_quiet:
                text.answer()
                text.let_go = True
        return late

    def next_due(self) -> float | None:
        """When `due` should be asked next; None when nothing waits."""
        return min(
            (
                text.last_at + self._pace.parts_quiet if text.answers else text.began_at + self._pace.parts_limit
                for text in self._texts.values()
            ),
            default=None,
        )

    def given_up(self) -> list[Text]:
        """Return the texts of which the SMSC was told that it need not keep them. For the very end."""
        return [text for text in self._texts.values() if text.let_go]

    def _octets(self) -> int:
        return sum(len(part.octets) for text in self._texts.values() for part in text.parts.values())


def join(parts: list[Content], alphabet: Alphabet) -> str:
    """Return the text of parts that follow each other. Octets are joined first, where their alphabet is the same."""
    return "".join(
        decode(b"".join(part.octets for part in same), coding, alphabet)
        for coding, same in groupby(parts, key=lambda part: part.data_coding)
    )


def _runs(parts: dict[int, Content]) -> Iterator[list[Content]]:
    run: list[Content] = []
    for number in sorted(parts):
        if run and run[-1].number + 1 != number:
            yield run
            run = []
        run.append(parts[number])
    if run:
        yield run
