"""The terminal that we were started at, lent to a program through a pseudo-terminal."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import termios
import threading
import time
import tty

from ravi.errors import RaviError

#: Output that may be the beginning of a value is shown after this many seconds without more of it. So long is not
#: noticed after a prompt; programs that write piece by piece are faster.
QUIET = 0.1
#: The same right after a key was pressed: then it is most likely its echo, and typing must not feel slow.
ECHO_QUIET = 0.01
_AFTER_A_KEY = 0.2


class Terminal:
    """The terminal at the descriptor *file*, and a pseudo-terminal of the same size and settings."""

    def __init__(self, file: int) -> None:
        self.file = file
        self._settings = termios.tcgetattr(file)
        self.lent = False
        self.outside, self.inside = _open_pair()
        """Our end, and the end that programs open."""
        termios.tcsetattr(self.inside, termios.TCSANOW, self._settings)
        copy_size(file, self.outside)

    def in_foreground(self) -> bool:
        """Whether we may read and change it now; where there is no job control, always."""
        try:
            return os.tcgetpgrp(self.file) == os.getpgrp()
        except OSError:
            return True

    def lend(self) -> bool:
        """Let every key and every byte through. False if it is not ours to change, because we are in the background."""
        if not self.in_foreground():
            return False
        self._settings = termios.tcgetattr(self.file)
        tty.setraw(self.file, termios.TCSADRAIN)
        self.lent = True
        copy_size(self.file, self.outside)
        return True

    def take_back(self) -> None:
        """Make it what it was. In the background it is somebody else's by now and stays as it is."""
        if self.lent and self.in_foreground():
            with contextlib.suppress(termios.error):  # it is gone
                termios.tcsetattr(self.file, termios.TCSADRAIN, self._settings)
        self.lent = False

    def hang_up(self) -> None:
        """Tell who is in the foreground of the pseudo-terminal that it is gone, as the kernel does: also who sleeps."""
        with contextlib.suppress(OSError):  # there is nobody
            group = os.tcgetpgrp(self.outside)
            os.killpg(group, signal.SIGHUP)
            os.killpg(group, signal.SIGCONT)

    def pass_on(self, number: int) -> None:
        """
        Send what was typed (Ctrl-C, Ctrl-\\) to the process group that we are in, as the terminal would have: the
        script or the program that started us is in it too.
        """
        with contextlib.suppress(OSError):  # there is no job control here
            if os.tcgetpgrp(self.file) == os.getpgrp():
                os.killpg(os.getpgrp(), number)


class Keyboard(threading.Thread):
    """Carries what is typed at *terminal* to its pseudo-terminal, while `listen` says so."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(daemon=True)
        self._terminal = terminal
        self._orders, self._orders_in = os.pipe()
        self._last_key = 0.0

    def quiet(self) -> float:
        """How long to wait for more output now, see QUIET."""
        return ECHO_QUIET if time.monotonic() - self._last_key < _AFTER_A_KEY else QUIET

    def listen(self, to_it: bool) -> None:
        """Read from now on, or stop reading."""
        os.write(self._orders_in, b"+" if to_it else b"-")

    def end(self) -> None:
        """Stop for good: what is typed from now on is for whoever reads next."""
        os.close(self._orders_in)
        self.join(0.2)

    def run(self) -> None:
        listening = False
        while True:
            watched = [self._orders, self._terminal.file] if listening else [self._orders]
            ready, _, _ = select.select(watched, [], [])
            if self._orders in ready:
                order = os.read(self._orders, 1)
                if not order:
                    return
                listening = order == b"+"
            elif not self._carry():
                listening = False

    def _carry(self) -> bool:
        """Carry what there is; False when nothing more can be read now."""
        try:
            typed = os.read(self._terminal.file, 4096)
        except OSError as fault:
            if fault.errno == errno.EIO and not self._terminal.in_foreground():
                return False
            typed = b""
        if not typed:  # not Ctrl-D, which is a byte here: the terminal is gone
            os.kill(os.getpid(), signal.SIGHUP)
            return False
        self._last_key = time.monotonic()
        try:
            while typed:
                typed = typed[os.write(self._terminal.outside, typed) :]
        except OSError:  # nobody has the other end open any more
            return False
        return True


def copy_size(terminal: int, pseudo: int) -> bool:
    """Give *pseudo* the size of *terminal*; whether it had another. The kernel tells the programs on it."""
    try:
        size = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
        if size == fcntl.ioctl(pseudo, termios.TIOCGWINSZ, bytes(8)):
            return False
        fcntl.ioctl(pseudo, termios.TIOCSWINSZ, size)
    except OSError:  # it is gone
        return False
    return True


def output_pair(terminal: int) -> tuple[int, int]:
    """
    A pseudo-terminal (our end, the program's end) that output to *terminal* goes through, and nothing else.

    It changes no byte, because *terminal* will do what there is to do; nobody is told of signals through it.
    """
    outside, inside = _open_pair()
    settings = termios.tcgetattr(terminal)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(inside, termios.TCSANOW, settings)
    copy_size(terminal, outside)
    return outside, inside


def _open_pair() -> tuple[int, int]:
    try:
        return os.openpty()
    except OSError as fault:
        raise RaviError(
            f"no pseudo-terminal can be had: {fault.strerror}", hint="run the program without one: --no-mask"
        ) from fault
