"""
Reading and writing our JSON files.

Reading is bounded and never blocks, whatever lies at the path: a FIFO or a device is refused, not opened.
Writing is atomic: a reader, or a machine that loses power, sees the old file or the new one.
"""

from __future__ import annotations

import json
import os
import stat

from ravi.errors import ConfigInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

#: Far above any file of ours; a bound on what a planted one can make us read.
MAX_BYTES = 64 * 1024


class RawFile:
    """A file as it was read: `shown` is its name for messages; owner, group, mode and inode are of that moment."""

    __slots__ = ("content", "group", "inode", "mode", "owner", "path", "shown")

    def __init__(self, path: str, shown: str, content: bytes, status: os.stat_result) -> None:
        self.path = path
        self.shown = shown
        self.content = content
        self.owner = status.st_uid
        self.group = status.st_gid
        self.mode = stat.S_IMODE(status.st_mode)
        self.inode = (status.st_dev, status.st_ino)


def find_file(path: str, shown: str, most: int = MAX_BYTES) -> RawFile | None:
    """
    Read the file at *path*; None when there is none.

    Raises ConfigInvalid when something is there that is not a readable regular file of at most *most* bytes, or
    when it hangs on a symbolic link to nothing: that is a broken file, not a missing one.
    """
    try:
        # Looked at before it is opened: opening a device can already do things.
        if not stat.S_ISREG(os.stat(path).st_mode):
            _refuse(shown, "is not a regular file")
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        folder = os.path.dirname(path)
        if os.path.islink(path) or (os.path.islink(folder) and not os.path.exists(folder)):
            _refuse(shown, "is a symbolic link to nothing")
        return None
    except NotADirectoryError:
        _refuse(shown, "cannot be there, because a part of its path is not a directory")
    except (OSError, ValueError) as error:
        _refuse(shown, f"cannot be read ({_reason(error)})", "make it readable, or remove it")
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            _refuse(shown, "is not a regular file")
        content = _read(fd, most)
    except OSError as error:
        _refuse(shown, f"cannot be read ({_reason(error)})", "make it readable, or remove it")
    finally:
        os.close(fd)
    if len(content) > most:
        _refuse(shown, f"is larger than {most // 1024} KiB")
    return RawFile(path, shown, content, status)


def parse(raw: RawFile) -> dict[str, Any]:
    """
    The JSON object in *raw*.

    Raises ConfigInvalid when it is empty, not UTF-8, not JSON, not an object, or names a key twice: readers
    disagree on which of the two counts.
    """
    if not raw.content.strip():
        _refuse(raw.shown, "is empty")
    try:
        text = raw.content.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(raw.shown, "is not UTF-8 text")
    try:
        data = json.loads(text, object_pairs_hook=_without_duplicates)
    except _Duplicate as twice:
        _refuse(raw.shown, f"names {str(twice)[:80]!r} twice")
    except (ValueError, RecursionError):
        # The parser's own words quote the text, and the text may be a key.
        _refuse(raw.shown, "is not valid JSON")
    if not isinstance(data, dict):
        _refuse(raw.shown, "is not a JSON object")
    return data


def find_json(path: str, shown: str) -> dict[str, Any] | None:
    """`find_file` and `parse` in one; None when there is no file. Raises ConfigInvalid."""
    raw = find_file(path, shown)
    return None if raw is None else parse(raw)


def write_json(path: str, data: Mapping[str, Any], shown: str) -> bytes:
    """Replace the file at *path* by *data* and return the bytes written. Raises ConfigInvalid: see `write_bytes`."""
    content = (json.dumps(data, indent=2) + "\n").encode("ascii")
    write_bytes(path, content, shown)
    return content


def write_bytes(path: str, content: bytes, shown: str) -> None:
    """
    Replace the file at *path* by *content*, mode 0600.

    The directory is made if need be (0700, which a `.ravi` that is ours is also set to). A symbolic link at
    *path* is replaced, not followed. Raises ConfigInvalid when it cannot be done; the old file is then whole.
    """
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.urandom(6).hex()}.tmp"
    try:
        make_private(folder)
        try:
            _write(temporary, content, folder)
            os.replace(temporary, path)
        except BaseException:
            _remove(temporary)
            raise
        _sync(folder)
    except (OSError, ValueError) as error:
        raise ConfigInvalid(
            f"cannot write {shown}: {_reason(error)}", hint=f"make sure that {folder} is a directory you can write to"
        ) from error


def tighten(raw: RawFile) -> None:
    """Take a file that holds a secret away from group and others, if it is ours. Best effort, silent."""
    if not raw.mode & 0o077 or raw.owner != os.geteuid():
        return
    try:
        fd = os.open(raw.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(fd)
            if (status.st_dev, status.st_ino) == raw.inode:
                os.fchmod(fd, raw.mode & 0o700)
        finally:
            os.close(fd)
    except OSError:
        return  # a read-only mount, say: the next write sets the mode, reading is no reason to fail


def make_private(folder: str) -> None:
    """Make *folder* with mode 0700, and set a `.ravi` of ours to that. Raises OSError."""
    parent = os.path.dirname(folder)
    os.makedirs(parent, exist_ok=True)
    try:
        os.mkdir(folder, 0o700)
        os.chmod(folder, 0o700)  # the umask may have taken more away than we can live with
        if os.geteuid() == 0:
            owner = os.stat(parent)
            os.chown(folder, owner.st_uid, owner.st_gid)
    except FileExistsError:
        status = os.stat(folder)
        # Only a folder that is ours by name: RAVI_CONFIG_DIR may point anywhere, say at a shared workspace.
        loose = stat.S_IMODE(status.st_mode) & 0o077
        if loose and os.path.basename(folder) == ".ravi" and status.st_uid == os.geteuid():
            os.chmod(folder, 0o700)


def give_to_owner(fd: int, folder: str) -> None:
    """As root, give a new file to the owner of its *folder*: `sudo ravi` must not lock users out of their files."""
    if os.geteuid() == 0:
        owner = os.stat(folder)
        os.fchown(fd, owner.st_uid, owner.st_gid)


def _write(path: str, content: bytes, folder: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, 0o600)
    try:
        os.fchmod(fd, 0o600)  # the umask may have taken more away than we can live with
        give_to_owner(fd, folder)
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def _read(fd: int, most: int) -> bytes:
    content = b""
    while len(content) <= most and (chunk := os.read(fd, min(most, MAX_BYTES) + 1)):
        content += chunk
    return content


def _sync(folder: str) -> None:
    """Make the rename itself durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


class _Duplicate(Exception):
    """A key that occurs twice in one object."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Duplicate(next(name for name in names if names.count(name) > 1))
    return found


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]


def _refuse(shown: str, problem: str, hint: str = "write the file anew, or remove it") -> NoReturn:
    raise ConfigInvalid(f"{shown} {problem}", hint=hint)
