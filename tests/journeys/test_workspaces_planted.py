"""
Directories that came with something in them: copied, moved, cloned, or made by somebody who means harm.

What is written into a workspace is a key, so it must not end up where somebody else has chosen; and what lies there may
choose an identity, and not whose key is handed out, nor who is ended.
"""

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import Canary, make_workspace, unchanged
from tests.support.vault_agents import unlock
from tests.support.workspaces import binding, git, host_of, identities, make_on_server, mark, repository

PLANTED_KEY = "ravi_id_planted0000000000000000000000000000000000000"


@pytest.fixture
def host(owner: Cli, tmp_path: Path) -> str:
    return host_of(owner, tmp_path)


@pytest.fixture
def victim(owner: Cli) -> dict[str, Any]:
    """An identity of the owner's that the directory must not get hold of."""
    made: dict[str, Any] = owner.json("identity", "create", "--name", "victim")
    return made


def keys_of(owner: Cli, uuid: str) -> int:
    return len(owner.json("keys", "list", "--identity", uuid))


@pytest.mark.parametrize("move", [False, True], ids=["copied", "moved"])
def test_a_directory_that_was_copied_or_moved_gets_an_identity_of_its_own(
    owner: Cli, workspace: Path, tmp_path: Path, move: bool
) -> None:
    first = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")["identity_uuid"]
    other = tmp_path / "other"
    (shutil.move if move else shutil.copytree)(workspace, other)
    assert owner.json("workspace", "status", other)["state"] == "elsewhere"
    assert owner.at(other).run("get", "email").code == 1, "nobody acts there before"

    made = owner.json("workspace", "ensure", other)

    assert made["status"] == "created"
    assert made["identity_uuid"] != first
    assert str(workspace) in made["notes"][0]
    assert set(identities(owner)) == {first, made["identity_uuid"]}, "the first one was not touched"
    gone = [each["uuid"] for each in owner.json("workspace", "gc")]
    assert gone == ([first] if move else [])


def test_to_release_a_copy_removes_the_copy_alone(owner: Cli, workspace: Path, tmp_path: Path) -> None:
    first = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")["identity_uuid"]
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)

    done = owner.json("workspace", "release", copy)

    assert done["status"] == "unbound"
    assert list(copy.iterdir()) == []
    assert set(identities(owner)) == {first}
    assert owner.json("workspace", "ensure", workspace)["status"] == "unchanged"


def test_the_environment_file_of_a_copy_carries_no_secrets_of_the_original(
    owner: Cli, workspace: Path, tmp_path: Path
) -> None:
    unlock(owner)
    owner.ok("workspace", "ensure", workspace, "--env-file", ".env.local")
    owner.at(workspace).ok("secrets", "set", "API_TOKEN", "of-the-original")
    owner.ok("workspace", "ensure", workspace, "--env-file", ".env.local")
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    assert "of-the-original" in (copy / ".env.local").read_text()

    made = owner.json("workspace", "ensure", copy)

    written = (copy / ".env.local").read_text()
    assert "of-the-original" not in written
    assert made["email"] in written
    owner.ok("workspace", "release", copy)
    assert list(copy.iterdir()) == []
    assert "of-the-original" in (workspace / ".env.local").read_text()


@pytest.mark.parametrize("link", [".ravi", ".ravi/config.json", ".ravi/config.json.lock"])
def test_our_pen_follows_no_link(owner: Cli, workspace: Path, tmp_path: Path, link: str) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "config.json").write_text("{}")
    if link == ".ravi":
        (workspace / ".ravi").symlink_to(target)
    else:
        (workspace / ".ravi").mkdir()
        (workspace / link).symlink_to(target / "config.json")

    with unchanged(target):
        for verb in ("ensure", "release"):
            assert owner.run("workspace", verb, workspace).code == 1
        owner.run("workspace", "ensure", workspace, "--rebind")

    assert identities(owner) == {}


def test_a_planted_selection_is_not_bound_and_not_ended(owner: Cli, workspace: Path, victim: dict[str, Any]) -> None:
    make_workspace(workspace, victim["uuid"])

    with unchanged(workspace):
        assert "not written by ravi workspace ensure" in owner.fails(1, "workspace", "ensure", workspace)["error"]
        assert owner.fails(1, "workspace", "release", workspace)["code"] == "config.invalid"

    assert set(identities(owner)) == {victim["uuid"]}
    assert keys_of(owner, victim["uuid"]) == 0


def test_with_rebind_what_is_there_gives_way_and_what_it_named_stays(
    owner: Cli, workspace: Path, victim: dict[str, Any]
) -> None:
    make_workspace(workspace, victim["uuid"])

    made = owner.json("workspace", "ensure", workspace, "--rebind")

    assert made["identity_uuid"] != victim["uuid"]
    assert set(identities(owner)) == {victim["uuid"], made["identity_uuid"]}


def test_a_file_that_git_tracks_never_gets_a_key(owner: Cli, tmp_path: Path, victim: dict[str, Any]) -> None:
    project = repository(tmp_path / "project")
    make_workspace(project, victim["uuid"], workspace={"host": "x:00000000", "path": "/somewhere/else"})
    git(project, "add", "-f", ".ravi/config.json")
    git(project, "commit", "-q", "-m", "planted")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(project), str(clone))

    for flags in ((), ("--rebind",)):
        assert "tracked by git" in owner.fails(1, "workspace", "ensure", clone, *flags)["error"]

    assert git(clone, "status", "--porcelain") == ""
    assert set(identities(owner)) == {victim["uuid"]}


def test_a_planted_marker_does_not_hand_out_the_key_of_what_it_names(
    owner: Cli, workspace: Path, victim: dict[str, Any], host: str
) -> None:
    mark(workspace, victim["uuid"], owner, host)

    made = owner.json("workspace", "ensure", workspace)

    assert made["identity_uuid"] != victim["uuid"]
    assert keys_of(owner, victim["uuid"]) == 0

    mark(workspace, victim["uuid"], owner, host)
    assert "not made for this workspace" in owner.fails(1, "workspace", "release", workspace)["error"]
    assert victim["uuid"] in identities(owner)


def test_the_identity_of_another_workspace_is_neither_bound_nor_ended(
    owner: Cli, workspace: Path, tmp_path: Path, host: str
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    other = owner.json("workspace", "ensure", theirs)["identity_uuid"]
    planted = {**binding(theirs), "workspace": {"host": host, "path": str(workspace)}}
    make_workspace(workspace, other, **{key: value for key, value in planted.items() if key != "identity_uuid"})

    assert owner.fails(1, "workspace", "ensure", workspace)["code"] == "config.untrusted"
    assert owner.fails(1, "workspace", "release", workspace)["code"] == "config.untrusted"

    assert set(identities(owner)) == {other}


def test_a_planted_binding_sends_nobody_to_its_server(
    owner: Cli, workspace: Path, victim: dict[str, Any], host: str, canary: Canary
) -> None:
    make_workspace(
        workspace,
        victim["uuid"],
        identity_key=PLANTED_KEY,
        server=canary.url,
        workspace={"host": host, "path": str(workspace)},
    )

    with unchanged(workspace):
        assert owner.fails(1, "workspace", "ensure", workspace)["code"] == "config.untrusted"
        started = owner.run("workspace", "exec", workspace, "--", "touch", workspace / "started")
        assert started.code == 1, str(started)
        owner.fails(1, "workspace", "release", workspace)
        assert owner.json("workspace", "status", workspace)["healthy"] is False

    assert canary.visits == []
    assert set(identities(owner)) == {victim["uuid"]}


@pytest.mark.parametrize("recorded", ["../outside.env", "/tmp/x", ".ravi/config.json", "link/outside.env"])
def test_a_binding_cannot_have_a_file_elsewhere_removed(
    owner: Cli, workspace: Path, tmp_path: Path, recorded: str
) -> None:
    owner.ok("workspace", "ensure", workspace, "--env-file", ".env")
    outside = tmp_path / "outside.env"
    shutil.copy(workspace / ".env", outside)
    (workspace / "link").symlink_to(tmp_path)
    config = workspace / ".ravi" / "config.json"
    config.write_text(json.dumps({**binding(workspace), "env_file": recorded}))

    owner.ok("workspace", "release", workspace)

    assert outside.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"identity_uuid": ""}', '{"workspace": 7}'])
def test_a_broken_file_is_left_alone_until_somebody_says_otherwise(owner: Cli, workspace: Path, content: str) -> None:
    (workspace / ".ravi").mkdir()
    (workspace / ".ravi" / "config.json").write_text(content)

    with unchanged(workspace):
        assert owner.fails(1, "workspace", "ensure", workspace)["code"] == "config.invalid"
    assert identities(owner) == {}

    assert owner.json("workspace", "ensure", workspace, "--rebind")["status"] == "created"


def test_the_home_directory_is_no_workspace(owner: Cli) -> None:
    for verb in ("ensure", "release", "status"):
        assert "home directory" in owner.fails(2, "workspace", verb, owner.home)["error"]


def test_a_directory_that_is_not_there_is_not_made(owner: Cli, tmp_path: Path) -> None:
    owner.fails(2, "workspace", "ensure", tmp_path / "typo")

    assert not (tmp_path / "typo").exists()


def test_where_ravi_is_a_file_nothing_is_made(owner: Cli, workspace: Path) -> None:
    (workspace / ".ravi").write_text("somebody's\n")

    for flags in ((), ("--rebind",)):
        assert "directory" in str(owner.fails(1, "workspace", "ensure", workspace, *flags))

    assert (workspace / ".ravi").read_text() == "somebody's\n"
    assert identities(owner) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_directory_that_cannot_be_written_to_is_an_error_and_makes_nothing(owner: Cli, workspace: Path) -> None:
    workspace.chmod(0o500)
    try:
        assert "cannot" in owner.fails(1, "workspace", "ensure", workspace)["error"]
    finally:
        workspace.chmod(0o700)

    assert identities(owner) == {}


def test_gc_ends_what_is_gone_and_lists_what_may_be_out_of_sight(owner: Cli, tmp_path: Path, host: str) -> None:
    fleet = tmp_path / "fleet"
    names = ("kept", "gone", "unbound", "taken-over", "alone/gone", "mount/gone", "disk/deep/gone", "emptied")
    made = {}
    for name in names:
        (fleet / name).mkdir(parents=True)
        made[name] = owner.json("workspace", "ensure", fleet / name)["identity_uuid"]
    (fleet / "empty").mkdir()
    elsewhere = make_on_server(owner, str(uuid.uuid4()), fleet / "elsewhere", "other-laptop:0badcafe")["uuid"]
    renamed = make_on_server(owner, str(uuid.uuid4()), fleet / "renamed", f"old-name:{host.rpartition(':')[2]}")["uuid"]
    plain = owner.json("identity", "create", "--name", "plain")["uuid"]
    shutil.rmtree(fleet / "gone")
    shutil.rmtree(fleet / "alone" / "gone")
    shutil.rmtree(fleet / "mount" / "gone")
    os.utime(fleet / "mount", (0, 0))  # as it was before a disk was mounted there
    shutil.rmtree(fleet / "disk")
    shutil.rmtree(fleet / "unbound" / ".ravi")
    (fleet / "unbound" / "work.txt").write_text("still here\n")
    shutil.rmtree(fleet / "emptied" / ".ravi")
    taken_over = owner.json("workspace", "ensure", fleet / "taken-over", "--rebind")["identity_uuid"]

    with unchanged(fleet):
        dry = {each["uuid"]: each["verdict"] for each in owner.json("workspace", "gc", "--dry-run")}
    assert dry == {
        made["gone"]: "gone",
        made["unbound"]: "gone",
        made["taken-over"]: "gone",
        made["alone/gone"]: "gone",
        made["mount/gone"]: "unsure",
        made["disk/deep/gone"]: "unsure",
        made["emptied"]: "unsure",
        renamed: "unsure",
    }
    assert len(identities(owner)) == len(names) + 4

    ended = {each["uuid"] for each in owner.json("workspace", "gc") if each["ended"]}
    assert ended == {uuid for uuid, verdict in dry.items() if verdict == "gone"}
    rest = {each["uuid"] for each in owner.json("workspace", "gc", "--also-unsure") if each["ended"]}
    assert rest == set(dry) - ended
    assert set(identities(owner)) == {made["kept"], taken_over, elsewhere, plain}
    assert owner.json("workspace", "gc", "--also-unsure") == []
    assert len(owner.json("trust", "--list")) == 2, "approvals of files that are gone are gone"
