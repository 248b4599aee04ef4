"""Which project files this user approved: path and content, in `~/.ravi/trust.json`."""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid
from ravi.settings.files import find_file, parse, write_json
from ravi.settings.locking import locked
from ravi.settings.own_files import find_own
from ravi.settings.place import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

#: An entry for each workspace of a fleet, or of many.
_MOST_BYTES = 16 * 1024 * 1024


def approve(path: str, *, ravi_dir: str | None = None) -> str:
    """
    Approve the file at *path* as it is now, and return its real path.

    Any change of the file ends the approval. Raises ConfigInvalid when there is no such file, or the list of
    approvals cannot be read or written.
    """
    folder = ravi_dir or Place().ravi_dir
    real = os.path.realpath(path)
    raw = find_file(real, path)
    if raw is None:
        raise ConfigInvalid(f"{path} does not exist", hint="name the file to approve: ravi trust PATH")
    approve_content(real, raw.content, ravi_dir=folder)
    return real


def approve_content(path: str, content: bytes, *, ravi_dir: str) -> None:
    """Approve *content* at *path*, which the user has seen or we have written. Raises ConfigInvalid."""
    approve_contents([(path, content)], ravi_dir=ravi_dir)


def approve_contents(files: Iterable[tuple[str, bytes]], *, ravi_dir: str) -> None:
    """Approve each content at its path, in one go. Raises ConfigInvalid."""
    store, shown = _store(ravi_dir)
    with locked(store, shown):
        approved = _read(ravi_dir)
        approved.update((os.path.realpath(path), _digest(content)) for path, content in files)
        write_json(store, {"files": approved}, shown)


def is_approved(path: str, content: bytes, *, ravi_dir: str | None = None) -> bool:
    """
    Whether exactly *content* at *path* was approved.

    Raises ConfigInvalid when the list of approvals is there and unreadable.
    """
    approved = _read(ravi_dir or Place().ravi_dir)
    return bool(approved) and approved.get(os.path.realpath(path)) == _digest(content)


def list_approved(*, ravi_dir: str | None = None) -> list[str]:
    """The real paths of the approved files, sorted. Raises ConfigInvalid."""
    return sorted(_read(ravi_dir or Place().ravi_dir))


def withdraw(path: str, *, ravi_dir: str | None = None) -> bool:
    """Forget the approval of *path*. False when there was none. Raises ConfigInvalid."""
    folder = ravi_dir or Place().ravi_dir
    store, shown = _store(folder)
    with locked(store, shown):
        approved = _read(folder)
        if approved.pop(os.path.realpath(path), None) is None:
            return False
        write_json(store, {"files": approved}, shown)
    return True


def _read(ravi_dir: str) -> dict[str, Any]:
    store, shown = _store(ravi_dir)
    raw = find_own(store, shown, _MOST_BYTES)
    if raw is None:
        return {}
    data = parse(raw)
    files = data.get("files")
    if not isinstance(files, dict):
        raise ConfigInvalid(f"{shown} has no list of files", hint="remove it and approve your files again")
    return files


def _store(ravi_dir: str) -> tuple[str, str]:
    path = os.path.join(ravi_dir, "trust.json")
    return path, path


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()
