"""Harnesses beside the ten: Claude Code, Codex, Conductor, Cursor, Superset, and git itself."""

import json
import shlex
import tomllib
from pathlib import Path

from tests.support.orchestrators.contract import Orchestrator


class ClaudeCode(Orchestrator):
    """A SessionStart hook with JSON on stdin; every command of the agent sources the file that it appends to."""

    tool = "claude-code"
    tears_down = False

    def make(self, task: str) -> Path:
        path = self.ground.project / ".claude" / "worktrees" / task
        path.parent.mkdir(exist_ok=True)
        (path.parent / "somebody-else's").touch()
        self.ground.git("worktree", "add", "-q", "-b", f"worktree-{task}", path)
        return path

    def set_up(self, path: Path, task: str) -> bool:
        settings = json.loads((path / ".claude" / "settings.json").read_text())
        told = json.dumps({"hook_event_name": "SessionStart", "source": "startup", "cwd": str(path)})
        variables = {"CLAUDE_PROJECT_DIR": str(path), "CLAUDE_ENV_FILE": str(self._sourced(task))}
        hooks = [hook for group in settings["hooks"]["SessionStart"] for hook in group["hooks"]]
        return all(self.run(["sh", "-c", hook["command"]], path, stdin=told, env=variables) for hook in hooks)

    def start_agent(self, path: Path, task: str) -> None:
        self.run(["bash", "-c", f"source {shlex.quote(str(self._sourced(task)))}; claude"], path)

    def _sourced(self, task: str) -> Path:
        return self.ground.reports / f"env-of-{task}.sh"


class Codex(Orchestrator):
    """A SessionStart hook whose environment reaches nobody; commands of the agent run in a login shell."""

    tool = "codex"
    tears_down = False

    def set_up(self, path: Path, task: str) -> bool:
        hooks = json.loads((path / ".codex" / "hooks.json").read_text())["hooks"]["SessionStart"]
        commands = [hook["command"] for group in hooks for hook in group["hooks"]]
        told = json.dumps({"hook_event_name": "SessionStart", "cwd": str(path)})
        return all(self.run(["sh", "-c", each], path, stdin=told) for each in commands)


class CodexApp(Codex):
    """The app: a script in the environment's TOML, for each worktree that it makes."""

    def install(self) -> None:
        file = self.ground.project / ".codex" / "environments" / "environment.toml"
        file.parent.mkdir(parents=True)
        file.write_text('version = 1\nname = "project"\n\n[setup]\nscript = """\ntrue\n"""\n')
        super().install()

    def set_up(self, path: Path, task: str) -> bool:
        environment = tomllib.loads((path / ".codex" / "environments" / "environment.toml").read_text())
        variables = {"CODEX_WORKTREE_PATH": str(path), "CODEX_SOURCE_TREE_PATH": str(self.ground.project)}
        return self.run(["bash", "-c", environment["setup"]["script"]], path, env=variables)


class Conductor(Orchestrator):
    """Two scripts in a TOML file of the project; the second runs before the directory is deleted."""

    tool = "conductor"

    def set_up(self, path: Path, task: str) -> bool:
        return self._script("setup", path, task)

    def tear_down(self, path: Path, task: str) -> bool:
        return self._script("archive", path, task)

    def _script(self, key: str, path: Path, task: str) -> bool:
        scripts = tomllib.loads((path / ".conductor" / "settings.toml").read_text())["scripts"]
        variables = {
            "CONDUCTOR_WORKSPACE_NAME": task,
            "CONDUCTOR_WORKSPACE_PATH": str(path),
            "CONDUCTOR_ROOT_PATH": str(self.ground.project),
            "CONDUCTOR_DEFAULT_BRANCH": "main",
            "CONDUCTOR_PORT": "3000",
        }
        return self.run(["sh", "-c", scripts[key]], path, env=variables)


class Cursor(Orchestrator):
    """Commands in a list, each in a shell of its own; nothing at the end."""

    tool = "cursor"
    tears_down = False

    def set_up(self, path: Path, task: str) -> bool:
        places = (path, self.ground.project)
        file = next(place / ".cursor" / "worktrees.json" for place in places if (place / ".cursor").exists())
        commands = json.loads(file.read_text())["setup-worktree"]
        assert isinstance(commands, list)
        variables = {"ROOT_WORKTREE_PATH": str(self.ground.project)}
        return all(self.run(["sh", "-c", each], path, env=variables) for each in commands)


class Superset(Orchestrator):
    """Two lists of commands, one after the other, in the workspace."""

    tool = "superset"

    def set_up(self, path: Path, task: str) -> bool:
        return self._commands("setup", path, task)

    def tear_down(self, path: Path, task: str) -> bool:
        return self._commands("teardown", path, task)

    def _commands(self, key: str, path: Path, task: str) -> bool:
        commands = json.loads((path / ".superset" / "config.json").read_text())[key]
        variables = {
            "SUPERSET_ROOT_PATH": str(self.ground.project),
            "SUPERSET_WORKSPACE_NAME": task,
            "SUPERSET_WORKSPACE_PATH": str(path),
        }
        return all(self.run(["bash", "-c", each], path, env=variables) for each in commands)


class Git(Orchestrator):
    """No tool at all: git runs post-checkout in each new worktree, by itself. This one is not simulated."""

    tool = "git"
    tears_down = False
    forces = False

    def set_up(self, path: Path, task: str) -> bool:
        """Already done."""
        return (path / ".ravi" / "config.json").exists()
