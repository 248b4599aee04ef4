"""
A program in a session of its own, whose terminal is our pseudo-terminal.

Between us and the program stands a process that does nothing but wait, the leader of the session. It is needed for
Ctrl-Z: the kernel stops a program from the keyboard only if its parent is in the same session and in another process
group, because otherwise there would be nobody to continue it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import termios

from ravi.cli.running.child import Child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from ravi.cli.running.child import Start

#: What the leader writes: what happened, and a number (a pid, a signal, a return code).
_REPORT = struct.Struct("=ci")
_STARTED, _STOPPED, _ENDED = b"p", b"s", b"e"


class SessionChild(Child):
    """`Child`, with the pseudo-terminal *terminal* (the end that programs open) as its controlling terminal."""

    def __init__(self, start: Start, terminal: int) -> None:
        """Raises OSError when the program cannot be started."""
        us = os.getpid()
        self.returncode: int | None = None
        self._reports, reports_in = os.pipe()
        leave, self._leave_in = os.pipe()
        self._leader = os.fork()
        if self._leader == 0:
            try:
                _lead(start, terminal, us, reports_in, leave)
            finally:
                os._exit(1)
        os.close(reports_in)
        os.close(leave)
        try:
            start.check()
        except OSError:
            self.dismiss()
            raise
        _, self.pid = _REPORT.unpack(os.read(self._reports, _REPORT.size))
        os.set_blocking(self._reports, False)

    def look(self) -> bool:
        stopped = False
        while self.returncode is None:
            try:
                report = os.read(self._reports, _REPORT.size)
            except BlockingIOError:
                break
            if not report:  # somebody killed the leader, and the kernel the program with it
                self.returncode = -signal.SIGKILL
                break
            what, number = _REPORT.unpack(report)
            if what == _ENDED:
                self.returncode = number
            stopped = what == _STOPPED
        return stopped

    def resume(self) -> None:
        """Let it go on after it was stopped."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGCONT)

    def dismiss(self) -> None:
        """End the session: what is left of it is hung up, as when a terminal's window is closed."""
        os.close(self._leave_in)
        os.close(self._reports)
        os.waitpid(self._leader, 0)


def _lead(start: Start, terminal: int, us: int, reports: int, leave: int) -> NoReturn:
    """Start the program and report on it until told to leave. Every signal of use is blocked here."""
    start.die_with(us)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    leader = os.getpid()
    pid = os.fork()
    if pid == 0:
        start.child(leader, lambda: _to_foreground(terminal))
    _report(reports, us, _STARTED, pid)
    _keep_only(reports, leave)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        _report(reports, us, _STOPPED, os.WSTOPSIG(status))
    _report(reports, us, _ENDED, os.waitstatus_to_exitcode(status))
    # The kernel hangs the terminal up when the leader ends, and what nobody has read of it by then is lost.
    os.read(leave, 1)
    os._exit(0)


def _to_foreground(terminal: int) -> None:
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())


def _report(reports: int, us: int, what: bytes, number: int) -> None:
    os.write(reports, _REPORT.pack(what, number))
    if os.getppid() == us:
        os.kill(us, signal.SIGCHLD)


def _keep_only(*files: int) -> None:
    """Close everything else: an end of a pipe that is held here would keep its reader waiting."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) not in files:
            with contextlib.suppress(OSError):  # the listing itself had one open
                os.close(int(name))
