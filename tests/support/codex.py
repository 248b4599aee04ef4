"""The real Codex, in a project of an owner, with a stand-in for its model."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.npm import Npm
from tests.support.orchestrators.ground import Ground
from tests.support.responses_model import ResponsesModel

VERSION = "0.169.0"
#: For one run, in seconds; it takes two on a quiet machine.
PATIENCE = 120.0
#: Its sandbox: files of the workspace may be written, and nothing can be reached.
SANDBOX = ("--sandbox", "workspace-write")
#: What our notes tell people to allow.
NETWORK = ("--config", "sandbox_workspace_write.network_access=true")
NO_SANDBOX = ("--sandbox", "danger-full-access")

_CONFIG = """\
model = "stub"
model_provider = "stub"
check_for_update_on_startup = false

[model_providers.stub]
name = "stub"
base_url = "{url}/v1"
wire_api = "responses"

[analytics]
enabled = false

[projects."{project}"]
trust_level = "trusted"
"""


def install(npm: Npm) -> Path:
    """The program. Raises what npm's failure is."""
    home = npm.install("codex", f"@openai/codex@{VERSION}")
    for program in (home / "node_modules" / "@openai").glob("codex-*/vendor/*/bin/codex"):
        return program
    raise FileNotFoundError("there is no program for this machine")


@dataclass(frozen=True, slots=True)
class Codex:
    """`codex` as the owner of *ground* starts it, who has trusted the project, and its hooks after `trust_hooks()`."""

    program: Path
    ground: Ground

    def configure(self, model: ResponsesModel) -> None:
        """Have *model* answer."""
        folder = self.ground.home / ".codex"
        folder.mkdir()
        (folder / "config.toml").write_text(_CONFIG.format(url=model.url, project=self.ground.project))

    def ask(self, prompt: str, *options: str, cwd: Path | None = None, through: tuple[str, ...] = ()) -> str:
        """What the agent says in the end when it is given *prompt* in a session, which *through* starts if given."""
        done = self._run("exec", *options, prompt, cwd=cwd, through=through)
        assert done.returncode == 0, f"codex: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def sandbox_fault(self) -> str | None:
        """Why there can be no sandbox on this machine; None where there can."""
        done = self._run("sandbox", "--", "true")
        return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]

    def hooks(self, cwd: Path) -> list[dict[str, Any]]:
        """The hooks of sessions in *cwd*, as Codex lists them for people."""
        with self._app_server() as call:
            return _hooks(call, cwd)

    def trust_hooks(self) -> None:
        """Trust the hooks of the project, as a person does when Codex shows them."""
        with self._app_server() as call:
            state = {hook["key"]: {"trusted_hash": hook["currentHash"]} for hook in _hooks(call, self.ground.project)}
            edit = {"keyPath": "hooks.state", "value": state, "mergeStrategy": "upsert"}
            assert call("config/batchWrite", edits=[edit])["status"] == "ok"

    def _run(
        self, *words: str, cwd: Path | None = None, through: tuple[str, ...] = ()
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*through, self.program, *words],
            cwd=cwd or self.ground.project,
            env=self.ground.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextmanager
    def _app_server(self) -> Iterator["Call"]:
        with subprocess.Popen(
            [self.program, "app-server"],
            cwd=self.ground.project,
            env=self.ground.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield Call(process)
            finally:
                process.kill()


class Call:
    """What Codex' own settings page speaks with it: one JSON document a line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._number = 0
        self("initialize", clientInfo={"name": "tests", "version": "1"})

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        """Call *method*; its result."""
        self._number += 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"id": self._number, "method": method, "params": params}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._number:
                assert "result" in answer, answer
                return answer["result"]
        raise AssertionError(f"codex ended before it answered {method}")


def _hooks(call: Call, cwd: Path) -> list[dict[str, Any]]:
    return [hook for each in call("hooks/list", cwds=[str(cwd)])["data"] for hook in each["hooks"]]
