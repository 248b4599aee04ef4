"""One running server for each file of journeys, and an owner of its own for each journey."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import Canary, saved_sign_in, sign_in
from tests.support.server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server for all journeys of the file. None of them may stop it."""
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield server
    server.stop()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)


@pytest.fixture
def owner(shared_server: Server, cli: Cli) -> Cli:
    """`ravi` in the home of an owner whom nobody else knows, signed in at the shared server."""
    return sign_in(shared_server, cli, f"owner-{next(_numbers)}@example.com")


@pytest.fixture
def fleet(owner: Cli) -> dict[str, Cli]:
    """Three identities of one owner, each with a key of its own and a home where nothing else is."""
    server = saved_sign_in(owner)["server"]
    agents = {}
    for name in ("ada", "bob", "eve"):
        uuid = owner.json("identity", "create", "--name", name)["uuid"]
        key = owner.json("keys", "create", "--identity", uuid)["key"]
        home = owner.home / f"home-of-{name}"
        home.mkdir()
        agents[name] = Cli(home, home, {"RAVI_API_URL": server, "RAVI_API_KEY": key})
    return agents


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty directory for an agent, outside everybody's home."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A server that nobody has a reason to call."""
    canary = Canary()
    yield canary
    canary.close()
