"""
Interleaved runs, medians, ratios and bars.

A round runs every candidate once, in random order, so that what disturbs the machine disturbs all of them; a
ratio is taken inside a round, and the ratio reported is the median over the rounds.
"""

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: The order of candidates differs between rounds but not between runs.
_SEED = 20


class NotMeasured(Exception):
    """This machine lacks what the benchmark needs, or what was measured did not answer as it must."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of a benchmark to run: *quick* is for working on it, and is never recorded."""

    quick: bool = False

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio is to be: at most, or at least, *limit*."""

    limit: float
    at_most: bool

    def verdict(self, ratio: float) -> str:
        """`reached` or `MISSED`, and by how much of the bar."""
        reached = ratio <= self.limit if self.at_most else ratio >= self.limit
        distance = abs(ratio - self.limit) / self.limit * 100
        return f"reached, {distance:.0f} % to spare" if reached else f"MISSED by {distance:.0f} %"

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}x"


def at_most(limit: float) -> Bar:
    return Bar(limit, at_most=True)


def at_least(limit: float) -> Bar:
    return Bar(limit, at_most=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate: its figure, and its ratio to the table's baseline (None for the baseline itself)."""

    name: str
    figure: Spread
    ratio: Spread | None
    bar: Bar | None

    @property
    def verdict(self) -> str:
        return self.bar.verdict(self.ratio.median) if self.bar and self.ratio else ""

    @property
    def missed(self) -> bool:
        return self.verdict.startswith("MISSED")


@dataclass(frozen=True, slots=True)
class Table:
    """What one comparison found. `unit` is that of the figures; `notes` are whole sentences."""

    title: str
    unit: str
    rounds: int
    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The table in Markdown, which is readable on a terminal as well."""
        cells = [["", self.unit, "ratio", "bar", "result"]]
        for row in self.rows:
            ratio = "1 (baseline)" if row.ratio is None else f"{_spread(row.ratio, 2)}"
            cells.append([row.name, _spread(row.figure), ratio, str(row.bar or ""), row.verdict])
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
        padded.insert(1, ["-" * width for width in widths])
        return [f"| {' | '.join(line)} |" for line in padded]

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        rows = [asdict(row) | {"verdict": row.verdict or None} for row in self.rows]
        return {"title": self.title, "unit": self.unit, "rounds": self.rounds, "rows": rows, "notes": self.notes}


def interleave(
    candidates: Mapping[str, Callable[[], float]], *, rounds: int, warm_ups: int = 1
) -> dict[str, list[float]]:
    """Call every candidate once a round and return what each returned, round by round; warm-ups are not kept."""
    order = list(candidates)
    shuffled = random.Random(_SEED)
    found: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(-warm_ups, rounds):
        shuffled.shuffle(order)
        for name in order:
            value = candidates[name]()
            if number >= 0:
                found[name].append(value)
    return found


def compare(
    title: str,
    unit: str,
    samples: Mapping[str, Sequence[float]],
    *,
    baseline: str,
    bars: Mapping[str, Bar] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """Put *samples* of one `interleave` into a table with the ratios to *baseline*."""
    base = samples[baseline]
    rows = []
    for name, values in samples.items():
        ratio = Spread.of([mine / theirs for mine, theirs in zip(values, base, strict=True)])
        rows.append(Row(name, Spread.of(values), None if name == baseline else ratio, (bars or {}).get(name)))
    return Table(title, unit, len(base), rows, list(notes))


def _spread(spread: Spread, digits: int | None = None) -> str:
    if digits is None:
        digits = 0 if spread.median >= 1000 else 1 if spread.median >= 10 else 2
    low, median, high = (f"{value:,.{digits}f}" for value in (spread.low, spread.median, spread.high))
    return f"{median} [{low}-{high}]"
