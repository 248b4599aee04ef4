"""
One server per SQLite database.

A second process on the same file would miss the first one's wake-ups. The lock is the kernel's, so it ends with
the process however that ends. Commands such as `owner add` do not take it: they write as the server's guests.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ravi.errors import ConfigError

#: A predecessor that was told to stop may need a moment, and a guest holds the lock while it looks.
PATIENCE = 1.0

Announce = Callable[[str], None]


@contextlib.contextmanager
def only_server(database: Path) -> Iterator[Announce]:
    """
    Hold the lock of *database*; the function that comes back records the URL at which this server answers.

    Raises ConfigError when another server runs on it, or the lock cannot be made.
    """
    path = _path(database)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise ConfigError(
            f"cannot make {path}: {(fault.strerror or 'no reason given').lower()}",
            hint="the directory must be writable for the user who runs the server; choose another with --data DIR",
        ) from fault
    try:
        if not _locked(file):
            pid = _noted(path).get("pid", "unknown")
            raise ConfigError(
                f"another ravi-server (process {pid}) runs on {database}",
                hint="stop it first, or give this one its own --data DIR; for several servers use PostgreSQL",
            )
        _note(file, None)
        yield lambda url: _note(file, url)
    finally:
        os.close(file)


def find_running(database: Path) -> str | None:
    """Return the URL of the server that runs on *database*, or None when none does or is not ready yet."""
    path = _path(database)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        url = _noted(path).get("url")
        return url if isinstance(url, str) else None
    finally:
        os.close(file)
    return None


def _path(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _locked(file: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def _note(file: int, url: str | None) -> None:
    text = json.dumps({"pid": os.getpid(), "url": url}).encode()
    os.ftruncate(file, 0)
    os.pwrite(file, text, 0)


def _noted(path: Path) -> dict[str, object]:
    try:
        noted = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
