"""The real OpenClaw with our plugin: its command line, and its gateways, each an instance with its own profile."""

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.last_wish import LastWish
from tests.support.npm import Npm
from tests.support.readers import ROOT

VERSION = "2026.9.6"
PLUGIN = ROOT / "plugins" / "openclaw"
#: For a gateway to come up, and for one command line, in seconds; both load hundreds of modules.
PATIENCE = 240.0
#: What an instance would do besides by itself, none of which is about us.
_QUIET = {
    "OPENCLAW_NO_AUTO_UPDATE": "1",
    "OPENCLAW_DISABLE_BONJOUR": "1",
    "OPENCLAW_NO_RESPAWN": "1",
    "OPENCLAW_SKIP_CHANNELS": "1",
    "OPENCLAW_SKIP_CRON": "1",
}


@dataclass(frozen=True, slots=True)
class OpenClaw:
    """The installed program, and the folder with our plugin and what it depends on."""

    npm: Npm
    program: Path
    plugin: Path


@contextmanager
def installed(npm: Npm) -> Iterator[OpenClaw]:
    """OpenClaw, and a copy of our plugin for as long as the block lasts. Raises what npm's failure is."""
    home = npm.install("openclaw", f"openclaw@{VERSION}")
    libraries = npm.ci("openclaw/plugin", PLUGIN)
    # Below the folder where imports find `openclaw` itself.
    with TemporaryDirectory(prefix="copy-", dir=home) as folder:
        copy = Path(folder)
        for name in ("src", "test"):
            shutil.copytree(PLUGIN / name, copy / name)
        for path in (*PLUGIN.glob("*.json"), *PLUGIN.glob("*.md")):
            shutil.copy(path, copy)
        (copy / "node_modules").symlink_to(libraries / "node_modules")
        yield OpenClaw(npm, home / "node_modules" / "openclaw" / "openclaw.mjs", copy)


class Instance:
    """One instance: a profile with its own configuration and state in *home*. `begin()` starts its gateway."""

    def __init__(
        self,
        openclaw: OpenClaw,
        home: Path,
        profile: str,
        *,
        plugin: dict[str, Any] | None = None,
        agents: tuple[str, ...] = ("main",),
        model: str = "http://127.0.0.1:9/v1",
        **environment: str,
    ) -> None:
        self.profile = profile
        self.folder = home / f".openclaw-{profile}"
        self.folder.mkdir(mode=0o700)
        (self.folder / "tmp").mkdir()
        self._openclaw = openclaw
        self._token = secrets.token_hex(16)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._end_with_us: LastWish | None = None
        self._log = self.folder / "gateway.log"
        self.environment = {
            "PATH": openclaw.npm.path,
            "HOME": str(home),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "TMPDIR": str(self.folder / "tmp"),
            **_QUIET,
            **environment,
        }
        self._write(plugin, agents, model)

    @property
    def config(self) -> dict[str, Any]:
        """What its openclaw.json says."""
        return json.loads((self.folder / "openclaw.json").read_text())

    def _write(self, plugin: dict[str, Any] | None, agents: tuple[str, ...], model: str) -> None:
        entry = {"enabled": True} if plugin is None else {"enabled": True, "config": plugin}
        stub = {
            "baseUrl": model,
            "apiKey": "none",
            "api": "openai-completions",
            "models": [{"id": "stub", "name": "stub"}],
        }
        config = {
            "gateway": {
                "mode": "local",
                "auth": {"mode": "token", "token": self._token},
                "http": {"endpoints": {"chatCompletions": {"enabled": True}}},
            },
            "agents": {
                "defaults": {
                    "workspace": str(self.folder / "workspace"),
                    "model": {"primary": "stub/stub"},
                    "skipBootstrap": True,
                },
                "entries": {name: {} for name in agents},
            },
            "models": {"mode": "replace", "providers": {"stub": stub}},
            "tools": {"exec": {"mode": "full"}},
            "plugins": {"load": {"paths": [str(self._openclaw.plugin)]}, "entries": {"ravi": entry}},
            "update": {"checkOnStart": False},
        }
        (self.folder / "openclaw.json").write_text(json.dumps(config))

    def run(
        self, *arguments: str | Path, ok: bool = True, **environment: str | Path
    ) -> "subprocess.CompletedProcess[str]":
        """
        Run `openclaw ARGUMENTS` in this profile; with *ok* it must exit 0.

        HOME in *environment* is another person's: the instance stays this one.
        """
        fixed = {"OPENCLAW_STATE_DIR": self.folder, "OPENCLAW_CONFIG_PATH": self.folder / "openclaw.json"}
        done = subprocess.run(
            self._command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**self.environment, **fixed, **environment},
            cwd=self.folder,
            timeout=PATIENCE,
            check=False,
        )
        assert not ok or done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def begin(self) -> None:
        """Start the gateway, and do not wait for it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("gateway", "run", "--port", str(self._port), "--bind", "loopback"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )
        self._end_with_us = LastWish('kill -9 "-$1"', str(self._process.pid))

    def wait_until_up(self) -> None:
        """Wait until the gateway takes calls of tools."""
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self._post({"tool": "ravi_no_such_tool", "args": {}})[0] == 404:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.2)
        raise AssertionError(f"the gateway did not come up:\n{self.log}")

    def stop(self) -> None:
        """Stop the gateway, if it runs."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None
        assert self._end_with_us is not None
        self._end_with_us.withdraw()

    @property
    def log(self) -> str:
        """What the gateway wrote."""
        return self._log.read_text(errors="replace")

    def turn(self, text: str, agent: str = "main") -> str:
        """What the agent answers in the end when a person says *text* to it."""
        status, answer = self._post(
            {"model": f"openclaw/{agent}", "messages": [{"role": "user", "content": text}]}, "/v1/chat/completions"
        )
        assert status == 200, f"{status} {answer}\n{self.log[-4000:]}"
        return str(answer["choices"][0]["message"]["content"])

    def call(self, tool: str, agent: str | None = None, **arguments: Any) -> str:
        """What *tool* answers, in words; fails when it does not."""
        status, answer = self._post({"tool": tool, "args": arguments, **({"agentId": agent} if agent else {})})
        assert (status, answer.get("ok")) == (200, True), f"{tool}: {status} {answer}\n{self.log[-4000:]}"
        return "".join(part["text"] for part in answer["result"]["content"] if part["type"] == "text")

    def call_soon(self, tool: str, agent: str) -> str:
        """As `call`, of a gateway that has yet to notice that its configuration changed."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.call(tool, agent)
            except (AssertionError, OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def refuses(self, tool: str, agent: str | None = None, **arguments: Any) -> tuple[int, str]:
        """The status and the message with which *tool* refuses; fails when it does not."""
        status, answer = self._post({"tool": tool, "args": arguments, **({"agentId": agent} if agent else {})})
        assert answer.get("ok") is False, f"{tool}: {status} {answer}"
        return status, answer["error"]["message"]

    def _post(self, body: dict[str, Any], path: str = "/tools/invoke") -> tuple[int, dict[str, Any]]:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, {"text": text.decode(errors="replace")}

    def _command(self, *arguments: str | Path) -> list[str | Path]:
        return [self._openclaw.npm.node, self._openclaw.program, "--profile", self.profile, *arguments]


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
