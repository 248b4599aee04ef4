"""
Ordered sources: the first that says something wins, and the value remembers which one it was.

On the start-up path of the CLI, so `typing` stays out of it.
"""

from __future__ import annotations

from ravi.settings.generic import Generic, T

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Sourced(Generic[T]):
    """A value and where it came from: `--identity`, `RAVI_IDENTITY`, `./.ravi/config.json`, `default` ..."""

    __slots__ = ("source", "value")

    def __init__(self, value: T, source: str) -> None:
        self.value = value
        self.source = source

    def __repr__(self) -> str:
        return f"Sourced({self.value!r}, {self.source!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sourced):
            return NotImplemented
        return bool(self.value == other.value) and self.source == other.source

    def __hash__(self) -> int:
        return hash((self.value, self.source))


def first_of(answers: Iterable[T | None]) -> T | None:
    """
    The first answer that is not None; None when all sources are silent.

    Hand over a generator that asks one source after the other: a source further down is then not even read
    once a nearer one has spoken. What a source raises ends the search, because a broken source is never a
    reason to look further.
    """
    for answer in answers:
        if answer is not None:
            return answer
    return None


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that *name* was probably meant to be, or None when nothing comes close."""
    import difflib

    spelled = name.lower().replace("-", "_")
    by_spelling = {each.lower().replace("-", "_"): each for each in known}
    close = difflib.get_close_matches(spelled, by_spelling, n=1, cutoff=0.7)
    return by_spelling[close[0]] if close else None


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that *name* is unknown, with the nearest known one if there is one."""
    near = find_nearest(name, known)
    return f"unknown: {name}" + (f" (did you mean {near}?)" if near else "")
