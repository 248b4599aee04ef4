"""A bar on stderr that says how far a fleet has come; nothing where nobody sees it."""

from __future__ import annotations

import sys

from ravi.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_CELLS = 24
_ERASE = "\r\x1b[K"


class Bar:
    """
    To be used as a context: at its end the line is empty again. `show` is what the library calls back.

    At a terminal that cannot go back in a line (TERM=dumb), and where stderr is none, it shows nothing.
    """

    def __init__(self, environ_term: str | None) -> None:
        self._shows = terminal.is_terminal(sys.stderr) and environ_term != "dumb"
        self._shown = False

    def show(self, what: str, done: int, of: int) -> None:
        """Draw the bar anew."""
        if not self._shows:
            return
        filled = _CELLS * done // of if of else _CELLS
        sys.stderr.write(f"{_ERASE}{what:<10} [{'#' * filled}{'-' * (_CELLS - filled)}] {done} of {of}")
        sys.stderr.flush()
        self._shown = True

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._shown = False
