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
    Whether the file at *path* is in the index of the git repository that it lies in, so that it would be committed.

    False also where that cannot be told: an index that cannot be read, or is not understood, tracks nothing.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    index = _read(os.path.join(_directory(folder), "index"), _LARGEST_INDEX)
    if index[:4] != b"DIRC" or len(index) < 12:
        return False
    wanted = os.fsencode(os.path.relpath(real, folder))
    version = int.from_bytes(index[4:8], "big")
    if version in (2, 3):
        # Names stand there whole, between the flags and a NUL; one that ends like ours is a directory further down.
        return wanted in index and _stands_whole(index, wanted)
    return version == 4 and _stands_compressed(index, wanted)


def _stands_whole(index: bytes, wanted: bytes) -> bool:
    """gitformat-index(5): 62 bytes (64 if extended), the name, then 1 to 8 NULs up to a multiple of eight."""
    at = 12
    for _ in range(int.from_bytes(index[8:12], "big")):
        start = at + (64 if index[at + 60] & 0x40 else 62) if at + 61 < len(index) else len(index)
        end = index.find(b"\0", start)
        if end < 0:
            return False
        if index[start:end] == wanted:
            return True
        at += (end - at) // 8 * 8 + 8
    return False


def _stands_compressed(index: bytes, wanted: bytes) -> bool:
    """Version 4: a number says how much of the former name goes, then comes what is new, and a NUL; no padding."""
    at, name = 12, b""
    for _ in range(int.from_bytes(index[8:12], "big")):
        if at + 62 >= len(index):
            return False
        at += 64 if index[at + 60] & 0x40 else 62
        byte = index[at]
        at += 1
        cut = byte & 0x7F
        while byte & 0x80 and at < len(index):
            byte = index[at]
            at += 1
            cut = (cut + 1 << 7) | (byte & 0x7F)
        end = index.find(b"\0", at)
        if end < 0 or cut > len(name):
            return False
        name = name[: len(name) - cut] + index[at:end]
        if name == wanted:
            return True
        at = end + 1
    return False


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
