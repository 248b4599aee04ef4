"""A lock that processes share, so that fifty of them do not do the same thing to one file."""

from __future__ import annotations

import os
import time

from ravi.errors import ConfigInvalid, TimedOut
from ravi.settings.files import give_to_owner, make_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

#: Longer than a refresh may take; whoever holds the lock longer than this hangs.
PATIENCE_SECONDS = 45.0
_POLL_SECONDS = 0.02


class locked:  # noqa: N801 - reads as the verb it is: `with locked(path):`
    """
    Hold the lock that belongs to the file at *path*: an flock on `<path>.lock`, which stays behind unless whoever holds
    the lock removes it, and its directory with it.

    Read the file again inside: whoever held the lock before may have changed it. Raises TimedOut when the lock
    is not to be had within *patience* seconds, ConfigInvalid when the lock file cannot be made.
    """

    def __init__(self, path: str, shown: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._path = path + ".lock"
        self._shown = shown
        self._patience = patience
        self._fd = -1

    def __enter__(self) -> locked:
        deadline = time.monotonic() + self._patience
        try:
            while True:
                self._fd = self._opened()
                if self._fd < 0:
                    self._wait(deadline)  # its directory was removed between two breaths
                    continue
                # Polled, because a blocking flock has no time limit and a stopped process would stop all others.
                while not _taken(self._fd):
                    self._wait(deadline)
                if _is_at(self._fd, self._path):
                    return self
                self._let_go()  # whoever held it has removed the file: the lock is another one by now
        except OSError as error:  # a file system without locks
            self._let_go()
            raise ConfigInvalid(f"cannot lock {self._shown}: {error.strerror}") from error
        except BaseException:  # Ctrl-C as well: who then undoes what was begun needs this lock
            self._let_go()
            raise

    def _opened(self) -> int:
        """The lock file, open; -1 when its directory has just been removed."""
        folder = os.path.dirname(self._path)
        try:
            make_private(folder)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            return -1
        except OSError as error:
            raise ConfigInvalid(
                f"cannot lock {self._shown}: {error.strerror}",
                hint=f"make sure that {folder} is a directory you can write to",
            ) from error
        try:
            give_to_owner(fd, folder)
        except FileNotFoundError:
            os.close(fd)
            return -1
        return fd

    def _wait(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            waited = f", and {self._patience:.0f} s was too short a wait" if self._patience else ""
            raise TimedOut(
                f"another process holds the lock of {self._shown}{waited}",
                hint="look for a ravi process that hangs",
            )
        time.sleep(_POLL_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        """Unlock, if it is locked."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)  # which also unlocks


def _taken(fd: int) -> bool:
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(fd: int, path: str) -> bool:
    """Whether the open file *fd* is still the one at *path*."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(status, os.fstat(fd))
