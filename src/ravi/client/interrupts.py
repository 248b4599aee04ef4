"""Ctrl-C, kept waiting while something is done that must not be cut in two."""

from __future__ import annotations

import signal
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType


class deferred:  # noqa: N801 - reads as what it does: `with deferred():`
    """
    Have Ctrl-C wait for the end of the block; there it does what it would have done at once.

    Only the main thread is ever interrupted; in others, and where the program has no handler of its own, this changes
    nothing.
    """

    def __init__(self) -> None:
        self._came = False
        self._handler: object = None

    def __enter__(self) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._handler = handler
            signal.signal(signal.SIGINT, self._note)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if callable(self._handler):
            signal.signal(signal.SIGINT, self._handler)
            if self._came:
                signal.raise_signal(signal.SIGINT)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True
