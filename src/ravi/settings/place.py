"""Where a process stands: its environment, its home, its working directory."""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = ".ravi"


class Place:
    """
    *environ* and *cwd* default to the process's own.

    `home` is absolute, `ravi_dir` is `~/.ravi`, `explicit_dir` is RAVI_CONFIG_DIR made absolute, or None.
    `cwd` is the physical working directory, or None when it has been deleted under us, as happens to an
    agent whose worktree was removed. Raises ConfigInvalid when there is no home.
    """

    __slots__ = ("cwd", "environ", "explicit_dir", "home", "ravi_dir")

    def __init__(self, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        self.home = os.path.abspath(self.var("HOME") or _home_of_user())
        self.ravi_dir = os.path.join(self.home, FOLDER)
        self.cwd = _physical(cwd)
        self.explicit_dir = self._explicit_dir()

    def var(self, name: str) -> str | None:
        """The variable *name*; None when it is unset or empty."""
        return self.environ.get(name) or None

    def shown(self, path: str) -> str:
        """*path* as people know it: `./.ravi/config.json`, `~/.ravi/auth.json`, else absolute."""
        here = os.path.join(self.cwd or "", FOLDER) + "/"
        if path.startswith(here) and self.cwd != os.path.realpath(self.home):
            return f"./{FOLDER}/" + path[len(here) :]
        if path.startswith(self.ravi_dir + "/"):
            return "~/" + path[len(self.home) :].lstrip("/")
        return path

    def _explicit_dir(self) -> str | None:
        folder = self.var("RAVI_CONFIG_DIR")
        if folder is None or os.path.isabs(folder):
            return os.path.normpath(folder) if folder else None
        if self.cwd is None:
            raise ConfigInvalid(
                f"RAVI_CONFIG_DIR is the relative path {folder} and the working directory no longer exists",
                hint="set RAVI_CONFIG_DIR to an absolute path",
            )
        return os.path.normpath(os.path.join(self.cwd, folder))


def _physical(cwd: str | None) -> str | None:
    try:
        return os.path.realpath(os.getcwd() if cwd is None else cwd)
    except FileNotFoundError:
        return None


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        raise ConfigInvalid(
            "HOME is not set and this user has no entry in the password database",
            hint="set HOME to a directory that is yours",
        ) from None
