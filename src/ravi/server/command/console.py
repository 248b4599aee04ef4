"""
The only writer to stdout: one document, JSON unless stdout is a terminal.

Errors go to stderr, for people as `ravi-server: error: …` and `ravi-server: hint: …`, else as one line of JSON.
"""

import contextlib
import json
import os
import sys
from typing import Any, Literal

from ravi.errors import RaviError

Mode = Literal["json", "human"] | None


class Console:
    """How this process prints; *mode* None lets the terminal decide."""

    def __init__(self, mode: Mode = None) -> None:
        self.json = mode == "json" if mode else not _is_terminal()

    def document(self, value: Any, human: str) -> None:
        """Print *value* as JSON, or *human* for people."""
        self.text(json.dumps(value, indent=2, ensure_ascii=False) if self.json else human)

    def text(self, text: str) -> None:
        """Print *text*, whoever reads it."""
        print(text.rstrip("\n"))  # noqa: T201 - this is where printing happens

    def note(self, text: str) -> None:
        """Tell something on stderr, in either mode."""
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is where printing happens

    def error(self, problem: RaviError) -> None:
        """Say what was wrong and what to do about it."""
        if self.json:
            document = {"error": problem.message, "code": problem.code, "hint": problem.hint}
            if problem.details is not None:
                document["details"] = problem.details
            self.note(json.dumps(document, ensure_ascii=False))
            return
        self.note(f"ravi-server: error: {problem.message}")
        for line in problem.details if isinstance(problem.details, list) else ():
            self.note(f"  {line}")
        if problem.hint:
            self.note(f"ravi-server: hint: {problem.hint}")

    def flush(self) -> None:
        """Hand everything to the system. Raises BrokenPipeError when the reader left."""
        sys.stdout.flush()

    def abandon(self) -> None:
        """Forget what was not written, so that the interpreter does not complain about it at its end."""
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def table(rows: list[list[str]]) -> str:
    """Lay out *rows* in columns; control characters become blanks, so that no cell can move the cursor."""
    cells = [["".join(c if c.isprintable() else " " for c in cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
