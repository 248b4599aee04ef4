"""How answers look to a model: what the server vouches for as facts, what strangers wrote behind a fence."""

from __future__ import annotations

from collections.abc import Sequence

from ravi.cli.layout import Layout
from ravi.cli.message.view import fenced

#: Without colour, and without lines that are folded.
LAYOUT = Layout(colour=False, width=None)


def listed(table: str, count: int, what: str) -> str:
    """A *table* of *count* things, whose subjects and names their senders chose."""
    return f"no {what}" if not count else f"{count} {what}, the newest first\n{fenced(table)}"


def names(found: Sequence[str], what: str) -> str:
    """One line for each."""
    return "\n".join(map(LAYOUT.value, found)) if found else f"no {what}"
