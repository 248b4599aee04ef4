"""Where a tool's files lie, and reading and writing them: whole or not at all, and never outside their place."""

from __future__ import annotations

import os
import stat

from ravi.errors import ConfigInvalid, RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.integrate.parts import Target

#: Far above any file of settings.
MAX_BYTES = 1024 * 1024


class Location:
    """A file of a tool: `path` is where it really lies, `shown` its name for people, `roots` what it must lie in."""

    __slots__ = ("path", "shown")

    def __init__(self, path: str, shown: str) -> None:
        self.path = path
        self.shown = shown


class Project:
    """The project around *folder*: from the top of its git checkout, or *folder* itself where there is none."""

    def __init__(self, folder: str, home: str) -> None:
        if not os.path.isdir(folder):
            raise UsageError(f"{folder} is not a directory")
        self.top = _top(os.path.realpath(folder))
        self.home = os.path.realpath(home)

    def locate(self, target: Target) -> Location:
        """
        Where *target* lies, or will. Raises ConfigInvalid when that is outside the project, or the home if it belongs
        there: a link in a cloned repository could have us write anywhere.
        """
        places = [self._place(path) for path in target.paths]
        root, path, shown = next((place for place in places if os.path.lexists(place[1])), places[0])
        real = os.path.realpath(path)
        if os.path.commonpath((root, real)) != root:
            raise ConfigInvalid(f"{shown} lies outside {root}", hint="replace the symbolic link by what it points to")
        if os.path.islink(path) and not os.path.exists(path):
            raise ConfigInvalid(f"{shown} is a symbolic link to nothing", hint="remove it")
        return Location(real, shown)

    def _place(self, path: str) -> tuple[str, str, str]:
        if path.startswith("~/"):
            return self.home, os.path.join(self.home, path[2:]), path
        if path.startswith("git:"):
            folder, hooks = self._git(path[4:])
            return folder, hooks, os.path.relpath(hooks, self.top) if hooks.startswith(self.top + "/") else hooks
        return self.top, os.path.join(self.top, path), path

    def _git(self, path: str) -> tuple[str, str]:
        """Git's own folder and the file at *path* in it, or the project and the file where core.hooksPath says."""
        import subprocess

        done = subprocess.run(
            ["git", "-C", self.top, "rev-parse", "--git-common-dir", "--git-path", path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        if done.returncode != 0 or len(lines) != 2:
            raise ConfigInvalid(f"{self.top} is not in a git repository", hint="git init, or name another with --dir")
        common, file = (os.path.join(self.top, line) for line in lines)
        common = os.path.realpath(common)
        file = os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file))
        return (common if os.path.commonpath((common, file)) == common else self.top), file


def read(location: Location) -> str | None:
    """The text of the file; None when there is none. Raises ConfigInvalid when it is no readable text."""
    try:
        if not stat.S_ISREG(os.stat(location.path).st_mode):
            raise ConfigInvalid(f"{location.shown} is not a regular file")
        with open(location.path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigInvalid(f"cannot read {location.shown}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ConfigInvalid(f"{location.shown} is larger than {MAX_BYTES // 1024} KiB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigInvalid(f"{location.shown} is not UTF-8 text") from None


def is_executable(location: Location) -> bool:
    """Whether its owner may execute it."""
    return bool(os.stat(location.path).st_mode & stat.S_IXUSR)


def write(location: Location, text: str, *, executable: bool) -> None:
    """
    Replace the file by *text*. Its mode stays; with *executable*, whoever may read it may also execute it.

    Raises ConfigInvalid when it cannot be done; the old file is then whole.
    """
    folder = os.path.dirname(location.path)
    temporary = f"{location.path}.{os.urandom(6).hex()}.tmp"
    try:
        os.makedirs(folder, exist_ok=True)
        mode = stat.S_IMODE(os.stat(location.path).st_mode) if os.path.exists(location.path) else None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(temporary, flags, 0o666 if mode is None else 0o600)
        try:
            # newline="": ends of lines are as they were.
            with open(fd, "w", encoding="utf-8", newline="") as file:
                mode = stat.S_IMODE(os.fstat(fd).st_mode) if mode is None else mode
                os.fchmod(fd, mode | ((mode & 0o444) >> 2) if executable else mode)
                file.write(text)
                file.flush()
                os.fsync(fd)
            os.replace(temporary, location.path)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigInvalid(f"cannot write {location.shown}: {error.strerror}") from error


def remove(location: Location, project: Project) -> None:
    """Remove the file, and the folders in the project that are empty without it. Raises ConfigInvalid."""
    try:
        os.unlink(location.path)
        folder = os.path.dirname(location.path)
        inside = project.top + os.sep
        while folder.startswith(inside) and not folder.startswith(inside + ".git" + os.sep) and not os.listdir(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
    except OSError as error:
        raise ConfigInvalid(f"cannot remove {location.shown}: {error.strerror}") from error


def running_program(argv: list[str], executable: str) -> str:
    """
    The absolute path of the `ravi` that runs, as it was called: a link in /usr/local/bin outlives what it points to.

    Raises RaviError when it was started in another way and none lies beside the interpreter.
    """
    import shutil

    called = argv[0] if argv else ""
    for candidate in (called, os.path.join(os.path.dirname(executable), "ravi"), shutil.which("ravi") or ""):
        if os.path.basename(candidate) == "ravi" and os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            path = os.path.abspath(candidate)
            if "\n" in path:
                raise RaviError("the path of ravi has a line's end in it, which no hook can hold")
            return path
    raise RaviError("cannot tell where ravi is installed", hint="start it as ravi, not as a module of Python")


def _top(folder: str) -> str:
    place = folder
    while not os.path.exists(os.path.join(place, ".git")):
        parent = os.path.dirname(place)
        if parent == place:
            return folder
        place = parent
    return place
