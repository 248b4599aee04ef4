"""Bytes from files and standard input, and the text in them."""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.errors import ConfigInvalid, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io


def read(path: str, most: int, io: Io) -> bytes:
    """
    Everything in the file at *path*, a pipe included, or on standard input for "-".

    Raises ConfigInvalid when it cannot be read, UsageError when it is more than *most* bytes.
    """
    shown = place(path)
    try:
        if path == "-":
            if sys.stdin is None:
                raise UsageError("standard input is closed")
            if terminal.is_terminal(sys.stdin):
                io.out.note("reading what is typed here, up to Ctrl-D on a line of its own")
            content = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                content = file.read(most + 1)
    except OSError as fault:
        raise ConfigInvalid(f"cannot read {shown}: {fault.strerror or 'no reason given'}") from None
    except ValueError:  # a path with a NUL byte
        raise UsageError("a path cannot hold a NUL byte") from None
    if len(content) > most:
        raise UsageError(f"{shown} is larger than {most // 1024} KiB")
    return content


def place(path: str) -> str:
    """What *path* is called in messages."""
    return "standard input" if path == "-" else path


def decode(content: bytes, path: str) -> str:
    """*content*, which came from *path*, as text. Raises UsageError unless it is UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise UsageError(
            f"{place(path)} is not text in UTF-8 (byte {fault.start + 1})",
            hint="secrets are text; bytes fit as base64, such as: base64 -w0 FILE | ravi secrets set KEY --stdin",
        ) from None
