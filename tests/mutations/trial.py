"""One check at a time is dropped, in a copy of the checkout, and the tests that come past it are run."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.mutations import reach
from tests.mutations.sites import Site

ROOT = Path(__file__).resolve().parents[2]

#: The suites that run the server in their own process. What is drawn at random finds different things each time.
SUITES = ["tests/contract", "tests/storage", "tests/unit/server", "--ignore=tests/contract/test_openapi_fuzz.py"]
#: A route that lacks its scope is noticed by who walks all routes, not by who uses this one.
WALKS_ROUTES = re.compile(r"tests/contract/(?:test_guards|test_matrix|matrix/)")

#: How much of a copy is made anew for each; `.venv` is the checkout's own.
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "dist", "node_modules")

_OPTIONS = ["-q", "-p", "no:cacheprovider", "-k", "not postgresql"]
#: Of the process that forks: what it has imported, pytest finds imported, and says so.
_OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
#: A test that waits for ever because of what was dropped has noticed it, as it does in the suite.
_OPTIONS += ["--timeout", "60", "--timeout-method", "signal"]

Outcome = Literal["killed", "survived", "unreached", "too slow"]


@dataclass(frozen=True)
class Verdict:
    """What came of dropping one check: `by` is the test that failed."""

    outcome: Outcome
    by: str = ""
    tried: int = 0


class Copy:
    """A copy of the checkout that belongs to one worker."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED, symlinks=True, dirs_exist_ok=True)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        self._tmp = folder.with_name(f"{folder.name}-tmp")
        self._tmp.mkdir()
        self._warm: subprocess.Popen[str] | None = None

    @property
    def server(self) -> Path:
        return self._root / "src" / "ravi" / "server"

    def learn(self, folder: Path, paths: list[str]) -> None:
        """Run *paths*, or all suites, and note in *folder* which test comes past what."""
        command = [sys.executable, "-m", "pytest", *_OPTIONS, "-p", "tests.mutations.reach", "-n", "2"]
        environment = self._environment() | {reach.FOLDER: str(folder)}
        subprocess.run(
            [*command, *(paths or SUITES)], cwd=self._root, env=environment, capture_output=True, check=False
        )

    def close(self) -> None:
        """End the process that waits for work."""
        if self._warm is not None:
            self._warm.communicate()

    def try_without(self, site: Site, tests: list[str], *, seconds: float) -> Verdict:
        """Run *tests* with *site* dropped, for at most *seconds*."""
        if not tests:
            return Verdict("unreached")
        path = self.server / site.file
        whole = path.read_text()
        assert whole[site.start : site.end] == site.says, f"{site.name} has moved"
        path.write_text(whole[: site.start] + site.instead + whole[site.end :])
        self._forget_compiled(path)
        try:
            return self._judge(tests, seconds)
        finally:
            path.write_text(whole)
            self._forget_compiled(path)

    def _judge(self, tests: list[str], seconds: float) -> Verdict:
        wanted = self._root / "wanted.txt"
        wanted.write_text("\n".join(tests))
        code, said = self._pytest("-x", "-rfE", "--tb=no", f"@{wanted}", seconds=seconds)
        if code is None:
            return Verdict("too slow", tried=len(tests))
        if code == pytest.ExitCode.USAGE_ERROR:  # some are not there any more, under that name
            gone = tuple(re.findall(r"^ERROR: not found: \S*?(tests/.*)$", said, re.MULTILINE))
            left = [test for test in tests if test not in gone and test.partition("[")[0] not in gone]
            if len(left) < len(tests):
                return self._judge(left, seconds) if left else Verdict("unreached")
        if code == 0:
            return Verdict("survived", tried=len(tests))
        failed = re.search(r"^(?:FAILED|ERROR) (.+)$", said, re.MULTILINE)
        if failed is None:
            raise RuntimeError(f"pytest did not run: {said[-2000:]}")
        by = max((test for test in tests if failed[1].startswith(test)), key=len, default=failed[1])
        return Verdict("killed", by=by, tried=len(tests))

    def _pytest(self, *args: str, seconds: float) -> tuple[int | None, str]:
        """Return pytest's exit code, None when it took longer than *seconds*, and what it said."""
        if self._warm is None:
            self._warm = self._start()
        output = self._root / "output.txt"
        code = self._ask({"args": [*_OPTIONS, *args], "output": str(output), "seconds": seconds})
        return code, output.read_text()

    def _start(self) -> "subprocess.Popen[str]":
        """Start the process that forks, and have it import what the tests of the server import."""
        imported = self._root / "imported.txt"
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "tests.mutations.warm"],
            cwd=self._root,
            env=self._environment() | {"MUTATIONS_IMPORTED": str(imported)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        args = [*_OPTIONS, "-x", "tests/contract/test_contacts.py"]
        asked = {"args": args, "output": str(self._root / "output.txt"), "seconds": 600, "imports": str(imported)}
        if self._ask(asked) != 0:
            raise RuntimeError(
                f"the tests fail with nothing dropped: {(self._root / 'output.txt').read_text()[-2000:]}"
            )
        return self._warm

    def _ask(self, asked: dict[str, object]) -> int | None:
        assert self._warm is not None
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps(asked) + "\n")
        self._warm.stdin.flush()
        answer: int | None = json.loads(self._warm.stdout.readline())
        return answer

    def _environment(self) -> dict[str, str]:
        # Compiled files are what makes the second start quick, whatever the caller thinks of them.
        own = {
            "PYTHONPATH": str(self._root / "src"),
            "PYTHONDONTWRITEBYTECODE": "",
            "CI": "1",
            "TMPDIR": str(self._tmp),
        }
        return os.environ | own

    @staticmethod
    def _forget_compiled(path: Path) -> None:
        """Python tells a stale one by size and whole second: too coarse for this."""
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
