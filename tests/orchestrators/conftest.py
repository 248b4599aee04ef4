"""What the tests with real orchestrators share: npm, and what it installs. `make test-orchestrators` runs them."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support import claude_code as claude
from tests.support import codex, lalph
from tests.support.cli import Cli
from tests.support.journey import sign_in
from tests.support.npm import Npm, find_npm, reason
from tests.support.openclaw import OpenClaw, installed
from tests.support.orchestrators.ground import Ground
from tests.support.server import Server


@pytest.fixture(scope="session")
def npm() -> Npm:
    """npm, and a node of the line 24."""
    with _skipping("Node 24"):
        return find_npm()


@pytest.fixture(scope="session")
def openclaw(npm: Npm) -> Iterator[OpenClaw]:
    """OpenClaw and our plugin, as npm installs them."""
    with ExitStack() as stack:
        with _skipping("OpenClaw"):
            found = stack.enter_context(installed(npm))
        yield found


@pytest.fixture(scope="session")
def claude_program(npm: Npm) -> Path:
    """The program of Claude Code."""
    with _skipping("Claude Code"):
        return claude.install(npm)


@pytest.fixture(scope="session")
def codex_program(npm: Npm) -> Path:
    """The program of Codex."""
    with _skipping("Codex"):
        return codex.install(npm)


@pytest.fixture(scope="session")
def lalph_program(npm: Npm) -> Path:
    """The program of lalph."""
    with _skipping("lalph"):
        return lalph.install(npm)


@pytest.fixture
def ground(server: Server, cli: Cli, tmp_path: Path) -> Ground:
    """A signed-in owner whose home selects an identity that no agent may act as, and a project."""
    return Ground(sign_in(server, cli), tmp_path)


@contextmanager
def _skipping(what: str) -> Iterator[None]:
    """Skip the test, with the reason, where npm or its registry is not reachable."""
    try:
        yield
    except (subprocess.SubprocessError, FileNotFoundError) as fault:
        pytest.skip(f"npm cannot install {what}: {reason(fault)}")
