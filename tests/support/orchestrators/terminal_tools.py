"""Tools that are terminals or have their settings elsewhere: vibe-kanban, Claude Squad, Supacode, manaflow's cmux."""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.orchestrators.contract import PATIENCE, Opened, Orchestrator
from tests.support.orchestrators.ground import Ground


class VibeKanban(Orchestrator):
    """Texts that a person pastes, run by the user's shell, stdin closed; the agent's profile has a fixed variable."""

    tool = "vibe-kanban"
    stops = True

    def install(self) -> None:
        pasted = {each["where"]: each["text"] for each in self.ground.integrate(self.tool, "--print")["paste"]}
        self.setup, self.archive, profile = (
            next(text for where, text in pasted.items() if word in where)
            for word in ("setup script", "archive script", "environment")
        )
        name, _, value = profile.partition("=")
        self.profile = {name: value}

    def set_up(self, path: Path, task: str) -> bool:
        return self.run([self.ground.shell, "-c", self.setup], path, env=self._variables(task))

    def start_agent(self, path: Path, task: str) -> None:
        self.run(["claude"], path, env={**self._variables(task), **self.profile})

    def tear_down(self, path: Path, task: str) -> bool:
        """Archiving. The workspace may be unarchived later, and no setup is run then."""
        return self.run([self.ground.shell, "-c", self.archive], path, env=self._variables(task))

    def delete(self, opened: Opened) -> None:
        """Deleting runs no script."""
        self.remove(opened.path)

    def _variables(self, task: str) -> dict[str, str]:
        return {"VK_WORKSPACE_ID": task, "VK_WORKSPACE_BRANCH": f"vk/{task}"}


class VibeKanbanParallel(VibeKanban):
    """The same with parallel setup on, which we advise against: the agent runs whatever becomes of the setup."""

    waits = False
    stops = False


class ClaudeSquad(Orchestrator):
    """No hook at all: the profile's program in a tmux whose server was started before, in another environment."""

    tool = "claude-squad"
    tears_down = False

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        if shutil.which("tmux") is None:
            pytest.skip("Claude Squad is tmux and git: install tmux")
        # Short, because the path of a socket must be.
        self._sockets = tempfile.mkdtemp(prefix="tmux-")

    def install(self) -> None:
        folder = self.ground.home / ".claude-squad"
        folder.mkdir()
        (folder / "config.json").write_text('{\n  "default_program": "claude",\n  "auto_yes": false\n}')
        super().install()
        self._tmux("new-session", "-d", "-s", "somebody-else's", "sleep 600")

    def uninstall(self) -> None:
        """End the tmux server."""
        self._tmux("kill-server")
        shutil.rmtree(self._sockets)

    def set_up(self, path: Path, task: str) -> bool:
        return True

    def start_agent(self, path: Path, task: str) -> None:
        config = json.loads((self.ground.home / ".claude-squad" / "config.json").read_text())
        program = next(each["program"] for each in config["profiles"] if each["name"] == "with Ravi")
        session = f"cs-{path.name}"
        self._tmux("new-session", "-d", "-s", session, "-c", str(path), program)
        deadline = time.monotonic() + PATIENCE
        while self._tmux("has-session", "-t", f"={session}") and time.monotonic() < deadline:
            time.sleep(0.05)

    def pause(self, opened: Opened) -> None:
        """The worktree goes, the branch stays."""
        self.ground.git("worktree", "remove", "-f", opened.path)

    def resume(self, opened: Opened, task: str) -> None:
        """The worktree comes back, with nothing in it that git does not know."""
        self.ground.git("worktree", "add", "-q", opened.path, f"{self.tool}/{task}")

    def _tmux(self, *words: str) -> bool:
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", *words],
            env={**self.ground.environment, "TMUX_TMPDIR": self._sockets},
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


class Supacode(Orchestrator):
    """Setup is typed into the first tab's login shell, then the tab's command; a failing end keeps the worktree."""

    tool = "supacode"

    def set_up(self, path: Path, task: str) -> bool:
        typed = f"{self._scripts()['setupScript']}\nexit\n"
        return self.run([self.ground.shell, "-l", "-i"], path, stdin=typed, env=self._variables(path))

    def open(self, task: str) -> Opened:
        path = self.make(task)
        typed = f"{self._scripts()['setupScript']}\nclaude\nexit\n"
        self.run([self.ground.shell, "-l", "-i"], path, stdin=typed, env=self._variables(path))
        opened = Opened(path, set_up=True)  # nobody can tell
        if self.ground.has_reported(path):
            opened.report = self.ground.report(path)
        return opened

    def start_agent(self, path: Path, task: str) -> None:
        """In another tab: a new shell, without what the setup exported."""
        self.run([self.ground.shell, "-l", "-i"], path, stdin="claude\nexit\n", env=self._variables(path))

    def archive(self, opened: Opened) -> bool:
        """Whether it was archived. There is no script of ours for that."""
        assert "archiveScript" not in self._scripts()
        return True

    def close(self, opened: Opened, task: str) -> None:
        if self.tear_down(opened.path, task):
            self.remove(opened.path)

    def tear_down(self, path: Path, task: str) -> bool:
        file = self.ground.reports / f"delete-{path.name}"
        file.write_text(self._scripts()["deleteScript"])
        return self.run([self.ground.shell, "-l", file], path, env=self._variables(path))

    def _scripts(self) -> dict[str, str]:
        scripts: dict[str, str] = json.loads((self.ground.project / "supacode.json").read_text())
        return scripts

    def _variables(self, path: Path) -> dict[str, str]:
        return {"SUPACODE_WORKTREE_PATH": str(path), "SUPACODE_ROOT_PATH": str(self.ground.project)}


class CmuxApp(Orchestrator):
    """manaflow-ai/cmux: setup is typed into the first terminal, before that one's command; nothing at the end."""

    tool = "cmux-app"
    tears_down = False

    def open(self, task: str) -> Opened:
        path = self.make(task)
        workspace = self._workspace()
        self.run(["bash", "-l", "-i"], path, stdin=f"{workspace['setup']}\nclaude\nexit\n", env=workspace["env"])
        opened = Opened(path, set_up=True)  # nobody can tell
        if self.ground.has_reported(path):
            opened.report = self.ground.report(path)
        return opened

    def set_up(self, path: Path, task: str) -> bool:
        workspace = self._workspace()
        return self.run(["bash", "-l", "-i"], path, stdin=f"{workspace['setup']}\nexit $?\n", env=workspace["env"])

    def start_agent(self, path: Path, task: str) -> None:
        """In any other pane."""
        self.run(["bash", "-l", "-i"], path, stdin="claude\nexit\n", env=self._workspace()["env"])

    def _workspace(self) -> dict[str, dict[str, str]]:
        config = json.loads((self.ground.project / ".cmux" / "cmux.json").read_text())
        workspace: dict[str, dict[str, str]] = config["commands"][0]["workspace"]
        return workspace


class CmuxAppPanes(CmuxApp):
    """The agent in a pane that does not wait for the first."""

    waits = False
    open = Orchestrator.open
