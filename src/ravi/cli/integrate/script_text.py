"""A marked block of ours at the beginning of a shell script, right behind the line that names its interpreter."""

from __future__ import annotations

import re

from ravi.cli.integrate.lines import MISSING, OK, STALE, Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.integrate.lines import Values

BEGIN = "# >>> ravi >>>"
END = "# <<< ravi <<<"
SHEBANG = "#!/bin/sh\n"

_BLOCK = re.compile(rf"^{BEGIN}$.*?^{END}$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)\b")


class Block:
    """The lines *content*, which run before all others; the methods are those of `json_parts.Edit`."""

    def __init__(self, content: str) -> None:
        self.content = content

    def text(self, values: Values) -> str:
        """The block as it stands in the script, without the end of its last line."""
        return f"{BEGIN}\n{values.fill(self.content)}\n{END}"

    def state(self, text: str, values: Values) -> str:
        found = _BLOCK.search(text)
        if found is None:
            return MISSING
        return OK if found[0] == self.text(values) else STALE

    def put(self, text: str, values: Values) -> str:
        found = _BLOCK.search(text)
        if found is not None:
            return text[: found.start()] + self.text(values) + text[found.end() :]
        if text.startswith("#!") and not _SHELL.match(text):
            raise Conflict("it is not a shell script")
        if "\r\n" in text or "\0" in text:
            raise Conflict("it is not a shell script of plain lines")
        first, newline, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
        if first and not newline:
            return first + "\n" + self.text(values)
        return first + newline + self.text(values) + "\n" + rest

    def withdraw(self, text: str, values: Values) -> str | None:
        found = _BLOCK.search(text)
        if found is None:
            return text
        before, after = text[: found.start()], text[found.end() :]
        if after:
            after = after[1:]  # the end of our last line
        else:
            before = before[:-1]
        rest = before + after
        return None if rest == SHEBANG else rest


def new_script(blocks: list[Block], values: Values) -> str:
    """The whole file, where there was none."""
    return SHEBANG + "".join(block.text(values) + "\n" for block in blocks)
