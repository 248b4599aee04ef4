"""The machine that orchestrators run on: an owner's home full of traps, a project, and an agent that says who it is."""

import contextlib
import json
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cli import PROGRAM, Cli

#: A login shell of many systems resets PATH, so a `ravi` in a virtual environment is not found there.
PROFILE = 'PATH="$HOME/bin:/usr/local/bin:/usr/bin:/bin"; export PATH\n'

#: What every agent does here: it asks who it is, and writes down the answer under the name of its directory.
AGENT = """\
#!{python}
import json, os, subprocess, sys
def ravi(*words):
    return subprocess.run([{ravi!r}, *words, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
asked = ravi("get", "email")
report = {{
    "email": json.loads(asked.stdout)["email"] if asked.returncode == 0 else None,
    "code": asked.returncode,
    "error": asked.stderr,
    "words": sys.argv[1:],
    "directory": os.getcwd(),
    "config_dir": os.environ.get("RAVI_CONFIG_DIR"),
    "owners": [name for name in ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN", "RAVI_PIN") if name in os.environ],
}}
path = os.path.join({reports!r}, os.path.basename(os.getcwd()) + ".json")
with open(path + ".new", "w") as file:
    json.dump(report, file)
os.replace(path + ".new", path)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent found out: its address, or with which code and words it was refused."""

    email: str | None
    code: int
    error: str
    words: list[str]
    directory: str
    config_dir: str | None
    owners: list[str]


class Ground:
    """
    *owner* is signed in. The home selects an identity, `own_email`, that no agent may act as.

    `project` is a checkout with one commit; tools make their worktrees in `worktrees`.
    """

    def __init__(self, owner: Cli, folder: Path) -> None:
        # Two `git worktree` at once read each other's unfinished files; tools do one after the other.
        self._one_worktree_at_a_time = threading.Lock()
        self.shell = "/bin/bash"
        """What $SHELL is."""
        self.owner = owner
        self.home = owner.home
        self.project = folder / "the project"
        self.worktrees = folder / "work trees"
        self.reports = folder / "reports"
        for each in (self.project, self.worktrees, self.reports, self.home / "bin"):
            each.mkdir()
        (self.worktrees / "somebody-else's").write_text("so that the folder is never empty\n")
        self.own_email: str = owner.json("identity", "create", "--name", "the-owners-own")["inbox"]
        owner.json("identity", "use", "the-owners-own")
        for name in (".profile", ".bash_profile", ".zprofile"):
            (self.home / name).write_text(PROFILE)
        agent = self.home / "bin" / "claude"
        agent.write_text(AGENT.format(python=sys.executable, ravi=str(PROGRAM), reports=str(self.reports)))
        agent.chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        (self.project / "README").write_text("A project.\n")
        self.commit()

    @property
    def environment(self) -> dict[str, str]:
        """What an orchestrator inherits: no virtual environment, nothing of ours."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self.home}/bin:/usr/local/bin:/usr/bin:/bin",
            "SHELL": self.shell,
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        }

    def git(self, *words: str | Path, cwd: Path | None = None, ok: bool = True) -> str:
        """Run git as the orchestrator does; with *ok* it must succeed. Return what it prints."""
        with self._one_worktree_at_a_time if "worktree" in words else contextlib.nullcontext():
            done = subprocess.run(
                ["git", *words],
                cwd=cwd or self.project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        assert not ok or done.returncode == 0, f"git {words}: {done.stderr}"
        return done.stdout

    def commit(self) -> None:
        """Commit whatever there is in the project, as its people would."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "everything")

    def integrate(self, *words: str) -> Any:
        """`ravi integrate WORDS` at the top of the project; the files are committed."""
        document = self.owner.at(self.project).json("integrate", *words)
        self.commit()
        return document

    def report(self, path: Path) -> Report:
        """What the agent in *path* has said. It must have said something."""
        return Report(**json.loads((self.reports / f"{path.name}.json").read_text()))

    def has_reported(self, path: Path) -> bool:
        return (self.reports / f"{path.name}.json").exists()

    def forget(self, path: Path) -> None:
        """Clear away what was said in *path*."""
        (self.reports / f"{path.name}.json").unlink(missing_ok=True)

    def made_by(self, tool: str) -> list[dict[str, Any]]:
        """The identities that are there by the hooks of *tool*."""
        found: list[dict[str, Any]] = self.owner.json("identity", "list", "--label", f"tool={tool}")
        return found


def script(text: str) -> str:
    """A shell script from an indented text."""
    return textwrap.dedent(text).lstrip()
