"""
The environment file of a workspace, such as `.env.local`: written whole by us, and removed only if it is ours.

Its first line says whose it is. A file without that line is somebody's work, and stays as it is.
"""

from __future__ import annotations

import os
import stat

from ravi.errors import ConfigInvalid, UsageError
from ravi.settings.files import write_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.workspace import Workspace

_MARK = b"# written by ravi workspace ensure, which replaces all of it, and removed by ravi workspace release\n"


def locate(workspace: Workspace, wanted: str) -> str:
    """
    The path of the environment file *wanted*, counted from the workspace. Raises UsageError unless it lies in it.
    """
    path = os.path.normpath(os.path.join(workspace.path, wanted))
    folder = os.path.realpath(os.path.dirname(path))
    inside = folder == workspace.path or folder.startswith(workspace.path.rstrip("/") + "/")
    is_own = (folder + "/").startswith(workspace.config_dir + "/")
    if not wanted.strip() or path == workspace.path or not inside or is_own or not os.path.isdir(folder):
        raise UsageError(
            f"{wanted!r} is not a file in the workspace",
            hint="write it like --env-file .env.local, in a directory that is there",
        )
    return os.path.join(folder, os.path.basename(path))


def check_free(path: str) -> None:
    """See that nothing is at *path*, or a file of ours. Raises ConfigInvalid."""
    if os.path.islink(path):
        raise ConfigInvalid(f"{path} is a symbolic link", hint="remove it, or name another file")
    if _start(path, len(_MARK)) not in (None, _MARK):
        raise ConfigInvalid(f"{path} is there, and was not written by ravi", hint="remove it, or name another file")


def write_env(path: str, text: str) -> None:
    """Replace the file at *path* by our mark and *text*, mode 0600, unless it is that already. Raises ConfigInvalid."""
    check_free(path)
    content = _MARK + text.encode("utf-8")
    if _start(path, len(content) + 1) != content or stat.S_IMODE(os.stat(path).st_mode) != 0o600:
        write_bytes(path, content, path)


def remove_env(workspace: Workspace, recorded: str) -> bool:
    """
    Remove the environment file that a binding has *recorded*, if it is in the workspace and ours; whether it was.

    Raises ConfigInvalid when it cannot be removed.
    """
    try:
        path = locate(workspace, recorded)
        if os.path.islink(path) or _start(path, len(_MARK)) != _MARK:
            return False
        os.unlink(path)
    except (UsageError, FileNotFoundError):
        return False
    except OSError as error:
        raise ConfigInvalid(f"cannot remove {recorded}: {(error.strerror or 'failed').lower()}") from error
    return True


def _start(path: str, size: int) -> bytes | None:
    """The first *size* bytes of the file at *path*; None when there is none. What is no file is empty."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b""
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            return file.read(size)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be read ({(error.strerror or 'failed').lower()})") from error
