"""
One line of ours at the beginning of a shell script that a TOML file holds as a string.

Found by looking at the text, and checked by parsing it before and after: if anything but our line differs, nothing is
written.
"""

from __future__ import annotations

import re

from ravi.cli.integrate.json_text import encoded
from ravi.cli.integrate.lines import MISSING, Conflict, find, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.integrate.lines import Values

#: Behind the header of a table that we made.
_OURS = "  # made by ravi integrate"
#: What may look like something else: strings and comments, longest delimiters first.
_OPAQUE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' + r"'''.*?'''|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*", re.DOTALL
)


class TomlLine:
    """The first line of the script at *table*.*key*; the methods are those of `json_parts.Edit`."""

    def __init__(self, table: str, key: str, content: str) -> None:
        self.table = table
        self.key = key
        self.content = content

    def state(self, text: str, values: Values) -> str:
        script = self._script(_parsed(text))
        return MISSING if script is None else state(script.split("\n"), self.content, values)

    def put(self, text: str, values: Values) -> str:
        before = _parsed(text)
        script = self._script(before)
        line = values.fill(self.content)
        if script is None:
            new, expected = self._with_key(text, line), line
        else:
            lines = script.split("\n")
            at = find(lines, self.content)
            new = self._in_string(text, line + "\n", "") if at is None else self._in_string(text, line, lines[at])
            expected = "\n".join([line, *lines] if at is None else [*lines[:at], line, *lines[at + 1 :]])
        self._check(before, new, expected)
        return new

    def withdraw(self, text: str, values: Values) -> str | None:
        before = _parsed(text)
        script = self._script(before)
        lines = [] if script is None else script.split("\n")
        at = find(lines, self.content)
        if at is None:
            return text
        if len(lines) > 1:
            old = lines[at] + "\n" if at + 1 < len(lines) else "\n" + lines[at]
            new = self._in_string(text, "", old)
            self._check(before, new, "\n".join([*lines[:at], *lines[at + 1 :]]))
            return new
        return self._without_key(text)

    def _script(self, data: dict[str, Any]) -> str | None:
        table = data.get(self.table, {})
        script = table.get(self.key) if isinstance(table, dict) else 0
        if script is not None and not isinstance(script, str):
            raise Conflict(f"{self.table}.{self.key} is not a string")
        return script

    def _check(self, before: dict[str, Any], new: str, script: str) -> None:
        expected = {**before, self.table: {**before.get(self.table, {}), self.key: script}}
        if _parsed(new) != expected:
            raise Conflict(f"{self.table}.{self.key} is written in a way that is left to you")

    def _header(self, masked: str) -> re.Match[str] | None:
        return re.search(rf"^[ \t]*\[[ \t]*{self.table}[ \t]*\][^\n]*(?:\n|\Z)", masked, re.MULTILINE)

    def _with_key(self, text: str, line: str) -> str:
        entry = f'{self.key} = "{encoded(line)}"'
        header = self._header(_masked(text))
        if header is not None:
            if header[0].endswith("\n"):
                return text[: header.end()] + entry + "\n" + text[header.end() :]
            return text + "\n" + entry
        table = f"[{self.table}]{_OURS}\n{entry}"
        if not text:
            return table + "\n"
        return text + "\n" + table + "\n" if text.endswith("\n") else text + "\n\n" + table

    def _place(self, text: str) -> tuple[int, int]:
        """From where to where the value of the key goes, delimiters included."""
        masked = _masked(text)
        header = self._header(masked)
        if header is not None:
            following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(masked, header.end())
            end = following.start() if following else len(text)
            entry = re.compile(rf"^[ \t]*{self.key}[ \t]*=[ \t]*", re.MULTILINE).search(masked, header.end(), end)
            value = _OPAQUE.match(text, entry.end()) if entry else None
            if value is not None:
                return value.start(), value.end()
        raise Conflict(f"{self.table}.{self.key} is written in a way that is left to you")

    def _in_string(self, text: str, new: str, old: str) -> str:
        """Replace *old* in the string by *new*; put it first where *old* is empty."""
        start, end = self._place(text)
        raw = text[start:end]
        size = 3 if raw[:3] in ('"""', "'''") else 1
        if size == 1 and raw[0] == "'":
            raise Conflict(f"{self.table}.{self.key} is in single quotes, where no line of ours fits")
        if raw[0] == '"':
            new, old = encoded(new), encoded(old)
            if size == 3:
                new, old = new.replace("\\n", "\n"), old.replace("\\n", "\n")
        first = size + 1 if size == 3 and raw[3:4] == "\n" else size
        raw = raw.replace(old, new, 1) if old else raw[:first] + new + raw[first:]
        return text[:start] + raw + text[end:]

    def _without_key(self, text: str) -> str | None:
        start, end = self._place(text)
        begin = text.rfind("\n", 0, start) + 1
        rest = text.find("\n", end)
        text = text[:begin] + text[rest + 1 :] if rest >= 0 else text[: begin - 1]
        header = self._header(_masked(text))
        if header is None or _OURS not in text[header.start() : header.end()]:
            return text
        after = text[header.end() :]
        if after.strip() and not after.lstrip().startswith("["):
            return text  # the user added to our table
        before = text[: header.start()]
        if not before and not after:
            return None
        # The blank line was ours, and so was the end of the line before, if ours has none.
        return (before[:-1] if header[0].endswith("\n") else before[:-2]) + after


def _masked(text: str) -> str:
    """*text* with the insides of strings and comments blotted out, lines kept."""
    return _OPAQUE.sub(lambda found: re.sub(r"[^\n]", "_", found[0]) if "\n" not in found[0] else _blot(found[0]), text)


def _blot(text: str) -> str:
    """Several lines of a string: nothing in them begins a line of TOML."""
    return "_" * len(text)


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise Conflict("it is not valid TOML") from None
