"""What a run says of itself: a summary, a page, a JSON document."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.measure import Row, Table

_READING = """\
Written by `make bench ARGS=--record`; do not edit. Figures are medians with the quartiles in brackets. A ratio is taken
between things that ran in turn in the same run, round by round; the median of those ratios is what a bar is held
against. What is compared with what, and why: [Performance](../docs/explanation/performance.md).
"""


@dataclass(slots=True)
class Run:
    """One run: when and where, what was found, what could not be measured and why, and what to know before reading."""

    began: datetime
    machine: dict[str, str]
    caution: str | None = None
    tables: list[Table] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def summary(self) -> list[str]:
        """Say in words which bars were missed and what was not measured."""
        barred = [(table, row) for table in self.tables for row in table.rows if row.bar]
        missed = [(table, row) for table, row in barred if row.missed]
        lines = [self.caution] if self.caution else []
        lines.append(f"{len(barred) - len(missed)} of {len(barred)} bars were reached.")
        lines += [f"MISSED: {table.title}: {_words(row)}." for table, row in missed]
        lines += [f"Not measured: {name}: {reason}." for name, reason in self.absent.items()]
        return lines

    def page(self) -> str:
        """The text of RESULTS.md."""
        lines = ["# Benchmark results", "", _READING, f"Run on {self.began:%Y-%m-%d}, begun at {self.began:%H:%M} UTC."]
        lines += ["", "## In short", "", *(f"- {line}" for line in self.summary())]
        lines += ["", "## The machine", "", "| | |", "| --- | --- |"]
        lines += [f"| {heading} | {text} |" for heading, text in self.machine.items()]
        for table in self.tables:
            lines += ["", f"## {table.title}", "", *table.lines(), ""]
            lines += [f"- {note}" for note in (f"{table.rounds} rounds.", *table.notes)]
        return "\n".join(lines) + "\n"

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "began": self.began.isoformat(timespec="seconds"),
            "machine": self.machine,
            "caution": self.caution,
            "tables": [table.document() for table in self.tables],
            "not_measured": self.absent,
        }


def _words(row: Row) -> str:
    assert row.ratio is not None
    return f"{row.name} came to {row.ratio.median:.2f}x, the bar is {row.bar}"
