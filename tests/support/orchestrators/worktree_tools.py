"""Tools whose hooks are files or commands in the project: amux, lalph, Symphony, dmux, cmux, vibe-tree, OpenClaw."""

import json
import random
import shlex
import shutil
from pathlib import Path

import yaml

from tests.support.orchestrators.contract import Orchestrator, executable
from tests.support.orchestrators.ground import script


class Amux(Orchestrator):
    """Every element of the list in a `sh -c` of its own; the agent starts beside it, through the user's assistants."""

    tool = "amux"
    waits = False

    def git_options(self) -> tuple[str, ...]:
        return ("-c", "core.hooksPath=/dev/null")

    def set_up(self, path: Path, task: str) -> bool:
        commands = self._config()["setup-workspace"]
        assert isinstance(commands, list), "amux takes a list"
        return all(self.run(["sh", "-c", each], path, env=self._variables(path, task)) for each in commands)

    def start_agent(self, path: Path, task: str) -> None:
        config = json.loads((self.ground.home / ".amux" / "config.json").read_text())
        command = config["assistants"]["claude"]["command"]
        self.run(["sh", "-c", command], path, env={"WORKSPACE_ROOT": str(path), "WORKSPACE_NAME": task})

    def tear_down(self, path: Path, task: str) -> bool:
        return self.run(["sh", "-c", self._config()["archive"]], path, seconds=120, env=self._variables(path, task))

    def _config(self) -> dict[str, object]:
        """From the main checkout, never from the worktree."""
        config: dict[str, object] = json.loads((self.ground.project / ".amux" / "workspaces.json").read_text())
        assert "setup" not in config, "amux ignores a key that is called setup"
        return config

    def _variables(self, path: Path, task: str) -> dict[str, str]:
        return {
            "AMUX_WORKSPACE_NAME": task,
            "AMUX_WORKSPACE_ROOT": str(path),
            "AMUX_WORKSPACE_BRANCH": f"amux/{task}",
            "ROOT_WORKSPACE_PATH": str(self.ground.project),
            "AMUX_PORT": "3000",
            "AMUX_PORT_RANGE": "10",
        }


class Lalph(Orchestrator):
    """One script through $SHELL, its status ignored; the worktree is a random temporary directory and just goes."""

    tool = "lalph"
    tears_down = False
    prefix: tuple[str, ...] = ()
    """The preset's commandPrefix, of which lalph repeats the first word."""

    def make(self, task: str) -> Path:
        path = self.ground.worktrees / f"lalph-{random.randbytes(6).hex()}"
        self.ground.git("worktree", "add", "-q", "--detach", path)
        return path

    def set_up(self, path: Path, task: str) -> bool:
        places = [path / "scripts" / "worktree-setup.sh", self.ground.project / "scripts" / "worktree-setup.sh"]
        found = next(place for place in places if place.exists())
        found.chmod(0o755)
        return self.run([self.ground.shell, "-c", shlex.quote(str(found))], path)

    def start_agent(self, path: Path, task: str) -> None:
        self.run([*self.prefix[:1], *self.prefix, "claude", "--print", task], path)


class Symphony(Orchestrator):
    """Hooks in the front matter of WORKFLOW.md, through a login shell, in a directory that begins empty."""

    tool = "symphony"
    stops = True
    seconds = 60.0
    workflow = script(
        """
        ---
        tracker:
          kind: linear
        hooks:
          after_create: |
            git clone -q --depth 1 "file://$SOURCE_REPO" .
        codex:
          command: claude app-server
        ---
        Work on {{ issue.title }}.
        """
    )

    def install(self) -> None:
        (self.ground.project / "WORKFLOW.md").write_text(self.workflow)
        super().install()

    def make(self, task: str) -> Path:
        path = self.ground.worktrees / f"ABC-{task}"
        path.mkdir()
        if not self._hook("after_create", path):
            shutil.rmtree(path)  # without before_remove
            raise AssertionError(f"after_create failed: {self.said}")
        return path

    def set_up(self, path: Path, task: str) -> bool:
        """Before each attempt."""
        return self._hook("before_run", path)

    def start_agent(self, path: Path, task: str) -> None:
        self.run(["bash", "-lc", self._front_matter()["codex"]["command"]], path)

    def tear_down(self, path: Path, task: str) -> bool:
        return self._hook("before_remove", path)

    def remove(self, path: Path) -> None:
        shutil.rmtree(path)

    def _hook(self, name: str, path: Path) -> bool:
        text = self._front_matter()["hooks"].get(name)
        assert text is None or isinstance(text, str)
        variables = {"SOURCE_REPO": str(self.ground.project)}
        return text is None or self.run(["sh", "-lc", text], path, seconds=self.seconds, env=variables)

    def _front_matter(self) -> dict[str, dict[str, str]]:
        text = (self.ground.project / "WORKFLOW.md").read_text()
        front: dict[str, dict[str, str]] = yaml.safe_load(text.split("---\n")[1])
        return front


class Dmux(Orchestrator):
    """Executables named for events, run in the project, not in the worktree; a failing one means no agent."""

    tool = "dmux"
    stops = True
    seconds = 30.0
    """For the hook of the end; that of the beginning is waited for without end."""

    def set_up(self, path: Path, task: str) -> bool:
        return self._hook("worktree_created", path, task, None)

    def tear_down(self, path: Path, task: str) -> bool:
        return self._hook("before_worktree_remove", path, task, self.seconds)

    def _hook(self, event: str, path: Path, task: str, seconds: float | None) -> bool:
        folders = [self.ground.project / ".dmux-hooks", self.ground.project / ".dmux" / "hooks"]
        found = next(filter(None, (executable(folder / event) for folder in folders)), None)
        variables = {
            "DMUX_ROOT": str(self.ground.project),
            "DMUX_PANE_ID": "dmux-1",
            "DMUX_SLUG": task,
            "DMUX_PROMPT": "do it",
            "DMUX_AGENT": "claude",
            "DMUX_WORKTREE_PATH": str(path),
            "DMUX_BRANCH": f"dmux/{task}",
        }
        return found is None or self.run([found], self.ground.project, seconds=seconds, env=variables)


class Cmux(Orchestrator):
    """craigsc/cmux: two executables, the worktree's copy first, failures ignored; a removal is not forced."""

    tool = "cmux"
    forces = False

    def set_up(self, path: Path, task: str) -> bool:
        return self._hook("setup", path)

    def start_agent(self, path: Path, task: str) -> None:
        self.run(["claude"], path)

    def tear_down(self, path: Path, task: str) -> bool:
        return self._hook("teardown", path)

    def _hook(self, name: str, path: Path) -> bool:
        places = (path / ".cmux" / name, self.ground.project / ".cmux" / name)
        found = next(filter(None, map(executable, places)), None)
        return found is None or self.run([found], path)


class VibeTree(Orchestrator):
    """Two executables of the main checkout, in the worktree, 120 seconds each; neither stops anything."""

    tool = "vibe-tree"
    seconds = 120.0

    def set_up(self, path: Path, task: str) -> bool:
        return self._hook("post-create", path, task)

    def start_agent(self, path: Path, task: str) -> None:
        self.run(["bash", "-i"], path, stdin="claude\nexit\n")

    def tear_down(self, path: Path, task: str) -> bool:
        return self._hook("pre-remove", path, task)

    def _hook(self, name: str, path: Path, task: str) -> bool:
        found = executable(self.ground.project / ".vibetree" / "hooks" / name)
        assert found is None or found.resolve().is_relative_to(self.ground.project.resolve())
        variables = {
            "VIBETREE_HOOK": name,
            "VIBETREE_PROJECT_PATH": str(self.ground.project),
            "VIBETREE_WORKTREE_PATH": str(path),
            "VIBETREE_BRANCH": f"vibe-tree/{task}",
        }
        return found is None or self.run([found], path, seconds=self.seconds, env=variables)


class OpenClawWorktrees(Orchestrator):
    """One script of the source tree, 120 seconds; a failure takes the worktree away again. Nothing at the end."""

    tool = "openclaw"
    stops = True
    tears_down = False
    seconds = 120.0

    def set_up(self, path: Path, task: str) -> bool:
        variables = {"OPENCLAW_SOURCE_TREE_PATH": str(self.ground.project), "OPENCLAW_WORKTREE_PATH": str(path)}
        found = executable(path / ".openclaw" / "worktree-setup.sh")
        if found is None or self.run([found], path, seconds=self.seconds, env=variables):
            return True
        self.remove(path)
        return False
