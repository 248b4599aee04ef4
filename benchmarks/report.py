"""What a run says of itself: a summary, a page, a JSON document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from benchmarks.measure import Row, Table

_READING = """\
Written by `benchmarks/run.py --record`; do not edit. Figures are medians with the quartiles in brackets. A ratio is
taken between things that ran in turn in the same run, round by round; the median of those ratios is what a bar is
held against. Why these comparisons, and what they leave out: docs/explanation/performance.md.
"""


def summary(tables: Sequence[Table], absent: Mapping[str, str]) -> str:
    """Say in words which bars were missed and what was not measured."""
    barred = [(table, row) for table in tables for row in table.rows if row.bar]
    missed = [(table, row) for table, row in barred if row.missed]
    lines = [f"{len(barred) - len(missed)} of {len(barred)} bars were reached."]
    lines += [f"MISSED: {table.title}: {_words(row)}." for table, row in missed]
    lines += [f"Not measured: {name}: {reason}." for name, reason in absent.items()]
    return "\n".join(lines)


def page(began: datetime, shape: Mapping[str, str], tables: Sequence[Table], absent: Mapping[str, str]) -> str:
    """The text of RESULTS.md."""
    lines = ["# Benchmark results", "", _READING, f"Run on {began:%Y-%m-%d}, begun at {began:%H:%M} UTC.", ""]
    lines += ["| the machine | |", "| --- | --- |"]
    lines += [f"| {heading} | {text} |" for heading, text in shape.items()]
    lines += ["", "## In short", ""]
    lines += [f"- {line}" for line in summary(tables, absent).splitlines()]
    for table in tables:
        lines += ["", f"## {table.title}", "", *table.lines(), ""]
        lines += [f"- {note}" for note in (f"{table.rounds} rounds.", *table.notes)]
    return "\n".join(lines) + "\n"


def document(
    began: datetime, shape: Mapping[str, str], tables: Sequence[Table], absent: Mapping[str, str]
) -> dict[str, Any]:
    """The same for programs."""
    return {
        "began": began.isoformat(timespec="seconds"),
        "machine": dict(shape),
        "tables": [table.document() for table in tables],
        "not_measured": dict(absent),
    }


def _words(row: Row) -> str:
    assert row.ratio is not None
    return f"{row.name} came to {row.ratio.median:.2f}x, the bar is {row.bar}"
