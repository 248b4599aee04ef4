"""What all simulators share: making a worktree, running a hook as the tool runs it, starting the agent, and the end."""

import contextlib
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.support.orchestrators.ground import Ground, Report

#: As long as any of the tools waits for the agent of these tests.
PATIENCE = 60.0


@dataclass(slots=True)
class Opened:
    """One workspace of a tool: whether its setup succeeded, and what its agent said, if the tool started it."""

    path: Path
    set_up: bool
    report: Report | None = None


class Orchestrator:
    """
    One tool. What it is told in `ravi integrate`, it reads from the files as it reads them.

    `waits`: the agent starts after the setup, not beside it. `stops`: a failed setup means no agent. `tears_down`: it
    has a hook for the end. `forces`: it removes worktrees with whatever is in them.
    """

    tool: ClassVar[str]
    waits: ClassVar[bool] = True
    stops: ClassVar[bool] = False
    tears_down: ClassVar[bool] = True
    forces: ClassVar[bool] = True
    seconds: ClassVar[float | None] = None
    """How long a hook may take; None where the tool waits as long as it takes."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.said = ""
        """What the last program that was run has printed."""

    def install(self) -> None:
        """What a person does once."""
        self.ground.integrate(self.tool, "--write")

    def open(self, task: str) -> Opened:
        """Make a workspace, set it up and start the agent, in the order of the tool, and wait for both."""
        path = self.make(task)
        if self.waits:
            opened = Opened(path, self.set_up(path, task))
            if opened.set_up or not self.stops:
                self.start_agent(path, task)
        else:
            with ThreadPoolExecutor(2) as pool:
                agent = pool.submit(self.start_agent, path, task)
                opened = Opened(path, pool.submit(self.set_up, path, task).result())
                agent.result()
        if self.ground.has_reported(path):
            opened.report = self.ground.report(path)
        return opened

    def again(self, opened: Opened, task: str) -> Report:
        """Start another agent in a workspace that is there."""
        self.ground.forget(opened.path)
        self.start_agent(opened.path, task)
        return self.ground.report(opened.path)

    def close(self, opened: Opened, task: str) -> None:
        """End the workspace as its user does with the tool."""
        self.tear_down(opened.path, task)
        self.remove(opened.path)

    def make(self, task: str) -> Path:
        """The directory of *task*: a worktree on a branch of its own."""
        path = self.ground.worktrees / f"{self.tool}-{task}"
        self.ground.git(*self.git_options(), "worktree", "add", "-q", "-b", f"{self.tool}/{task}", path)
        return path

    def git_options(self) -> tuple[str, ...]:
        """What the tool says to git."""
        return ()

    def set_up(self, path: Path, task: str) -> bool:
        """Run the hooks of a new workspace. Whether they succeeded."""
        raise NotImplementedError

    def start_agent(self, path: Path, task: str) -> None:
        """Run the agent to its end."""
        self.run(["bash", "-lc", "claude"], path)

    def tear_down(self, path: Path, task: str) -> bool:
        """Run the hooks of the end. Whether they succeeded."""
        return True

    def remove(self, path: Path) -> None:
        """Remove the worktree, as the tool does."""
        self.ground.git("worktree", "remove", *(["--force"] if self.forces else []), path)

    def run(
        self,
        command: list[str | Path],
        cwd: Path,
        *,
        seconds: float | None = None,
        stdin: str | None = None,
        env: dict[str, str] | None = None,
    ) -> bool:
        """
        Run *command* in a process group of its own, which is killed when its time is up. Whether it exited with 0.

        With nothing in *stdin*, it is closed.
        """
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**self.ground.environment, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            self.said, _ = process.communicate(stdin, timeout=seconds or PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self.said, _ = process.communicate()
            assert seconds is not None, f"{command} still ran after {PATIENCE:.0f} s:\n{self.said}"
            return False
        return process.returncode == 0


def executable(path: Path) -> Path | None:
    """*path*, if the tool would execute it."""
    return path if path.is_file() and os.access(path, os.X_OK) else None
