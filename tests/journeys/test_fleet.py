"""Many agents at once: every workspace gets its identity, and none gets another's."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support.cli import Cli
from tests.support.journey import make_workspace, unchanged
from tests.support.server import Server

T = TypeVar("T")
FIFTY = 50


@pytest.fixture
def orchestrator(owner: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The owner, and this very process in the owner's place: what it starts finds `ravi` and the owner's home."""
    for name, value in owner.environment.items():
        monkeypatch.setenv(name, value)
    return owner


def provision(name: str, config_dir: pathlib.Path) -> dict[str, str]:
    """Make an identity and bind *config_dir* to it, as the recipe for fleets does."""
    config_dir.mkdir(parents=True, exist_ok=True)
    scoped = {**os.environ, "RAVI_CONFIG_DIR": str(config_dir)}
    # The variable already points at the directory, and there is no file in it yet.
    created = subprocess.run(
        ["ravi", "identity", "create", "--name", name, "--json"],
        env=scoped,
        capture_output=True,
        text=True,
        check=True,
    )
    assert os.listdir(config_dir) == [], "creating an identity wrote a file"
    identity = json.loads(created.stdout)
    (config_dir / "config.json").write_text(json.dumps({"identity_uuid": identity["uuid"]}))
    email = subprocess.run(["ravi", "get", "email", "--json"], env=scoped, capture_output=True, text=True, check=True)
    return {"name": name, "uuid": identity["uuid"], "email": json.loads(email.stdout)["email"]}


def run_as_agent(worktree: Path, command: list[str]) -> str:
    """Run a command in the context of the agent that lives in *worktree*."""
    return subprocess.run(
        command,
        env={**os.environ, "RAVI_CONFIG_DIR": str(worktree / ".ravi")},
        capture_output=True,
        text=True,
        check=True,
        cwd=worktree,
    ).stdout


def all_at_once(work: Callable[[int], T], count: int) -> list[T]:
    """Run `work(0)`, `work(1)`, … in a thread each, which start at the same instant."""
    start = threading.Barrier(count)

    def one(number: int) -> T:
        start.wait()
        return work(number)

    with concurrent.futures.ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(one, range(count)))


def distinct(documents: list[dict[str, Any]], *keys: str) -> None:
    """Fails unless every key has another value in every document."""
    for key in keys:
        values = [document[key] for document in documents]
        assert all(values), f"{key} is empty somewhere"
        assert len(set(values)) == len(values), f"{key} was given out twice"


def test_a_fleet_is_provisioned_by_twenty_threads_and_runs_on_when_one_of_it_is_deleted(
    orchestrator: Cli, tmp_path: Path
) -> None:
    worktrees = [tmp_path / f"feature-{number}" for number in range(30)]
    tasks = [(f"agent-{number}", worktree / ".ravi") for number, worktree in enumerate(worktrees)]

    with unchanged(orchestrator.home):
        with concurrent.futures.ThreadPoolExecutor(max_workers=min(len(tasks), 20)) as pool:
            futures = [pool.submit(provision, name, config_dir) for name, config_dir in tasks]
            fleet = [future.result() for future in futures]

        distinct(fleet, "uuid", "email")
        for number, agent in enumerate(fleet):
            # Another account may have had the name's own address before.
            assert agent["email"].startswith(f"agent-{number}")
        listed = {each["uuid"]: each["inbox"] for each in orchestrator.json("identity", "list")}
        assert listed == {agent["uuid"]: agent["email"] for agent in fleet}

        first, second, third = fleet[:3]
        assert json.loads(run_as_agent(worktrees[0], ["ravi", "get", "email", "--json"]))["email"] == first["email"]
        assert run_as_agent(worktrees[1], ["sh", "-c", "ravi get email --json | jq -r .email"]) == (
            second["email"] + "\n"
        )

        subprocess.run(["ravi", "identity", "delete", first["uuid"]], check=True, capture_output=True)
        assert orchestrator.at(RAVI_CONFIG_DIR=tasks[0][1]).fails(4, "get", "email")["error"]
        for agent, worktree in ((second, worktrees[1]), (third, worktrees[2])):
            assert json.loads(run_as_agent(worktree, ["ravi", "get", "email", "--json"]))["email"] == agent["email"]


def test_fifty_workspaces_at_once_get_fifty_identities_and_none_sees_anothers(owner: Cli, tmp_path: Path) -> None:
    def live(number: int) -> dict[str, Any]:
        folder = tmp_path / f"workspace-{number}"
        folder.mkdir()
        made = owner.at(folder).json("identity", "create", "--name", "worker")
        make_workspace(folder, made["uuid"])
        # Half of them find their file from the directory they stand in, half are told where it is.
        agent = owner.at(folder) if number % 2 else owner.at(RAVI_CONFIG_DIR=folder / ".ravi")
        email, phone = agent.json("get", "email"), agent.json("get", "phone")
        assert (email["email"], phone["phone_number"]) == (made["inbox"], made["phone_number"])
        return {"uuid": made["uuid"], "email": email["email"], "phone_number": phone["phone_number"]}

    with unchanged(owner.home):
        lived = all_at_once(live, FIFTY)

    distinct(lived, "uuid", "email", "phone_number")
    listed = owner.json("identity", "list", "--name", "worker")
    assert sorted((each["uuid"], each["email"], each["phone_number"]) for each in listed) == sorted(
        (each["uuid"], each["email"], each["phone_number"]) for each in lived
    )


def test_fifty_workspaces_with_keys_of_their_own_reach_themselves_and_nothing_else(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    def live(number: int) -> dict[str, Any]:
        made = owner.json("identity", "create", "--name", "fenced")
        key = owner.json("keys", "create", "--identity", made["uuid"], "--label", f"workspace {number}")
        folder = make_workspace(
            tmp_path / f"workspace-{number}", made["uuid"], identity_key=key["key"], server=shared_server.url
        )
        home = tmp_path / f"home-{number}"
        home.mkdir()
        agent = Cli(home, folder, {"RAVI_CONFIG_DIR": str(folder / ".ravi")})
        email, phone = agent.json("get", "email"), agent.json("get", "phone")
        assert (email["email"], phone["phone_number"]) == (made["inbox"], made["phone_number"])
        assert [each["uuid"] for each in agent.json("identity", "list")] == [made["uuid"]]
        assert os.listdir(home) == []
        return {"uuid": made["uuid"], "email": email["email"], "phone_number": phone["phone_number"], "key": key["key"]}

    with unchanged(owner.home):
        lived = all_at_once(live, FIFTY)

    distinct(lived, "uuid", "email", "phone_number", "key")
