"""Raising a fleet is interrupted at every step of it, and leaves nothing: on the disk, at the server, or locked."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ravi import AsyncClient, Client
from tests.support.cli import Cli
from tests.support.workspaces import git, identities, repository

#: Where a fleet is raised: an interrupt may come between any two lines of these.
_FILES = (
    "/ravi/client/fleets/",
    "/ravi/client/workspaces/",
    "/ravi/settings/workspace",
    "/ravi/settings/locking.py",
    "/ravi/settings/trust.py",
    "/ravi/client/session.py",
    "/ravi/client/together.py",
)
#: One in so many of the lines, others of them for each kind of fleet. With 1 it takes minutes, and passes as well.
_STRIDE = 31


class _Lines:
    """Counts the lines of those files that this thread comes to, and sends itself Ctrl-C at the one numbered `at`."""

    def __init__(self, at: int | None) -> None:
        self.count = 0
        self.place = ""
        self._at = at

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not any(part in frame.f_code.co_filename for part in _FILES):
            return None
        if event == "line":
            self.count += 1
            if self.count == self._at:
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return self.trace


@contextmanager
def _traced(lines: _Lines) -> Iterator[None]:
    former = sys.gettrace()
    sys.settrace(lines.trace)
    try:
        yield
    finally:
        sys.settrace(former)


@pytest.fixture
def work(owner: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The owner, whose home and empty directory are this process's own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(owner.home))
    monkeypatch.chdir(folder)
    return owner.at(folder)


def _directories(work: Cli) -> tuple[Callable[[Client], Any], Callable[[], Any]]:
    return lambda client: client.fleet.up(3), lambda: sorted(work.cwd.rglob("*"))


def _named(work: Cli) -> tuple[Callable[[Client], Any], Callable[[], Any]]:
    for name in ("a", "b"):
        (work.cwd / name).mkdir()
        (work.cwd / name / "kept").write_text("x")
    return (
        lambda client: client.fleet.up(["a", "b"], env_file=".env.local"),
        lambda: sorted(work.cwd.rglob("*")),
    )


def _worktrees(work: Cli) -> tuple[Callable[[Client], Any], Callable[[], Any]]:
    top = repository(work.cwd / "app")

    def left() -> Any:
        return git(top, "worktree", "list"), git(top, "branch"), sorted(path.name for path in work.cwd.iterdir())

    def up(client: Client) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(top)
            return client.fleet.up(2, worktrees="task")

    return up, left


@pytest.mark.parametrize(("kind", "first"), [(_directories, 1), (_named, 13), (_worktrees, 25)])
def test_ctrl_c_between_any_two_lines_leaves_nothing(work: Cli, kind: Any, first: int) -> None:
    assert threading.current_thread() is threading.main_thread(), "only there Ctrl-C arrives"
    up, left = kind(work)
    before = left()
    at, whole = first, 0
    while True:
        lines = _Lines(at)
        with Client() as client:
            try:
                with _traced(lines):
                    up(client)
            except KeyboardInterrupt:
                pass
            else:
                whole += 1
        if lines.count < at:
            break
        assert left() == before, f"interrupted at line {at}, {lines.place}"
        assert identities(work) == {}, f"interrupted at line {at}, {lines.place}"
        at += _STRIDE

    assert at > first + 10 * _STRIDE
    assert whole == 1, "the last one only, which nothing interrupted"
    assert len(identities(work)) in (2, 3)
    with Client() as client:
        assert {each.status for each in up(client).members} == {"unchanged"}, "and nothing was left locked"


def test_who_is_cancelled_leaves_nothing_whenever_that_is(work: Cli) -> None:
    async def is_cancelled(after: float) -> bool:
        async with AsyncClient() as client:
            raising = asyncio.ensure_future(client.fleet.up(12))
            await asyncio.sleep(after)
            raising.cancel()
            try:
                await raising
            except asyncio.CancelledError:
                return True
            return False

    cancelled = 0
    for milliseconds in range(0, 60, 3):
        if not asyncio.run(is_cancelled(milliseconds / 1000)):
            break
        cancelled += 1
        assert list(work.cwd.iterdir()) == [], f"cancelled after {milliseconds} ms"
        assert identities(work) == {}, f"cancelled after {milliseconds} ms"
    assert cancelled
