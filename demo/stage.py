"""
What the demo and the development server share: a real `ravi-server`, an owner who is signed in, and `ravi`.

Everything lives below one directory, the owner's home included, so that nothing of the person who runs it is
touched and removing the directory removes all of it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
OWNER = "owner@example.org"
READY_SECONDS = 30


class Failed(Exception):
    """A command did not do what the demo is about to claim."""


class Stage:
    """One server and its owner's home, below *root*."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.data = root / "server"
        self.log = root / "server.log"
        self.url = ""
        self._server: subprocess.Popen[bytes] | None = None
        self.home.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the owner's shell: ours, without what would point `ravi` elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAVI_")}
        return kept | {"HOME": str(self.home), "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}"} | more

    def start_server(self, address: str = "127.0.0.1:0", mail: str = "127.0.0.1:0") -> str:
        """Start the server and return its URL once it answers. Raises Failed with its last words."""
        with self.log.open("wb") as log:
            self._server = subprocess.Popen(
                [BIN / "ravi-server", "run", "--data", self.data, "--http", address, "--smtp", mail, "--human"],
                env=self.environment(),
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in good order
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            for line in self.log.read_text().splitlines():
                if line.startswith("ravi-server ready: "):
                    self.url = line.split()[2]
                    return self.url
            time.sleep(0.02)
        raise Failed(f"the server did not start:\n{self.log.read_text()}")

    def stop_server(self) -> None:
        """Stop the server in good order. Fine when it does not run."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(timeout=READY_SECONDS)
            self._server = None

    def wait_for_server(self) -> int:
        """Return when the server has ended by itself, or by Ctrl-C."""
        assert self._server is not None
        return self._server.wait()

    def add_owner(self, email: str = OWNER) -> str:
        """Create the owner's account, or find it; return a one-time sign-in code."""
        add = ["ravi-server", "owner", "add", email, "--first-name", "Ada", "--data", str(self.data), "--json"]
        done = self._run(add)
        if done.returncode == 5:  # the account is there from an earlier start
            done = self._run(["ravi-server", "signin-code", email, "--data", str(self.data), "--json"])
        return str(self._document(done)["signin_code"])

    def sign_in(self, code: str) -> None:
        """Sign `ravi` in on this stage's home, the way a machine without a browser does."""
        self._document(self._run(["ravi", "auth", "login", "--server", self.url, "--code", "-"], input=code))

    def ravi(self, *arguments: str, cwd: Path | None = None, **environment: str) -> Any:
        """Run `ravi … --json` and return its document. Raises Failed with what it said."""
        done = self._run(["ravi", *arguments, "--json"], cwd=cwd, environment=environment)
        return self._document(done)

    def refused(self, *arguments: str, cwd: Path | None = None, **environment: str) -> int:
        """Run `ravi …`, expect a refusal, and return its exit code. Raises Failed if it succeeds."""
        done = self._run(["ravi", *arguments, "--json"], cwd=cwd, environment=environment)
        if done.returncode == 0:
            raise Failed(f"{' '.join(arguments)} should have been refused")
        return done.returncode

    def _run(
        self,
        command: list[str],
        *,
        input: str = "",
        cwd: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=self.environment(**(environment or {})),
            cwd=cwd or self.home,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _document(self, done: subprocess.CompletedProcess[str]) -> Any:
        if done.returncode != 0:
            raise Failed(f"{Path(done.args[0]).name} {' '.join(done.args[1:])}\n{done.stderr.strip()}")
        return json.loads(done.stdout)


def bind(directory: Path, identity: dict[str, Any]) -> Path:
    """Write the project file that makes `ravi` act as *identity* in *directory*; return the config directory."""
    config = directory / ".ravi"
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.json").write_text(
        json.dumps({"identity_uuid": identity["uuid"], "identity_name": identity["name"]}) + "\n"
    )
    return config
