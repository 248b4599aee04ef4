"""Secrets that a command is given other than on its command line, which every process of the machine can read."""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

#: More than any field takes: a wrong file is noticed before all of it is in memory.
_MAX_BYTES = 1024 * 1024


def from_stdin(what: str) -> str:
    """
    All of stdin as text, without its last line break; at a terminal one line, which is asked for and not echoed.

    Raises UsageError when there is nothing, or it is not UTF-8. *what* is what it is, for the question and messages.
    """
    if terminal.can_ask():
        from ravi.cli.vault.pins import ask_hidden

        return _checked(ask_hidden(f"{what}: "), what)
    if sys.stdin is None:
        raise UsageError(f"the {what} should come from stdin, and there is none")
    return _text(sys.stdin.buffer, what)


def from_file(path: str, what: str) -> str:
    """All of the file at *path* as text, without its last line break. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            return _text(file, what)
    except OSError as fault:
        raise UsageError(f"the {what} cannot be read from {path}: {fault.strerror}") from None


def _text(stream: BinaryIO, what: str) -> str:
    content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise UsageError(f"the {what} is longer than {_MAX_BYTES // 1024} KiB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"the {what} is not text in UTF-8") from None
    return _checked(text.removesuffix("\n").removesuffix("\r"), what)


def _checked(text: str, what: str) -> str:
    if not text:
        raise UsageError(f"the {what} is empty")
    return text
