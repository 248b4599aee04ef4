"""
Laying text out for people: tables, lists of facts, single values.

Every value passes `terminal.clean` here, so that no command can forget it: most were chosen by somebody
else. Nothing is ever cut off; a table too wide for the terminal is folded into several lines a row.
"""

from __future__ import annotations

from ravi.cli.terminal import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_GAP = "  "
_FOLD = "    "
_STATUS_COLOURS = {"active": "32", "yes": "32", "disabled": "33", "deleted": "31", "no": "33"}


class Layout:
    """Text for one place: with or without colour, *width* columns wide (None: without end)."""

    def __init__(self, *, colour: bool, width: int | None) -> None:
        self.colour = colour
        self.width = width

    def value(self, value: Any) -> str:
        """One value on its own line, ready to be copied."""
        return _shown(value)

    def facts(self, pairs: Sequence[tuple[str, Any]]) -> str:
        """Labels and values, one pair a line; pairs whose value is None or empty are left out."""
        kept = [(label, _shown(value)) for label, value in pairs if value not in (None, "", {}, [])]
        widest = max((len(label) for label, _ in kept), default=0)
        return "\n".join(self._paint(label.ljust(widest), "2") + _GAP + self._state(value) for label, value in kept)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> str:
        """*rows* under *headers*; *empty* is said when there are none."""
        if not rows:
            return empty
        cells = [[_shown(cell) for cell in row] for row in rows]
        widths = [max(columns(text) for text in column) for column in zip(headers, *cells, strict=True)]
        folds = self._folds(widths)
        lines = self._row([h.upper() for h in headers], widths, folds, head=True)
        for row in cells:
            lines += self._row(row, widths, folds, head=False)
        return "\n".join(lines)

    def _folds(self, widths: list[int]) -> list[range]:
        """Which columns share a line: as many as fit, the rest on continuation lines."""
        if self.width is None:
            return [range(len(widths))]
        folds: list[range] = []
        start, used = 0, 0
        for index, wide in enumerate(widths):
            indent = len(_FOLD) if folds else 0
            needed = wide + (len(_GAP) if index > start else indent)
            if index > start and used + needed > self.width:
                folds.append(range(start, index))
                start, used, needed = index, 0, wide + len(_FOLD)
            used += needed
        return [*folds, range(start, len(widths))]

    def _row(self, row: Sequence[str], widths: list[int], folds: list[range], *, head: bool) -> list[str]:
        lines = []
        for number, fold in enumerate(folds):
            parts = []
            for index in fold:
                padding = " " * (widths[index] - columns(row[index])) if index != fold[-1] else ""
                parts.append((self._paint(row[index], "1") if head else self._state(row[index])) + padding)
            lines.append((_FOLD if number else "") + _GAP.join(parts))
        return lines

    def _state(self, text: str) -> str:
        return self._paint(text, _STATUS_COLOURS[text]) if text in _STATUS_COLOURS else text

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and text else text


def columns(text: str) -> int:
    """How many columns *text* takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def moment(stamp: str | None) -> str:
    """An RFC 3339 time in UTC, to the minute; what is not a time is returned as it is."""
    if not stamp or len(stamp) < 17 or stamp[10] != "T":
        return stamp or ""
    return f"{stamp[:10]} {stamp[11:16]}"


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return clean(" ".join(f"{key}={item}" for key, item in value.items())) or "-"
    return clean(str(value)) or "-"
