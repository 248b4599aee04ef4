"""How far an upgrade is, on stderr: one line that changes at a terminal, otherwise a line now and then."""

from __future__ import annotations

import sys
import time

from ravi.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from ravi.cli.io import Io
    from ravi.client.nouns.upgrade import Progress

#: Seconds between two lines in a log.
_SELDOM = 10.0


class Shown:
    """Give `update` to the upgrade; leaving the block ends the line."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self._changes = terminal.is_terminal(sys.stderr)
        self._width = 0
        self._last = time.monotonic()

    def update(self, progress: Progress) -> None:
        """Show *progress*."""
        text = f"pass {progress.sweep}: {progress.seen} entries seen, {progress.resealed} sealed anew"
        if self._changes:
            sys.stderr.write("\r" + text.ljust(self._width))
            sys.stderr.flush()
            self._width = len(text)
        elif time.monotonic() - self._last >= _SELDOM:
            self._last = time.monotonic()
            self._io.out.note(text)

    def __enter__(self) -> Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            sys.stderr.write("\n")
            sys.stderr.flush()
