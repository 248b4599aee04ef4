"""
Whether git tracks a file, read from the index alone.

git itself is not asked: a repository's own configuration can make it run programs, and this is asked about
repositories that nobody trusts yet.
"""

from __future__ import annotations

import os
import stat

#: In bytes; an index of a million files is smaller. What is larger is not read.
_LARGEST_INDEX = 256 * 1024 * 1024
_LARGEST_POINTER = 4096


def is_tracked(path: str) -> bool:
    """
    Whether the file at *path* is in the index of the git repository that it lies in.

    False also where that cannot be told: in an index of version 4, which shortens names, or one that cannot be read.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    content = _read(os.path.join(_directory(folder), "index"), _LARGEST_INDEX)
    # Before a name stands its length, in the last of two bytes of flags, and behind it NUL (gitformat-index).
    name = os.fsencode(os.path.relpath(real, folder))
    length = min(len(name), 0xFFF).to_bytes(2, "big")[1:]
    return length + name + b"\0" in content


def _directory(folder: str) -> str:
    """Where the index of the work tree *folder* lies: its `.git`, or where that file points to."""
    place = os.path.join(folder, ".git")
    if os.path.isdir(place):
        return place
    pointer = _read(place, _LARGEST_POINTER).decode("utf-8", "surrogateescape")
    return os.path.join(folder, pointer.removeprefix("gitdir:").strip())


def _read(path: str, most: int) -> bytes:
    """At most *most* bytes of a regular file; nothing of what is none, or larger, or cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    with open(fd, "rb") as file:
        try:
            status = os.fstat(fd)
            return file.read(most) if stat.S_ISREG(status.st_mode) and status.st_size <= most else b""
        except OSError:
            return b""
