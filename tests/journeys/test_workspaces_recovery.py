"""
Whoever binds or releases a workspace may be killed anywhere: the next one finishes, and no identity is lost.

First each state that a kill can leave behind, put together by hand; then real kills, at random moments.
"""

import contextlib
import random
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import saved_sign_in, sign_in
from tests.support.server import Server
from tests.support.workspaces import binding, host_of, identities, make_on_server, mark


@pytest.fixture
def host(owner: Cli, tmp_path: Path) -> str:
    return host_of(owner, tmp_path)


def fresh() -> str:
    return str(uuid.uuid4())


def works(owner: Cli, workspace: Path) -> None:
    """The agent in *workspace* can act, as the only identity that there is."""
    named = binding(workspace)["identity_uuid"]
    found = identities(owner)
    assert set(found) == {named}
    assert owner.at(workspace).json("get", "email")["email"] == found[named]["email"]
    keys = owner.json("keys", "list", "--identity", named)
    assert sum(key["is_active"] for key in keys) == 1, "no key is left that nobody has"


def test_killed_before_the_server_was_asked(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host)

    assert owner.json("workspace", "ensure", workspace)["identity_uuid"] == chosen

    works(owner, workspace)


def test_killed_before_the_answer_arrived(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host)
    lost = make_on_server(owner, chosen, workspace, host)["api_key"]

    made = owner.json("workspace", "ensure", workspace)

    assert (made["status"], made["identity_uuid"]) == ("recovered", chosen)
    works(owner, workspace)
    assert Http(saved_sign_in(owner)["server"], lost).get("/api/auth/whoami/").status == 401


def test_killed_after_the_environment_file_was_written(owner: Cli, workspace: Path, host: str) -> None:
    made = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")
    mark(workspace, made["identity_uuid"], owner, host)

    again = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")

    assert (again["status"], again["identity_uuid"]) == ("recovered", made["identity_uuid"])
    works(owner, workspace)
    owner.ok("workspace", "release", workspace)
    assert list(workspace.iterdir()) == []


def test_killed_and_its_identity_ended_meanwhile(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host)
    make_on_server(owner, chosen, workspace, host)
    owner.ok("identity", "delete", chosen)

    assert owner.json("workspace", "ensure", workspace)["identity_uuid"] != chosen

    works(owner, workspace)


def test_killed_and_its_identity_switched_off_meanwhile(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host)
    make_on_server(owner, chosen, workspace, host)
    owner.ok("identity", "disable", chosen)

    assert owner.fails(6, "workspace", "ensure", workspace)["code"] == "identity.disabled"

    assert set(identities(owner)) == {chosen}


def test_killed_with_an_environment_file_and_then_released(owner: Cli, workspace: Path, host: str) -> None:
    made = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")
    mark(workspace, made["identity_uuid"], owner, host, env_file=".env.local")

    owner.ok("workspace", "release", workspace)

    assert list(workspace.iterdir()) == []


def test_killed_and_then_released(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host)
    make_on_server(owner, chosen, workspace, host)

    assert owner.json("workspace", "release", workspace)["receipt"]["uuid"] == chosen

    assert identities(owner) == {}
    assert list(workspace.iterdir()) == []


def test_killed_and_then_the_directory_removed(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    (workspace.parent / "neighbour").mkdir()
    mark(workspace, chosen, owner, host)
    make_on_server(owner, chosen, workspace, host)
    assert owner.json("workspace", "gc") == [], "somebody may be about to finish it"
    shutil.rmtree(workspace)

    assert [each["uuid"] for each in owner.json("workspace", "gc")] == [chosen]
    assert identities(owner) == {}


def test_killed_during_a_release_once_the_identity_was_ended(owner: Cli, workspace: Path) -> None:
    first = owner.json("workspace", "ensure", workspace)["identity_uuid"]
    owner.ok("identity", "delete", first)

    done = owner.json("workspace", "release", workspace)

    assert (done["status"], done["identity_uuid"], done["receipt"]) == ("released", first, None)
    assert list(workspace.iterdir()) == []


def test_killed_during_a_release_with_only_the_binding_removed(owner: Cli, workspace: Path) -> None:
    first = owner.json("workspace", "ensure", workspace)["identity_uuid"]
    owner.ok("identity", "delete", first)
    (workspace / ".ravi" / "config.json").unlink()

    owner.ok("workspace", "release", workspace)
    assert list(workspace.iterdir()) == []

    owner.ok("workspace", "ensure", workspace)
    works(owner, workspace)


def test_the_remains_of_killed_writers_go_with_the_release(owner: Cli, workspace: Path) -> None:
    owner.ok("workspace", "ensure", workspace)
    (workspace / ".ravi" / "config.json.0123456789ab.tmp").write_text("{")

    owner.ok("workspace", "release", workspace)

    assert list(workspace.iterdir()) == []


def test_a_marker_for_another_server_gives_way(owner: Cli, workspace: Path, host: str) -> None:
    chosen = fresh()
    mark(workspace, chosen, owner, host, binding_server="http://127.0.0.1:1")

    assert owner.json("workspace", "ensure", workspace)["identity_uuid"] != chosen

    works(owner, workspace)


def test_a_marker_with_the_uuid_of_another_accounts_identity_gives_way(
    owner: Cli, shared_server: Server, workspace: Path, host: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = sign_in(shared_server, Cli(tmp_path / "other"), f"{fresh()}@example.com")
    theirs = other.json("identity", "create", "--name", "theirs")["uuid"]
    mark(workspace, theirs, owner, host)

    assert owner.json("workspace", "ensure", workspace)["identity_uuid"] != theirs

    works(owner, workspace)
    assert set(identities(other)) == {theirs}


@pytest.mark.parametrize("seed", range(3))
def test_real_kills_at_random_moments_leave_one_identity(owner: Cli, workspace: Path, seed: int) -> None:
    dice = random.Random(seed)

    def killed(verb: str) -> None:
        with owner.start("workspace", verb, workspace) as process:
            time.sleep(dice.uniform(0.02, 0.35))
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=10)

    for _ in range(4):
        killed("ensure")
        assert len(identities(owner)) <= 1
    owner.ok("workspace", "ensure", workspace)
    works(owner, workspace)

    for _ in range(3):
        killed("release")
    owner.ok("workspace", "release", workspace)
    assert identities(owner) == {}
    assert list(workspace.iterdir()) == []
