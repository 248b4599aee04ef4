"""
What a workspace has to do with git: its repository, and `.git/info/exclude`.

Read and written by hand, without running `git`: a repository that was unpacked and not cloned brings its own
configuration, and that can name programs to run. Where there is no repository there is nothing to do.
"""

from __future__ import annotations

import os

from ravi.settings.files import MAX_BYTES


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
