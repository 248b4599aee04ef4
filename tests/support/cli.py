"""The real `ravi` program, run as a person or an agent runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("ravi")
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """How one run ended."""

    command: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            raise AssertionError(f"stdout is not one JSON document\n{self}") from None

    @property
    def error(self) -> dict[str, Any]:
        """The JSON error document: the last line of stderr, before which there may be progress."""
        assert self.stdout == "", f"a failure printed to stdout\n{self}"
        start = self.stderr.rfind("\n{") + 1
        try:
            document = json.loads(self.stderr[start:])
        except ValueError:
            raise AssertionError(f"stderr does not end in a JSON document\n{self}") from None
        assert {"error", "code"} <= set(document), f"not an error document\n{self}"
        return document

    def __str__(self) -> str:
        return f"$ {' '.join(self.command)}\nexit {self.code}\n-- stdout\n{self.stdout}\n-- stderr\n{self.stderr}"


class Cli:
    """
    `ravi` with one home, working directory and environment.

    Nothing of ours is inherited from the environment of the tests: what *env* does not name is not there.
    """

    def __init__(self, home: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.cwd = cwd or home
        self.env = dict(env or {})

    def at(self, cwd: Path | None = None, *, home: Path | None = None, **env: str | Path | None) -> "Cli":
        """Return the same `ravi` in another directory, home or environment; None removes a variable."""
        changed = {**self.env, **{name: value if value is None else str(value) for name, value in env.items()}}
        return Cli(
            home or self.home,
            cwd or self.cwd,
            {name: value for name, value in changed.items() if value is not None},
        )

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the process, for those who start `ravi` through something else."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {**kept, "PATH": path, "HOME": str(self.home), **self.env}

    def run(self, *arguments: str | Path, stdin: str | None = None, timeout: float = PATIENCE) -> Result:
        """Run `ravi ARGUMENTS` to its end, without a terminal."""
        with self.start(*arguments) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                stdout, stderr = process.communicate()
                raise AssertionError(
                    f"still running after {timeout} s\n{Result(self._words(arguments), -9, stdout, stderr)}"
                ) from None
        return Result(self._words(arguments), process.returncode, stdout, stderr)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start `ravi ARGUMENTS` and return at once."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.cwd,
        )

    def ok(self, *arguments: str | Path, **more: Any) -> Result:
        """Run it; it must exit 0."""
        result = self.run(*arguments, **more)
        assert result.code == 0, str(result)
        return result

    def json(self, *arguments: str | Path, **more: Any) -> Any:
        """Run it with `--json`; it must exit 0. Return its document."""
        return self.ok(*arguments, "--json", **more).json

    def fails(self, code: int, *arguments: str | Path, **more: Any) -> dict[str, Any]:
        """Run it with `--json`; it must exit with *code*. Return the error document."""
        result = self.run(*arguments, "--json", **more)
        assert result.code == code, str(result)
        return result.error

    def shell(self, script: str, *, timeout: float = PATIENCE) -> Result:
        """Run a shell script that finds this `ravi` on its PATH."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.cwd,
            timeout=timeout,
            check=False,
        )
        return Result(("bash", "-c", script), done.returncode, done.stdout, done.stderr)

    def _words(self, arguments: tuple[str | Path, ...]) -> tuple[str, ...]:
        return ("ravi", *map(str, arguments))


@pytest.fixture
def cli(home: Path) -> Cli:
    """`ravi` in the test's own home, standing in the test's own working directory."""
    return Cli(home, Path.cwd())
