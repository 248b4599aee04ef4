"""The real lalph, in a project of an owner, with a stand-in for GitHub's program and no issues to fetch."""

import json
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.npm import Npm
from tests.support.orchestrators.ground import Ground

VERSION = "0.3.139"
#: For one run, in seconds; it takes one on a quiet machine.
PATIENCE = 120.0

_GH = """\
#!/bin/sh
case "$*" in *nameWithOwner*) echo owner/project ;; esac
"""
#: Takes its tasks from a file, and so asks no tracker.
_PROJECT = {
    "id": "project",
    "enabled": True,
    "targetBranch": {"_tag": "None"},
    "concurrency": 1,
    "gitFlow": "ralph",
    "ralphSpec": "README",
    "researchAgent": False,
    "reviewAgent": False,
}


def install(npm: Npm) -> Path:
    """The program. Raises what npm's failure is."""
    return npm.install("lalph", f"lalph@{VERSION}") / "node_modules" / "lalph" / "dist" / "cli.mjs"


@dataclass(frozen=True, slots=True)
class Lalph:
    """`lalph` as the owner of *ground* starts it. Its agent is the one of *ground*, which says who it is."""

    npm: Npm
    program: Path
    ground: Ground
    folder: str = "tmp"
    """What the temporary directory in the home is called. With a blank in it, lalph cannot run scripts."""

    def configure(self, prefix: str = "") -> None:
        """A project, and a preset with *prefix* as its commandPrefix, as `lalph projects` and `lalph agents` do."""
        self.scratch.mkdir()
        (self.scratch / "somebody-else's").write_text("so that the folder is never empty\n")
        gh = self.ground.home / "bin" / "gh"
        gh.write_text(_GH)
        gh.chmod(0o755)
        preset = {
            "id": "default",
            "cliAgent": "claude",
            "commandPrefix": shlex.split(prefix),
            "extraArgs": [],
            "sourceMetadata": {},
        }
        config = self.ground.project / ".lalph" / "config"
        config.mkdir(parents=True)
        for name, value in (
            ("settings.issueSource", "github"),
            ("settings.projects", [_PROJECT]),
            ("settings.cliAgentPresets", [preset]),
            ("github.accessToken", {"token": "of-nobody"}),
        ):
            (config / name).write_text(json.dumps(value))

    def shell(self, script: str) -> str:
        """What *script* prints in the shell that `lalph sh` opens in a new worktree."""
        return self._run("sh", stdin=script)

    def work(self) -> Path:
        """Have the agent choose a task in a new worktree; it never does. The worktree, which is gone by then."""
        self._run("--iterations", "1")
        (report,) = self.ground.reports.glob("*.json")
        return self.scratch / report.stem

    @property
    def scratch(self) -> Path:
        """Where its worktrees are."""
        return self.ground.home / self.folder

    def _run(self, *words: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            [self.npm.node, self.program, *words],
            cwd=self.ground.project,
            env={
                **self.ground.environment,
                "PATH": f"{self.npm.node.parent}:{self.ground.environment['PATH']}",
                "TMPDIR": str(self.scratch),
            },
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"lalph {words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout
