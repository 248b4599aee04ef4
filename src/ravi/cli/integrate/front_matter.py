"""
One line of ours at the beginning of a hook in the YAML front matter of a Markdown file.

Only the plain way to write it is understood: `hooks:` at the left, below it the hook with `|` and its lines. Whatever
else is there is left to the person who wrote it.
"""

from __future__ import annotations

import re

from ravi.cli.integrate.lines import MISSING, Conflict, find, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.integrate.lines import Values

_OURS = "  # made by ravi integrate"


class FrontMatterLine:
    """The first line of the hook *key* below *table*; the methods are those of `json_parts.Edit`."""

    def __init__(self, table: str, key: str, content: str) -> None:
        self.table = table
        self.key = key
        self.content = content

    def state(self, text: str, values: Values) -> str:
        lines = _lines(text)
        body = self._body(lines, self._table(lines))
        return MISSING if body is None else state(lines[body[0] + 1 : body[1]], self.content, values)

    def put(self, text: str, values: Values) -> str:
        lines = _lines(text)
        line = values.fill(self.content)
        table = self._table(lines)
        if table is None:
            at = _end(lines)
            ours = [f"{self.table}:{_OURS}", f"  {self.key}: |", f"    {line}"]
            return _joined(text, [*lines[:at], *ours, *lines[at:]])
        body = self._body(lines, table)
        if body is None:
            indent = _indent(lines[table[0] + 1]) if table[0] + 1 < table[1] else "  "
            ours = [f"{indent}{self.key}: |", f"{indent}  {line}"]
            return _joined(text, [*lines[: table[0] + 1], *ours, *lines[table[0] + 1 :]])
        start, end = body
        found = find(lines[start + 1 : end], self.content)
        if found is not None:
            place = start + 1 + found
            return _joined(text, [*lines[:place], _indent(lines[place]) + line, *lines[place + 1 :]])
        written = [each for each in lines[start + 1 : end] if each.strip()]
        indent = _indent(written[0]) if written else _indent(lines[start]) + "  "
        return _joined(text, [*lines[: start + 1], indent + line, *lines[start + 1 :]])

    def withdraw(self, text: str, values: Values) -> str | None:
        lines = _lines(text)
        table = self._table(lines)
        body = self._body(lines, table)
        if table is None or body is None:
            return text
        start, end = body
        at = find(lines[start + 1 : end], self.content)
        if at is None:
            return text
        first, last = start + 1 + at, start + 2 + at
        if not any(each.strip() for each in [*lines[start + 1 : first], *lines[last:end]]):
            first = start
            if lines[table[0]].endswith(_OURS) and table[0] + 1 == start and table[1] <= last:
                first = table[0]
        return _joined(text, [*lines[:first], *lines[last:]])

    def _table(self, lines: list[str]) -> tuple[int, int] | None:
        """The line of `hooks:` and the one behind its last."""
        end = _end(lines)
        for at in range(1, end):
            if re.match(rf"""["']?{self.table}["']?\s*:""", lines[at]):
                if not re.fullmatch(rf"{self.table}:\s*(?:#.*)?", lines[at]):
                    raise Conflict(f"{self.table} is written in a way that is left to you")
                return at, _behind(lines, at, end, "")
        return None

    def _body(self, lines: list[str], table: tuple[int, int] | None) -> tuple[int, int] | None:
        """The line of the hook and the one behind its script."""
        if table is None:
            return None
        for at in range(table[0] + 1, table[1]):
            indent = _indent(lines[at])
            if re.match(rf"""\s+["']?{self.key}["']?\s*:""", lines[at]) and indent == _indent(lines[table[0] + 1]):
                if not re.fullmatch(rf"\s+{self.key}:\s*\|[+-]?\s*(?:#.*)?", lines[at]):
                    raise Conflict(f"{self.table}.{self.key} is not a block of lines (written with |)")
                return at, _behind(lines, at, table[1], indent)
        return None


def _lines(text: str) -> list[str]:
    lines = re.split(r"\r?\n", text)
    if lines[0].lstrip("\ufeff") != "---" or "---" not in lines[1:]:
        raise Conflict("it has no front matter between two lines of ---")
    return lines


def _joined(text: str, lines: list[str]) -> str:
    return ("\r\n" if "\r\n" in text else "\n").join(lines)


def _end(lines: list[str]) -> int:
    return lines.index("---", 1)


def _behind(lines: list[str], at: int, end: int, indent: str) -> int:
    """The line behind what is indented more than *indent*, blank lines at its end left out."""
    last = at
    for each in range(at + 1, end):
        if lines[each].strip():
            if not lines[each].startswith(indent + " "):
                break
            last = each
    return last + 1


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
