"""
What stands between a program and our stdin, stdout and stderr.

At a terminal (stdin and stdout are one) the program gets a terminal of its own and a session on it: it may be an
editor or a shell. Otherwise its output goes through pipes, or through pseudo-terminals where ours goes to a terminal,
and it has our stdin; it stays in our process group and session, as part of the pipeline or job that we are part of.
"""

from __future__ import annotations

import os

from ravi.cli.running.mask import Masker
from ravi.cli.running.pipes import PIPE_QUIET, Pump
from ravi.cli.running.terminal import QUIET, Keyboard, Terminal, copy_size, output_pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ravi.cli.running.mask import Patterns

#: /dev/tty is whatever terminal a process has, under a number of its own (on Linux).
_DEV_TTY = (5, 0)


class Wiring:
    """
    `files` become the program's 0, 1 and 2. `terminal` and `keyboard` are there if it gets a session of its own.

    Close it on every way out: it gives the terminal back.
    """

    def __init__(self, patterns: Patterns) -> None:
        _open_missing()
        self.terminal: Terminal | None = None
        self.keyboard: Keyboard | None = None
        self.pumps: list[Pump] = []
        self._patterns = patterns
        self._sized: list[tuple[int, int]] = []
        self._ended, self._ended_in = os.pipe()
        if _same_terminal(0, 1):
            self.terminal = Terminal(0)
            self.keyboard = Keyboard(self.terminal)
            first = self.terminal.inside
            self._add(os.dup(self.terminal.outside), 1, self.keyboard.quiet)
            stdin = first
        else:
            first = self._output(1)
            stdin = 0
        # One stream where ours are one (`2>&1`), so that what is written to both stays in order.
        second = first if _same(1, 2) else self._output(2)
        self.files = (stdin, first, second)

    def start(self) -> None:
        """The program runs: let go of its ends, and begin to carry."""
        self._close_inside()
        if self.keyboard is not None:
            self.keyboard.start()
            self.borrow()  # before any output: the terminal must not do once more what its double has done
        for pump in self.pumps:
            pump.start()

    def borrow(self) -> bool:
        """Take the terminal over, if we are in the foreground and have not; False if that is to be tried again."""
        if self.terminal is None or self.keyboard is None or self.terminal.lent:
            return True
        if self.terminal.lend():
            self.keyboard.listen(True)
        return self.terminal.lent

    def give_back(self) -> None:
        """Give the terminal back, when all that was written so far is on it."""
        if self.terminal is None or self.keyboard is None:
            return
        self.keyboard.listen(False)
        for pump in self.pumps:
            pump.settle(0.5)
        self.terminal.take_back()

    def resize(self) -> bool:
        """Pass the terminal's size on. Whether the program has to be told, because the kernel does not."""
        if self.terminal is not None:
            copy_size(self.terminal.file, self.terminal.outside)
        return bool(sum(copy_size(terminal, outside) for terminal, outside in self._sized))

    def announce_end(self) -> None:
        """Tell the pumps that the program is no more."""
        os.close(self._ended_in)

    def close(self) -> None:
        """Give the terminal back; carry nothing any more."""
        if self.keyboard is not None and self.keyboard.is_alive():
            self.keyboard.end()
        if self.terminal is not None:
            self.terminal.take_back()

    def abandon(self) -> None:
        """The program could not be started: close what was made for it."""
        self._close_inside()
        for pump in self.pumps:
            os.close(pump.source)
        os.close(self._ended)
        os.close(self._ended_in)

    def _close_inside(self) -> None:
        for file in {file for file in self.files if file > 2}:
            os.close(file)

    def _output(self, sink: int) -> int:
        if os.isatty(sink):
            outside, inside = output_pair(sink)
            self._sized.append((sink, outside))
            self._add(outside, sink, lambda: QUIET)
        else:
            outside, inside = os.pipe()
            self._add(outside, sink, lambda: PIPE_QUIET)
        return inside

    def _add(self, source: int, sink: int, quiet: Callable[[], float]) -> None:
        self.pumps.append(Pump(source, sink, Masker(self._patterns), self._ended, quiet))


def _open_missing() -> None:
    """Open stdin, stdout and stderr where they are closed, so that nothing else is taken for them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _same(one: int, other: int) -> bool:
    return _same_terminal(one, other) or os.path.samestat(os.fstat(one), os.fstat(other))


def _same_terminal(one: int, other: int) -> bool:
    if not (os.isatty(one) and os.isatty(other)):
        return False
    devices = [os.fstat(one).st_rdev, os.fstat(other).st_rdev]
    return devices[0] == devices[1] or any((os.major(device), os.minor(device)) == _DEV_TTY for device in devices)
