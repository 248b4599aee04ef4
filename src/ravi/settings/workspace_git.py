"""
What a workspace has to do with git: `.git/info/exclude`, and whether a file is tracked.

Read and written by hand, without running `git`: a repository that was unpacked and not cloned brings its own
configuration, and that can name programs to run. Where there is no repository there is nothing to do.
"""

from __future__ import annotations

import os

from ravi.settings.files import MAX_BYTES

_MOST_INDEX_BYTES = 256 * 1024 * 1024


class Repository:
    """`top` is the working tree of a directory, `git_dir` belongs to that tree, `common_dir` what all share."""

    __slots__ = ("common_dir", "git_dir", "top")

    def __init__(self, top: str, git_dir: str, common_dir: str) -> None:
        self.top = top
        self.git_dir = git_dir
        self.common_dir = common_dir


def find_repository(folder: str) -> Repository | None:
    """
    The repository whose working tree *folder* (a real path) lies in; None when there is none.

    None also where `.git` leads to a place that knows nothing of this tree, or is not ours: whoever made the
    directory may have written it, and what we write must not end up there.
    """
    top = folder
    while not os.path.lexists(os.path.join(top, ".git")):
        parent = os.path.dirname(top)
        if parent == top:
            return None
        top = parent
    dot_git = os.path.join(top, ".git")
    if os.path.islink(dot_git):
        return None
    if os.path.isdir(dot_git):
        found = Repository(top, dot_git, dot_git)
    else:  # gitrepository-layout(5)
        git_dir = _line(dot_git).removeprefix("gitdir: ")
        found_there = _linked(top, os.path.realpath(os.path.join(top, git_dir))) if git_dir else None
        if found_there is None:
            return None
        found = found_there
    is_one = all(os.path.exists(os.path.join(found.common_dir, name)) for name in ("HEAD", "objects", "refs"))
    return found if is_one and os.geteuid() in (0, os.stat(found.common_dir).st_uid) else None


def _linked(top: str, git_dir: str) -> Repository | None:
    """The repository of *top* as a linked worktree or a submodule, if *git_dir* or what is around *top* says so too."""
    back = _line(os.path.join(git_dir, "gitdir"))
    if back:
        common_dir = os.path.dirname(os.path.dirname(git_dir))
        shared = os.path.realpath(os.path.join(git_dir, _line(os.path.join(git_dir, "commondir"))))
        is_back = os.path.realpath(os.path.join(git_dir, back)) == os.path.join(top, ".git")
        return Repository(top, git_dir, common_dir) if is_back and shared == common_dir else None
    around = find_repository(os.path.dirname(top))
    if around is None:
        return None
    inside = any(git_dir.startswith(each + "/modules/") for each in (around.git_dir, around.common_dir))
    return Repository(top, git_dir, git_dir) if inside else None


def exclude(repository: Repository, patterns: list[str]) -> bool:
    """
    Have git overlook *patterns* in every worktree of *repository*, by its `info/exclude`. Nothing tracked changes.

    False when that cannot be written, as in a sandbox where `.git` is read-only.
    """
    folder = os.path.join(repository.common_dir, "info")
    path = os.path.join(folder, "exclude")
    if not _missing(_content(path), patterns):
        return True
    import fcntl

    try:
        os.makedirs(folder, exist_ok=True)
        if os.path.realpath(folder) != folder:
            return False
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            # Fifty that start at once would write it fifty times. Nobody holds it longer than this takes.
            fcntl.flock(fd, fcntl.LOCK_EX)
            content = _content(path)
            lines = "".join(pattern + "\n" for pattern in _missing(content, patterns))
            if content and not content.endswith(b"\n"):
                lines = "\n" + lines
            os.write(fd, lines.encode("utf-8", "surrogateescape"))
        finally:
            os.close(fd)
    except OSError:
        return False
    return True


def pattern(repository: Repository, path: str) -> str:
    """The line of an exclude file that means the file at *path* (a real path inside) and no other."""
    relative = os.path.relpath(path, repository.top)
    for char in "\\*?[":
        relative = relative.replace(char, "\\" + char)
    return "/" + (relative[:-1] + "\\ " if relative.endswith(" ") else relative)


def is_tracked(repository: Repository, path: str) -> bool:
    """
    Whether the file at *path* is in the index of *repository*, so that what is written to it would be committed.

    An index that is not understood tracks nothing.
    """
    wanted = os.fsencode(os.path.relpath(path, repository.top))
    try:
        with open(os.path.join(repository.git_dir, "index"), "rb") as file:
            index = file.read(_MOST_INDEX_BYTES)
    except OSError:
        return False
    if index[:4] != b"DIRC" or len(index) < 12:
        return False
    version = int.from_bytes(index[4:8], "big")
    if version in (2, 3):
        # Names stand there whole, between the flags and a NUL; one that ends like ours is a directory further down.
        return _stands_whole(index, wanted)
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


def _missing(content: bytes, patterns: list[str]) -> list[str]:
    present = {line.strip() for line in content.decode("utf-8", "surrogateescape").splitlines()}
    return [each for each in patterns if each not in present]


def _content(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            return file.read(16 * MAX_BYTES)
    except OSError:
        return b""


def _line(path: str) -> str:
    """The one line in a small file; empty when there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            return os.fsdecode(file.read(8192)).strip("\n")
    except OSError:
        return ""
