"""Terminals: is there one, how wide, with colour, one yes-or-no question, and nothing that could command it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


#: Letters and marks that Unicode lists as printable and that nobody sees: fillers, joiners, variation selectors other
#: than the one that makes an emoji. In one name they pass for another; a language model reads what hides in them.
INVISIBLE = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE0F),
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def is_terminal(stream: TextIO | None) -> bool:
    """False also for a stream that is closed or was never there (a process started without it)."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def wants_colour(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Colour goes to terminals only, never when NO_COLOR is set to anything (no-color.org)."""
    return is_terminal(stream) and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream: TextIO | None, environ: Mapping[str, str]) -> int | None:
    """Columns to fill; None, meaning as many as needed, where no terminal would wrap the line."""
    given = environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    if stream is None or not is_terminal(stream):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def can_ask() -> bool:
    """Whether there is somebody to ask: the question goes to stderr, the answer comes from stdin."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirm(question: str) -> bool:
    """Ask on stderr; only `y` or `yes` is a yes. Call it only where `can_ask`."""
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def clean(text: str) -> str:
    """
    One harmless line of *text*, which somebody else wrote.

    Names, addresses and messages come from the server and may have been chosen by a stranger. Escape
    sequences could retitle or repaint the terminal, direction marks and invisible letters could make one
    address look like another; all go, and line breaks become spaces.
    """
    if text.isprintable() and INVISIBLE.isdisjoint(text):
        return text
    import re
    import unicodedata

    sequences = (
        r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
        r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, …: strings
        r"|\x1b[ -/]*[0-~]"  # every other escape sequence (ECMA-35)
    )
    kept = []
    for char in re.sub(sequences, "", text):
        if char.isspace():
            kept.append(" ")
        elif unicodedata.category(char) not in ("Cc", "Cf", "Cs") and not _is_invisible(char):
            kept.append(char)
    return "".join(kept)


def _is_invisible(char: str) -> bool:
    """Whether Unicode says that *char* is to be ignored where it cannot be shown, also before it means anything."""
    return char in INVISIBLE or "\U000e0000" <= char <= "\U000e0fff" or "\ufff0" <= char <= "\ufff8" or char == "\u2065"
