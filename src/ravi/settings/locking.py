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
    Hold the lock that belongs to the file at *path*: an flock on `<path>.lock`, which stays behind.

    Read the file again inside: whoever held the lock before may have changed it. Raises TimedOut when the lock
    is not to be had within *patience* seconds, ConfigInvalid when the lock file cannot be made.
    """

    def __init__(self, path: str, shown: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._path = path + ".lock"
        self._shown = shown
        self._patience = patience
        self._fd = -1

    def __enter__(self) -> locked:
        try:
            make_private(os.path.dirname(self._path))
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(self._path, flags, 0o600)
            give_to_owner(fd, os.path.dirname(self._path))
        except OSError as error:
            raise ConfigInvalid(
                f"cannot lock {self._shown}: {error.strerror}",
                hint=f"make sure that {os.path.dirname(self._path)} is a directory you can write to",
            ) from error
        deadline = time.monotonic() + self._patience
        try:
            # Polled, because a blocking flock has no time limit and a stopped process would stop all others.
            while not _taken(fd):
                if time.monotonic() >= deadline:
                    raise TimedOut(
                        f"another process has held the lock of {self._shown} for {self._patience:.0f} s",
                        hint="look for a ravi process that hangs",
                    )
                time.sleep(_POLL_SECONDS)
        except OSError as error:  # a file system without locks
            os.close(fd)
            raise ConfigInvalid(f"cannot lock {self._shown}: {error.strerror}") from error
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)  # which also unlocks


def _taken(fd: int) -> bool:
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
