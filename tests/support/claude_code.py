"""The real Claude Code, in a project of an owner, with a stand-in for its model."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.messages_model import MessagesModel
from tests.support.npm import Npm
from tests.support.orchestrators.ground import Ground

VERSION = "2.1.330"
#: For one run, in seconds; it takes three on a quiet machine.
PATIENCE = 120.0
#: What it would do besides, none of which is about us.
_QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
}


def install(npm: Npm) -> Path:
    """The program. Raises what npm's failure is."""
    home = npm.install("claude-code", f"@anthropic-ai/claude-code@{VERSION}")
    # The wrapper in the package itself is put there by an install script; this is what it would start.
    for program in (home / "node_modules" / "@anthropic-ai").glob("claude-code-*/claude"):
        return program
    raise FileNotFoundError("there is no program for this machine")


@dataclass(frozen=True, slots=True)
class ClaudeCode:
    """`claude` as the owner of *ground* starts it: with that home, and in the project unless told otherwise."""

    program: Path
    ground: Ground
    model: MessagesModel

    def ask(self, prompt: str, *options: str, cwd: Path | None = None) -> str:
        """
        What the agent says in the end when it is given *prompt* in a session of its own.

        It may run any command and call our tools without asking.
        """
        allowed = ("--allowedTools", "Bash", "mcp__ravi")
        return self.run("-p", *options, *allowed, "--", prompt, cwd=cwd)

    def run(self, *words: str | Path, cwd: Path | None = None) -> str:
        """Run `claude WORDS`, which must exit with 0; what it prints."""
        done = subprocess.run(
            [self.program, *words],
            cwd=cwd or self.ground.project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"claude {words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    @property
    def _environment(self) -> dict[str, str]:
        scratch = self.ground.home / "tmp"
        scratch.mkdir(exist_ok=True)
        key = {"ANTHROPIC_API_KEY": "sk-ant-of-nobody", "ANTHROPIC_BASE_URL": self.model.url}
        return {**self.ground.environment, **_QUIET, **key, "TMPDIR": str(scratch)}
