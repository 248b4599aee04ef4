"""Tables for people, and the one question a test asks of them."""

from collections.abc import Sequence
from dataclasses import dataclass

#: What is promised (seconds); printed and marked, because no test may depend on how busy the machine is.
PROMISED = 1.0


@dataclass(frozen=True)
class Row:
    """One attempt. `seconds` is how long it took, or took to stop; None where nothing is measured."""

    what: str
    expected: str
    got: str
    seconds: float | None = None
    fine: bool = True
    slow: bool = False
    """It took longer than is promised."""

    @property
    def time(self) -> str:
        return "" if self.seconds is None else f"{self.seconds * 1000:.0f} ms{' !' if self.slow else ''}"


def table(title: str, rows: Sequence[Row]) -> str:
    """Return *rows* as text. What was a surprise is marked with `✗`, what was slow with `!`."""
    head = ("", "attempt", "expected", "got", "time")
    cells = [head] + [("" if row.fine else "✗", row.what, row.expected, row.got, row.time) for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    bad, slow = sum(not row.fine for row in rows), sum(row.slow for row in rows)
    end = f"{len(rows)} attempts, {bad} surprises"
    if slow:
        end += f", {slow} slower than the promised {PROMISED:.0f} s"
    return "\n".join([title, "", *lines, "", end])


def surprises(rows: Sequence[Row]) -> list[str]:
    """Return the attempts that went otherwise than was written down, for the message of a test."""
    return [f"{row.what}: expected {row.expected}, got {row.got}" for row in rows if not row.fine]
