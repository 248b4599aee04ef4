"""Staying with a program until it ends: signals reach it, Ctrl-Z works, and its last words are carried."""

from __future__ import annotations

import math
import os
import signal
import time

from ravi.cli.running.child import Child, Start, end_like
from ravi.cli.running.session import SessionChild
from ravi.cli.running.wiring import Wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from ravi.cli.running.mask import Patterns

_ENDING = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM})
_PASSED_ON = _ENDING | {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH}
#: The terminal sends these to every process of the group in its foreground, so the program has had them already.
_FROM_A_KEY = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP})
#: Blocked, they neither stop us nor keep us from writing when we are in the background.
_OF_THE_BACKGROUND = frozenset({signal.SIGTTIN, signal.SIGTTOU})
#: By default they do nothing, and some systems then do not deliver them to those who wait for them either.
_NEED_A_HANDLER = (signal.SIGCHLD, signal.SIGCONT, signal.SIGWINCH)
#: How long, in seconds, a reader that does not read is waited for when the program was told to end, and has ended
#: within so many seconds.
_PATIENCE = 2.0
_LATELY = 10.0
#: How often, in seconds, it is looked whether we were brought to the foreground: the kernel does not say.
_FOREGROUND_LOOK = 0.5


def run_masked(words: Sequence[str], environment: Mapping[bytes, bytes], patterns: Patterns) -> tuple[int, list[str]]:
    """
    Run the program *words* with this environment and our streams, its output masked.

    Returns its exit code and what went wrong with our own output. Does not return if a signal ended the program: then
    this process dies of the same. Raises OSError when the program cannot be started: nothing was run.
    """
    with _Signals() as signals:
        wiring = Wiring(patterns)
        try:
            child = _start(Start(words, environment, wiring.files, signals.before), wiring)
        except OSError:
            wiring.abandon()
            raise
        try:
            returncode = _Attendant(child, wiring, signals).attend()
        finally:
            wiring.close()
        child.dismiss()
        if wiring.terminal is not None and -returncode in (signal.SIGINT, signal.SIGQUIT):
            wiring.terminal.pass_on(-returncode)
        faults = [pump.fault.strerror or "no reason given" for pump in wiring.pumps if pump.fault is not None]
        if faults:
            return returncode if returncode > 0 else 1, faults
        return end_like(returncode), []


def _start(start: Start, wiring: Wiring) -> Child:
    return Child(start) if wiring.terminal is None else SessionChild(start, wiring.terminal.inside)


class _Attendant:
    """One program and what is between it and us, from its start to its end."""

    def __init__(self, child: Child, wiring: Wiring, signals: _Signals) -> None:
        self._child = child
        self._wiring = wiring
        self._signals = signals
        self._told_to_end_at = -math.inf

    def attend(self) -> int:
        """Carry and pass on until the program has ended; its return code, see `Child`."""
        self._wiring.start()
        while self._child.returncode is None:
            settled = self._wiring.borrow()
            number, sender = self._signals.wait(None if settled else _FOREGROUND_LOOK)
            self._pass_on(number, sender)
            if self._child.look():
                self._stop_too()
            self._notice_hangup()
        self._carry_the_rest()
        return self._child.returncode

    def _pass_on(self, number: int, sender: int | None) -> None:
        """Do about the signal *number* what is to be done; *sender* is None for the kernel."""
        if number in _ENDING:
            self._told_to_end_at = time.monotonic()
        if number == signal.SIGWINCH:
            if self._wiring.resize() or (sender is not None and self._wiring.terminal is None):
                self._child.send(number)
        elif isinstance(self._child, SessionChild):
            self._pass_on_to_session(self._child, number)
        elif number in _PASSED_ON:
            if sender is not None or number not in _FROM_A_KEY:
                self._child.send(number)
            if number == signal.SIGTSTP:
                self._stop(os.getpid())

    def _pass_on_to_session(self, child: SessionChild, number: int) -> None:
        """The keyboard's signals do not come this way: its terminal makes them of what was typed."""
        if number == signal.SIGCONT:
            child.resume()
        elif number in _PASSED_ON:
            child.send(number)
            if number == signal.SIGHUP and self._wiring.terminal is not None:
                self._wiring.terminal.hang_up()

    def _notice_hangup(self) -> None:
        """A terminal that takes no output any more is gone; the program may be waiting for it."""
        if self._wiring.terminal is not None and any(pump.broken for pump in self._wiring.pumps if pump.sink == 1):
            self._wiring.terminal.hang_up()

    def _stop_too(self) -> None:
        """The program was stopped from its keyboard: so is the job that we are part of, until somebody continues it."""
        self._wiring.give_back()
        self._stop(-os.getpgrp())
        if isinstance(self._child, SessionChild):
            self._wiring.borrow()
            self._child.resume()

    def _stop(self, whom: int) -> None:
        """Be stopped. Returns when continued, or at once if the kernel sees nobody who would."""
        os.kill(whom, signal.SIGTSTP)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})

    def _carry_the_rest(self) -> None:
        """Wait until the last output is written, unless nobody reads it and we were told to end, too."""
        self._wiring.announce_end()
        now = time.monotonic()
        told_to_end = now - self._told_to_end_at < _LATELY or (self._child.returncode or 0) < 0
        limit = now + _PATIENCE if told_to_end else None
        while not all(pump.done.is_set() for pump in self._wiring.pumps):
            left = None if limit is None else limit - time.monotonic()
            if left is not None and left <= 0:
                return
            number, _ = self._signals.wait(left)
            if number in _ENDING:
                return


class _Signals:
    """While it is entered, signals wait to be fetched with `wait`, and interrupt nothing. `before` is the old mask."""

    def __init__(self) -> None:
        # What was ignored when we were started (nohup) stays ignored, for us and for the program.
        heard = {number for number in _PASSED_ON if signal.getsignal(number) is not signal.SIG_IGN}
        self._heard = frozenset({*heard, signal.SIGCHLD})

    def __enter__(self) -> _Signals:
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._heard | _OF_THE_BACKGROUND)
        self._handlers = {
            number: signal.signal(number, _do_nothing) for number in _NEED_A_HANDLER if number in self._heard
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        while signal.sigpending() & self._heard:
            signal.sigwait(self._heard)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)

    def wait(self, seconds: float | None) -> tuple[int, int | None]:
        """
        The next signal, and the pid of its sender, None if it is the kernel; (0, None) when *seconds* are over.

        SIGCHLD says that something is to be looked at.
        """
        if not hasattr(signal, "sigtimedwait"):
            return self._wait_without_sender(seconds)
        found = signal.sigwaitinfo(self._heard) if seconds is None else signal.sigtimedwait(self._heard, seconds)
        if found is None:
            return 0, None
        return found.si_signo, found.si_pid if found.si_code <= 0 else None

    def _wait_without_sender(self, seconds: float | None) -> tuple[int, int | None]:
        """Where the system does not say who sent a signal (macOS): a key, if we are in a terminal's foreground."""
        limit = None if seconds is None else time.monotonic() + seconds
        while limit is not None and not signal.sigpending() & self._heard:
            if time.monotonic() > limit:
                return 0, None
            time.sleep(0.02)
        number = signal.sigwait(self._heard)
        return number, None if number in _FROM_A_KEY and _in_foreground() else 0


def _in_foreground() -> bool:
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _do_nothing(number: int, frame: object) -> None:
    """Never called: the signal is blocked."""
