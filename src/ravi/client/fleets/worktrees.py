"""The directories of a fleet: those that are made for it, worktrees of git among them, and their removal."""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid, UsageError

#: Our own hook (`ravi integrate git`) would give each worktree its identity before the fleet does, one by one.
#: And no program that a repository names is to be started only because a fleet ends.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


class Directory:
    """One directory of a fleet. `made` and `branch_made` say what this process has made, and would take back."""

    __slots__ = ("branch", "branch_made", "made", "path", "repository")

    def __init__(self, path: str, *, repository: str | None = None, branch: str | None = None) -> None:
        self.path = path
        self.repository = repository
        self.branch = branch
        self.made = False
        self.branch_made = False

    def make(self) -> None:
        """See to it that it is there. Raises ConfigInvalid."""
        if self.repository is None or self.branch is None:
            try:
                self.made = not os.path.lexists(self.path)  # before: Ctrl-C may come in between
                os.mkdir(self.path)
            except FileExistsError:
                self.made = False
                if not os.path.isdir(self.path):
                    raise ConfigInvalid(f"{self.path} is there, and is no directory") from None
            except OSError as error:
                raise ConfigInvalid(f"cannot make {self.path}: {(error.strerror or 'failed').lower()}") from error
            return
        if os.path.lexists(self.path):
            self._check()
            return
        known = git(self.repository, "show-ref", "--verify", "--quiet", f"refs/heads/{self.branch}") is not None
        new = [self.branch] if known else ["-b", self.branch]
        target = [self.path, *new] if known else [*new, self.path]
        self.made, self.branch_made = True, not known
        demand(self.repository, "worktree", "add", "--quiet", *target)

    def _check(self) -> None:
        """See that what is there is our worktree on its branch: then it is kept."""
        on = git(self.path, "symbolic-ref", "--short", "HEAD")
        common = git(self.path, "rev-parse", "--git-common-dir")
        ours = git(self.repository or "", "rev-parse", "--git-common-dir")
        same = common is not None and ours is not None
        if not same or on != self.branch or _real(self.path, common) != _real(self.repository or "", ours):
            raise ConfigInvalid(
                f"{self.path} is there, and is no worktree of the branch {self.branch}",
                hint="remove it, or choose another prefix",
            )

    def take_back(self) -> None:
        """Remove what `make` has made, with whatever came into it since: nobody was told of it. Never raises."""
        if not self.made:
            return
        if self.repository is None:
            _remove_empty(self.path)
            return
        git(self.repository, "worktree", "remove", "--force", "--force", self.path)
        if self.branch_made and self.branch is not None:
            git(self.repository, "branch", "-D", "--", self.branch)


def numbered(count: int, prefix: str, cwd: str) -> list[Directory]:
    """`./<prefix>-0` and so on, in the directory *cwd*."""
    return [Directory(os.path.join(cwd, f"{prefix}-{number}")) for number in range(count)]


def worktrees(count: int, branch_prefix: str, cwd: str) -> list[Directory]:
    """
    Worktrees of the repository that *cwd* lies in, beside it, with a branch `<branch_prefix>-<number>` each.

    Raises UsageError when there is no repository, or git refuses the name of the branches.
    """
    top = git(cwd, "rev-parse", "--show-toplevel")
    if top is None:
        raise UsageError("there is no git repository here", hint="start in the repository that the agents work on")
    if git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
        raise UsageError("this repository has no commit yet", hint="a worktree begins with one: git commit")
    if git(top, "check-ref-format", "--branch", f"{branch_prefix}-0") is None:
        raise UsageError(f"{branch_prefix!r} cannot begin the name of a branch")
    stem = os.path.join(os.path.dirname(top), f"{os.path.basename(top)}-{branch_prefix.replace('/', '-')}")
    return [
        Directory(f"{stem}-{number}", repository=top, branch=f"{branch_prefix}-{number}") for number in range(count)
    ]


def remove_worktree(path: str) -> str | None:
    """
    Remove the worktree at *path* and its branch, if that loses nothing; None when it is gone, else why it stays.

    The branch goes only if it has no commit of its own.
    """
    branch = git(path, "symbolic-ref", "--short", "HEAD")
    common = git(path, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if common is None:
        return f"{path} is no worktree any more"
    changes = git(path, "status", "--porcelain", "--ignored=no")
    if changes is None or changes:
        return (
            f"{path} has changes that are nowhere else; when you need them no more: git worktree remove --force {path}"
        )
    if git(common, "worktree", "remove", path) is None:
        return f"git does not remove the worktree {path}"
    if branch is not None and git(common, "branch", "-d", "--", branch) is None:
        return f"the branch {branch} stays: it has commits of its own"
    return None


def remove_directory(path: str) -> str | None:
    """Remove the directory at *path* if nothing is in it; None when it is gone, else why it stays."""
    return None if _remove_empty(path) else f"{path} is not empty"


def git(folder: str, *arguments: str) -> str | None:
    """What git says in *folder*; None when it fails. Raises ConfigInvalid when there is no git."""
    return _run(folder, arguments)[0]


def demand(folder: str, *arguments: str) -> None:
    """Have git do something in *folder*. Raises ConfigInvalid with what it says when it fails."""
    answer, complaint = _run(folder, arguments)
    if answer is None:
        lines = [line for line in complaint.splitlines() if line.strip()]
        raise ConfigInvalid(f"git {arguments[0]} failed: {lines[-1].strip() if lines else 'it does not say why'}")


def _run(folder: str, arguments: tuple[str, ...]) -> tuple[str | None, str]:
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in _GIT_PLACES}
    try:
        done = subprocess.run(
            ["git", *_QUIET, "-C", folder, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
    except OSError as error:
        raise ConfigInvalid(f"git cannot be started: {(error.strerror or 'failed').lower()}") from error
    return (done.stdout.rstrip("\n") if done.returncode == 0 else None), done.stderr


#: Set within a hook of git, these would lead it to another repository than that of the directory.
_GIT_PLACES = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"))


def _remove_empty(path: str) -> bool:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _real(folder: str, relative: str | None) -> str:
    return os.path.realpath(os.path.join(folder, relative or ""))
