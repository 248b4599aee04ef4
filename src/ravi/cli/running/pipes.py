"""Carrying a program's output to where ours goes, masked on the way."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ravi.cli.running.mask import Masker

_CHUNK = 65536
#: As `terminal.QUIET`, where a program reads: it can wait longer, and pauses between writes are longer too.
PIPE_QUIET = 1.0
#: When the program has ended and something that it left running still holds the stream, it is followed until it has
#: been quiet for so many seconds; at most so long, and at most so many bytes, which is more than a pipe can hold.
_LAST_QUIET = 0.2
_LAST_SECONDS = 2.0
_LAST_BYTES = 1 << 20


class Pump(threading.Thread):
    """
    Carries *source* to *sink* until its end. Writing waits for the reader, so the program waits for it too.

    *quiet* says after how many seconds without more what was held back may be shown. The end of the pipe *ended* says
    that the program is no more. When the stream is through, `done` is set and this process gets SIGCHLD.
    """

    def __init__(self, source: int, sink: int, masker: Masker, ended: int, quiet: Callable[[], float]) -> None:
        super().__init__(daemon=True)
        self.source = source
        self.sink = sink
        self.done = threading.Event()
        self.broken = False
        """Whether the sink takes no more."""
        self.fault: OSError | None = None
        """Why not, unless its reader just left."""
        self._masker = masker
        self._ended = ended
        self._quiet = quiet
        self._at_work = False
        self._terminal = os.isatty(sink)

    def run(self) -> None:
        try:
            self._carry()
        except OSError as fault:
            self.broken = True
            if fault.errno not in (errno.EPIPE, errno.EIO):
                self.fault = fault
        finally:
            # Whoever writes on gets SIGPIPE, and whoever reads knows that this was all, though we are still here.
            os.close(self.source)
            if self.sink == 1 and not self._terminal:
                _let_go(self.sink)
            self.done.set()
            os.kill(os.getpid(), signal.SIGCHLD)

    def settle(self, seconds: float) -> None:
        """Wait until everything that was written so far is through; at most so long."""
        limit = time.monotonic() + seconds
        with contextlib.suppress(OSError):  # it was closed meanwhile
            while not self.done.is_set() and time.monotonic() < limit:
                if not self._at_work and not select.select([self.source], [], [], 0)[0]:
                    return
                time.sleep(0.005)

    def _carry(self) -> None:
        while True:
            wait = self._quiet() if self._masker.releasable else None
            ready, _, _ = select.select([self.source, self._ended], [], [], wait)
            self._at_work = True
            if self._ended in ready:
                self._follow()
                break
            if self.source in ready:
                data = _read(self.source)
                if not data:
                    break
                self._write(self._masker.feed(data))
            else:
                self._write(self._masker.release())
            self._at_work = False
        self._write(self._masker.finish())

    def _follow(self) -> None:
        """Carry what others still write when the program has ended."""
        waited, taken = 0.0, 0
        while waited < _LAST_SECONDS and taken < _LAST_BYTES:
            begin = time.monotonic()
            ready, _, _ = select.select([self.source], [], [], _LAST_QUIET)
            waited += time.monotonic() - begin
            data = _read(self.source) if ready else b""
            if not data:
                return
            taken += len(data)
            self._write(self._masker.feed(data))

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self.sink, rest) :]
            except BlockingIOError:  # somebody made it non-blocking (Node.js does)
                select.select([], [self.sink], [])


def _read(source: int) -> bytes:
    """What there is; empty at the end."""
    try:
        return os.read(source, _CHUNK)
    except OSError as fault:
        if fault.errno == errno.EIO:  # a pseudo-terminal that nobody has open any more (Linux)
            return b""
        raise


def _let_go(sink: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sink)
    os.close(nowhere)
