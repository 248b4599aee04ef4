"""
Which tests come past which function of the server: learned by one run of the suites that work in process.

As a plugin of pytest (`-p tests.mutations.reach`) this module notes for each test the functions that it enters. Only
calls are traced, so a run takes about twice its time.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

import pytest

#: In which folder the plugin leaves what it has noted, one file for each process.
FOLDER = "MUTATIONS_REACH"
#: After so many tests it is written down, so that a run that is cut off was not for nothing.
KEPT_EACH = 100
#: What tells the server's files from others in a traced function's file name.
_SERVER = "/src/ravi/server/"


@dataclass(frozen=True)
class Reach:
    """For each test that passed: how long it took, and which functions it entered, as `file:qualified name`."""

    seconds: dict[str, float]
    entered: dict[str, frozenset[str]]

    def tests_for(self, file: str, functions: frozenset[str], *, seconds: float) -> list[str]:
        """
        Return tests that enter one of *functions* of *file*, the likeliest to notice first, for about *seconds*.

        Likely is what enters much of that file and little else, in little time; and what is not like those before.
        """
        names = {f"{file}:{function}" for function in functions}
        ranked = []
        for test, entered in self.entered.items():
            if entered & names:
                near = sum(1 for name in entered if name.startswith(f"{file}:"))
                ranked.append((near**2 / len(entered) / (0.2 + self.seconds[test]), test))
        chosen, spent = [], 0.0
        for _, test in sorted(_varied(sorted(ranked, reverse=True)), reverse=True):
            if spent > seconds:
                break
            chosen.append(test)
            spent += self.seconds[test]
        return chosen


def _varied(ranked: list[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Make worse what is another case of a test, or another test of a file, that stands before it."""
    seen: Counter[str] = Counter()
    for score, test in ranked:
        function, file = test.partition("[")[0], test.partition("::")[0]
        yield score / (1 + 2 * seen[function]) / (1 + seen[file] / 10), test
        seen[function] += 1
        seen[file] += 1


def read(folder: Path, root: Path) -> Reach:
    """Put together what has been noted in *folder*, without tests whose file below *root* was changed since."""
    seconds: dict[str, float] = {}
    entered: dict[str, frozenset[str]] = {}
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
        noted = path.stat().st_mtime
        for test, (took, functions) in json.loads(path.read_text()).items():
            file = root / test.partition("::")[0]
            if file.exists() and file.stat().st_mtime < noted:
                seconds[test] = took
                entered[test] = frozenset(functions)
    return Reach(seconds, entered)


# --- the plugin

_entered: set[CodeType] = set()
_noted: dict[str, tuple[float, list[str]]] = {}
_failed: set[str] = set()


def _trace(frame: FrameType, event: str, arg: object) -> None:
    _entered.add(frame.f_code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _entered.clear()
    started = time.perf_counter()
    threading.settrace(_trace)
    sys.settrace(_trace)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)  # documented: None ends it
        functions = {
            f"{code.co_filename.partition(_SERVER)[2]}:{code.co_qualname}"
            for code in list(_entered)
            if _SERVER in code.co_filename
        }
        if item.nodeid not in _failed:
            _noted[item.nodeid] = (round(time.perf_counter() - started, 3), sorted(functions))
            if len(_noted) % KEPT_EACH == 0:
                _keep()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if not report.passed:
        _failed.add(report.nodeid)
        _noted.pop(report.nodeid, None)


def pytest_sessionfinish() -> None:
    _keep()


def _keep() -> None:
    if _noted and (folder := os.environ.get(FOLDER)):
        (Path(folder) / f"{os.getpid()}.json").write_text(json.dumps(_noted))
