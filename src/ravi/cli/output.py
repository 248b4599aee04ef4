"""
The only writer to stdout and stderr.

stdout carries the one document that the command is about, stderr everything else. In JSON mode every
complaint on stderr is one line of JSON; in human mode it is `ravi: error: …` and `ravi: hint: …`.
"""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.errors import RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TextIO, TypeVar

    from ravi.cli.layout import Layout

    T = TypeVar("T")

#: JSON escapes the C0 controls by itself. These it may leave raw and a terminal may obey or be fooled by
#: them: DEL, the C1 controls, line separators, direction marks, what has no width. The tags (U+E0000…) and
#: `terminal.INVISIBLE` are invisible to a person and read by a language model.
_RISKY = "\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff" + "".join(
    sorted(terminal.INVISIBLE)
)
#: What text that is printed as it is may hold at a terminal, beside what can be seen.
_HARMLESS = frozenset("\n\t")


class Output:
    """Where and how this process prints. `json` may be set once the options are known."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.json = not terminal.is_terminal(sys.stdout)

    def document(self, value: T, human: Callable[[Layout, T], str]) -> None:
        """Print *value* as JSON, or, for people, the text that *human* lays out. Raises as `flush`."""
        if self.json:
            self.write_json(value)
        else:
            from ravi.cli.layout import Layout

            layout = Layout(
                colour=terminal.wants_colour(sys.stdout, self.environ),
                width=terminal.width(sys.stdout, self.environ),
            )
            self.text(human(layout, value))

    def write_json(self, value: Any) -> None:
        """Print *value* as one JSON document in UTF-8, indented by two. Raises as `flush`."""
        _write(sys.stdout, _encode(value, indent=2) + "\n", "utf-8")

    def text(self, text: str) -> None:
        """Print *text*, which ends in exactly one line break whatever it ended in. Raises as `flush`."""
        _write(sys.stdout, text.rstrip("\n") + "\n", getattr(sys.stdout, "encoding", None) or "utf-8")

    def exact(self, text: str) -> None:
        """
        Print *text* in UTF-8 as it is, with nothing added. Raises as `flush`, and UsageError at a terminal that
        the text would command: changed it would be another text, so there it is not printed at all.
        """
        if terminal.is_terminal(sys.stdout) and any(_commands(char) for char in text):
            raise UsageError(
                "this holds characters that would command the terminal, so it is not shown here",
                hint="send it to a file or to a program, or see it with --json",
            )
        _write(sys.stdout, text, "utf-8")

    def flush(self) -> None:
        """
        Hand everything to the operating system.

        Raises BrokenPipeError when the reader left, RaviError when the document could not be written.
        """
        if sys.stdout is not None:
            _write(sys.stdout, "", "ascii")

    def error(self, problem: RaviError, usage: str = "") -> None:
        """Say what went wrong and what to do about it; *usage* is the command's usage line."""
        if self.json:
            self._complain(_error_document(problem, usage))
            return
        self._say("error", problem.message)
        for entry in _listed(problem.details):
            self._line(f"  {entry}")
        if problem.hint:
            self._say("hint", problem.hint)
        if usage:
            self._line(f"usage: {usage}")

    def warn(self, message: str, hint: str = "") -> None:
        """Something the user should know although the command goes on."""
        if self.json:
            self._complain({"warning": message, "hint": hint})
            return
        self._say("warning", message)
        if hint:
            self._say("hint", hint)

    def hint(self, text: str) -> None:
        """A thing to do next; only for people."""
        if not self.json:
            self._say("hint", text)

    def note(self, text: str) -> None:
        """Instructions and progress for a person, in either mode."""
        self._line(text)

    def _complain(self, value: Any) -> None:
        _mutter(_encode(value, indent=None))

    def _say(self, kind: str, message: str) -> None:
        colour = {"error": "31", "warning": "33"}.get(kind)
        label = f"{kind}:"
        if colour and terminal.wants_colour(sys.stderr, self.environ):
            label = f"\x1b[{colour}m{label}\x1b[0m"
        _mutter(f"ravi: {label} {terminal.clean(message)}")

    def _line(self, text: str) -> None:
        _mutter(text[: len(text) - len(text.lstrip(" "))] + terminal.clean(text.lstrip(" ")))


def _encode(value: Any, indent: int | None) -> str:
    import json  # here, because `ravi version` and help for people never need it

    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can carry and UTF-8 cannot
        return json.dumps(value, indent=indent)
    import re

    return re.sub(f"[{_RISKY}]", lambda found: _escaped(ord(found[0])), text)


def _escaped(code: int) -> str:
    """The character *code* as JSON writes it in ASCII: one or two UTF-16 units."""
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _commands(char: str) -> bool:
    """Whether a terminal does something at *char* instead of showing it: the C0 and C1 controls and DEL."""
    return (char < " " or "\x7f" <= char < "\xa0") and char not in _HARMLESS


def _error_document(problem: RaviError, usage: str) -> dict[str, Any]:
    document = {
        "error": problem.message,
        "code": problem.code,
        "hint": problem.hint,
        "status": getattr(problem, "status", None),
    }
    extras = {
        "details": problem.details,
        "request_id": getattr(problem, "request_id", None),
        "retry_after_seconds": getattr(problem, "retry_after", None),
        "usage": usage or None,
    }
    document.update({key: value for key, value in extras.items() if value is not None})
    return document


def _listed(details: Any) -> list[str]:
    """Lines for people from the details of an error: the fields that were refused, each with its reasons."""
    if not isinstance(details, dict):
        return []
    return [f"{field}: {'; '.join(map(str, why))}" for field, why in details.items() if isinstance(why, list)]


def _write(stream: TextIO | None, text: str, encoding: str) -> None:
    """Write all of *text* and flush. Raises BrokenPipeError or RaviError."""
    if stream is None:
        raise _unwritten("it is closed")
    # Past the stream's own encoding, which the locale chooses: JSON is UTF-8 everywhere.
    rest = memoryview(text.encode(encoding, "replace"))
    flushed = False
    while not flushed:
        try:
            while rest:
                # With PYTHONUNBUFFERED this is a bare file: it may take a part, or, where somebody made
                # the pipe non-blocking (Node.js does), nothing, which it says with None.
                taken = stream.buffer.write(rest)
                if not taken:
                    _wait_until_writable(stream)
                rest = rest[taken or 0 :]
            stream.flush()
            flushed = True
        except BlockingIOError as full:  # the same from a buffered file, which kept what it says
            rest = rest[full.characters_written :]
            _wait_until_writable(stream)
        except BrokenPipeError:
            raise
        except OSError as fault:
            raise _unwritten(fault.strerror) from fault


def _wait_until_writable(stream: TextIO) -> None:
    import select

    select.select([], [stream], [])


def _unwritten(why: str | None) -> RaviError:
    return RaviError(f"cannot write to standard output: {why or 'no reason given'}")


def _mutter(line: str) -> None:
    """Write to stderr; where nobody can read it there is nobody to tell, and the exit code remains."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return
