"""
Files that hold a credential or choose one: read only where nobody else could have written them.

A file that others can merely read is closed when its secret is used (`files.tighten`). One that others can write, or
replace because its directory is theirs to write in, may say anything by now, so closing it would be too late.
"""

from __future__ import annotations

import os
import stat

from ravi.errors import ConfigInvalid
from ravi.settings.files import MAX_BYTES, find_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.files import RawFile

_GROUP_WRITES, _ALL_WRITE = stat.S_IWGRP, stat.S_IWOTH


def find_own(path: str, shown: str, most: int = MAX_BYTES) -> RawFile | None:
    """
    Read the file at *path*, which lies in `~/.ravi` or RAVI_CONFIG_DIR; None when there is none.

    Raises ConfigInvalid as `find_file` does, and when other users could have written or replaced it.
    """
    raw = find_file(path, shown, most)
    if raw is None:
        return None
    if can_be_written_by_others(raw.mode, raw.group, raw.owner):
        raise ConfigInvalid(
            f"{shown} can be written by other users", hint=f"see that it holds what you wrote, then: chmod go-w {path}"
        )
    folders = [os.path.dirname(path)]
    if os.path.islink(path):
        folders.append(os.path.dirname(os.path.realpath(path)))
    for folder in folders:
        _check_folder(folder, raw)
    return raw


def can_be_written_by_others(mode: int, group: int, owner: int) -> bool:
    """Whether *mode* lets anybody but *owner* and root write; a group that is the owner's alone does not count."""
    return bool(mode & _ALL_WRITE) or (bool(mode & _GROUP_WRITES) and not _is_private(group, owner))


def _check_folder(folder: str, raw: RawFile) -> None:
    status = os.stat(folder)
    if not can_be_written_by_others(stat.S_IMODE(status.st_mode), status.st_gid, status.st_uid):
        return
    if not status.st_mode & stat.S_ISVTX:
        raise ConfigInvalid(
            f"{raw.shown} lies in a directory that other users can write to",
            hint=f"see that it holds what you wrote, then: chmod go-w {folder}",
        )
    # As in /tmp: others cannot replace a file there, and can put one where there was none.
    if raw.owner not in (0, os.geteuid()):
        raise ConfigInvalid(
            f"{raw.shown} belongs to another user, in a directory that everybody can write to",
            hint="remove it, and keep your files in a directory of your own (mode 0700)",
        )


def _is_private(group: int, owner: int) -> bool:
    """
    Whether *group* is the owner's private one: of the same name, with nobody else in it.

    Many systems give every user such a group and a umask of 002, so `echo … > .ravi/config.json` makes a
    file that the group may write, and only its owner is in the group.
    """
    import grp
    import pwd

    try:
        user, entry = pwd.getpwuid(owner).pw_name, grp.getgrgid(group)
    except KeyError:
        return False
    return entry.gr_name == user and set(entry.gr_mem) <= {user}
