"""What the server keeps, and what it is told to read, is not open to other users: refused with the way to close it."""

import contextlib
import logging
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from ravi.errors import ConfigInvalid
from ravi.settings.own_files import can_be_written_by_others
from ravi.settings.server import ServerSettings

log = logging.getLogger("ravi.start")

#: `smtp.tls.FILE`; importing it would cost every command what only `run` needs.
OWN_CERTIFICATE = "smtp-tls.pem"
#: What SQLite keeps beside the file, and what we do.
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock")
#: A problem, and the command that ends it.
Problem = tuple[str, str]


def require_private(settings: ServerSettings) -> None:
    """
    See that nobody but the server's user (and root) can change what it relies on, or read its private keys.

    What is not there yet is no problem: it is made private. Raises ConfigInvalid, whose hint is the commands to run.
    """
    problems = [
        *_open_directories(settings),
        *_open_files(settings),
        *_open_keys(settings),
    ]
    if not problems:
        return
    message = problems[0][0] if len(problems) == 1 else f"{len(problems)} files or directories are open to other users"
    raise ConfigInvalid(
        message,
        hint="; ".join(dict.fromkeys(command for _, command in problems)),
        details=[problem for problem, _ in problems] if len(problems) > 1 else None,
    )


def close_database(file: Path) -> None:
    """Take the files of a SQLite database away from group and others, as far as they are ours; best effort."""
    for beside in _BESIDE:
        with contextlib.suppress(OSError):
            path = Path(f"{file}{beside}")
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                path.chmod(0o600)
                log.warning("the database could be read by other users", extra={"file": str(path), "now": "0600"})


def _open_directories(settings: ServerSettings) -> Iterator[Problem]:
    file = settings.database.file
    for directory in dict.fromkeys([settings.data, *([file.parent] if file else [])]):
        if _is_open(directory):
            yield (
                f"other users can write to the directory {directory}, and put there whatever the server then believes",
                f"chmod go-w {_quoted(directory)} (or keep everything in a directory inside it, which is made private:"
                f" --data {_quoted(directory / 'ravi-server')})",
            )


def _open_files(settings: ServerSettings) -> Iterator[Problem]:
    files = [settings.config_file] if settings.config_file else []
    if settings.database.file:
        files += [Path(f"{settings.database.file}{beside}") for beside in _BESIDE]
    for file in files:
        if _is_open(file):
            yield f"{file} can be written by other users", f"chmod go-w {_quoted(file)}"


def _open_keys(settings: ServerSettings) -> Iterator[Problem]:
    own = settings.data / OWN_CERTIFICATE
    status = _status(own)
    if settings.smtp_tls_key is None and status is not None and status.st_mode & 0o077:
        yield f"{own}, which holds a private key, is open to other users", f"rm {_quoted(own)} (it is made anew)"
    # A group may read a key: that is how distributions share those below /etc/ssl/private.
    for name in ("tls_key", "smtp_tls_key", "dkim_key"):
        file: Path | None = getattr(settings, name)
        status = None if file is None else _status(file)
        if file is not None and status is not None and (status.st_mode & 0o007 or _is_open(file)):
            yield f"{name}: {file} is open to other users", f"chmod g-w,o-rwx {_quoted(file)}"


def _is_open(path: Path) -> bool:
    status = _status(path)
    return status is not None and can_be_written_by_others(stat.S_IMODE(status.st_mode), status.st_gid, status.st_uid)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None  # whoever opens it has more to say about that


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
