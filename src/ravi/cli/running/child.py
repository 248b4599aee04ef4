"""Starting another program, knowing how it ended, and ending the same way."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import NoReturn

#: What a shell says of a program that it did not find, and of one that it could not start.
NOT_FOUND = 127
NOT_STARTED = 126

#: <sys/prctl.h>
_PR_SET_PDEATHSIG = 1
#: Signals that Python has its own mind about; another program expects what is usual.
_TAKEN_BY_PYTHON = ("SIGPIPE", "SIGXFSZ", "SIGXFZ")


def become(words: Sequence[str], environment: Mapping[bytes, bytes]) -> NoReturn:
    """
    Replace this process by the program *words*; raises OSError when that cannot be.

    It is looked up on the PATH of this process, as its caller sees it, and not on one that *environment* brings.
    ENOENT means that there is no such program, ENOEXEC that there is and its interpreter is missing.
    """
    for name in _TAKEN_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    problem = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    for place in _places(words[0]):
        try:
            os.execve(place, list(words), environment)  # noqa: S606 - it is what was asked for, and no shell
        except (FileNotFoundError, NotADirectoryError):
            if os.path.exists(place):
                problem = OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC))
        except PermissionError as fault:
            if place == words[0] or not os.path.isdir(place):
                problem = fault
    raise problem


def _places(name: str) -> Iterator[str]:
    if "/" in name:
        yield name
    elif name:
        for folder in os.get_exec_path():
            yield os.path.join(folder or ".", name)


class Start:
    """
    Everything a new process needs to be told, put together before the fork.

    *files* are the descriptors that become its 0, 1 and 2; *signals* is the mask that it gets. If this process is
    killed so that it can do nothing more, the kernel kills the new one too, as it would have been without us between
    (on Linux only, and not if the program changes its user).
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[bytes, bytes],
        files: tuple[int, int, int],
        signals: Collection[int],
    ) -> None:
        self._words = words
        self._environment = environment
        self.files = files
        self._signals = signals
        self._tie_to_parent = _death_signal()
        self._faults, self._fault_in = os.pipe()

    def child(self, parent: int, prepare: Callable[[], None] | None = None) -> NoReturn:
        """In the new process, whose parent is *parent*: become the program, or end and say why."""
        try:
            self.die_with(parent)
            if prepare is not None:
                prepare()
            for number, file in enumerate(self.files):
                if file != number:
                    os.dup2(file, number)
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, self._signals)
            become(self._words, self._environment)
        except OSError as fault:
            os.write(self._fault_in, str(fault.errno).encode())
        finally:
            os._exit(NOT_STARTED)

    def die_with(self, parent: int) -> None:
        """In a new process, whose parent is *parent*: end when it does, however that comes about."""
        if self._tie_to_parent is not None:
            self._tie_to_parent()
            if os.getppid() != parent:
                os._exit(NOT_STARTED)

    def check(self) -> None:
        """Wait until the program runs. Raises the OSError that kept it from running."""
        os.close(self._fault_in)
        with os.fdopen(self._faults, "rb") as pipe:
            said = pipe.read()
        if said:
            raise OSError(int(said), os.strerror(int(said)))


class Child:
    """
    A program that runs in our process group, as any other would that was started from the same place.

    `returncode` is None while it runs; then its exit status, or minus the number of the signal that it died of.
    """

    def __init__(self, start: Start) -> None:
        """Raises OSError when the program cannot be started."""
        parent = os.getpid()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            start.child(parent)
        try:
            start.check()
        except OSError:
            os.waitpid(self.pid, 0)
            raise

    def look(self) -> bool:
        """Notice its end. True if it stopped since the last look and we should too; here the kernel sees to that."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return False

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended or belongs to another user by now."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def dismiss(self) -> None:
        """Let go of what was kept for it, after its end."""


def end_like(returncode: int) -> int:
    """
    The exit code for `returncode` of a child. If a signal ended it, this process dies of the same one and the call
    does not return, unless the kernel protects the process (the first one of a container): then it is 128 + signal.
    """
    if returncode >= 0:
        return returncode
    import resource

    number = -returncode
    # Our memory holds more than the program's did; a dump of it is nothing that anybody asked for.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.raise_signal(number)
    return 128 + number


def _death_signal() -> Callable[[], None] | None:
    """What a new process calls to die with its parent. Prepared before the fork: it loads a library."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
