"""A directory is given an identity of its own, an agent acts as it, and it is taken away again."""

import concurrent.futures
import json
import shutil
import stat
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import api, contents, sign_in, unchanged
from tests.support.server import Server
from tests.support.workspaces import binding, git, identities, repository

PIN = "246810"


@pytest.fixture
def unlocked(owner: Cli, tmp_path: Path) -> Cli:
    """The owner, with a vault that is set up and open on this machine."""
    (tmp_path / "pin").write_text(PIN)
    owner.ok("unlock", "--pin-file", tmp_path / "pin")
    return owner


def modes(folder: Path) -> set[str]:
    return {stat.filemode(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_an_agent_in_a_bound_directory_acts_as_its_own_identity(owner: Cli, workspace: Path) -> None:
    made = owner.json("workspace", "ensure", workspace, "--label", "team=a")

    there = owner.at(workspace)
    assert made["status"] == "created"
    assert there.json("get", "email")["email"] == made["email"]
    identity = identities(owner)[made["identity_uuid"]]
    assert identity["name"] == "workspace", "called as its directory"
    assert identity["labels"] == {"team": "a"}
    assert identity["workspace"]["path"] == str(workspace)
    assert identity["workspace"] == binding(workspace)["workspace"]
    assert (workspace / ".ravi").stat().st_mode & 0o777 == 0o700
    assert modes(workspace) == {"-rw-------"}


def test_the_file_holds_that_identitys_own_key_and_nothing_of_the_owners(unlocked: Cli, workspace: Path) -> None:
    unlocked.ok("workspace", "ensure", workspace)

    written = "".join(path.read_text() for path in workspace.rglob("*") if path.is_file())
    saved = json.loads((unlocked.home / ".ravi" / "auth.json").read_text())
    secrets = [saved[name] for name in ("access_token", "refresh_token", "root_key", "secret_key")]
    assert all(secrets)
    assert not any(secret in written for secret in secrets)
    assert binding(workspace)["identity_key"].startswith("ravi_id_")
    assert binding(workspace)["vault_key"] != saved["root_key"]


def test_an_identity_that_exists_has_no_place_in_a_workspace(owner: Cli, workspace: Path) -> None:
    owner.ok("identity", "create", "--name", "existing")

    for verb in ("ensure", "release"):
        assert "--identity" in owner.fails(2, "workspace", verb, workspace, "--identity", "existing")["error"]

    assert list(workspace.iterdir()) == []
    assert owner.at(RAVI_IDENTITY="existing").json("workspace", "ensure", workspace)["identity_name"] == "workspace"


def test_a_second_ensure_changes_nothing(owner: Cli, workspace: Path) -> None:
    first = owner.json("workspace", "ensure", workspace)

    with unchanged(workspace):
        second = owner.json("workspace", "ensure", workspace)

    assert (second["status"], second["identity_uuid"]) == ("unchanged", first["identity_uuid"])
    assert second["email"] == first["email"]
    assert len(identities(owner)) == 1


def test_ten_at_once_in_one_directory_make_one_identity(owner: Cli, workspace: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: owner.json("workspace", "ensure", workspace), range(10)))

    assert {each["identity_uuid"] for each in made} == set(identities(owner))
    assert len(identities(owner)) == 1
    assert sorted(each["status"] for each in made) == ["created"] + ["unchanged"] * 9


def test_an_agent_that_has_only_its_directory_may_ensure_it_again(owner: Cli, workspace: Path, tmp_path: Path) -> None:
    made = owner.json("workspace", "ensure", workspace)
    stranger = Cli(tmp_path / "elsewhere", workspace, {"RAVI_CONFIG_DIR": ".ravi"})
    stranger.home.mkdir()

    again = stranger.json("workspace", "ensure")

    assert (again["status"], again["identity_uuid"]) == ("unchanged", made["identity_uuid"])
    assert [each["uuid"] for each in stranger.json("identity", "list")] == [made["identity_uuid"]]
    refused = stranger.fails(3, "workspace", "release")
    assert "owner" in refused["error"]
    assert set(identities(owner)) == {made["identity_uuid"]}


def test_a_server_that_is_down_stops_no_agent_that_is_bound(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "own-server").start()
    try:
        owner = sign_in(server, cli)
        owner.ok("workspace", "ensure", workspace)
    finally:
        server.stop()

    again = owner.json("workspace", "ensure", workspace)

    assert again["status"] == "unchanged"
    assert "could not be asked" in again["notes"][0]
    hidden = owner.at(CODEX_SANDBOX_NETWORK_DISABLED="1").fails(8, "identity", "list")
    assert "sandbox" in hidden["hint"]


def test_release_ends_the_identity_and_removes_what_was_written(owner: Cli, workspace: Path) -> None:
    (workspace / "work.txt").write_text("the agent's\n")
    before = contents(workspace)
    made = owner.json("workspace", "ensure", workspace, "--env-file", ".env.local")

    done = owner.json("workspace", "release", workspace)

    assert done["status"] == "released"
    assert done["receipt"]["uuid"] == made["identity_uuid"]
    assert contents(workspace) == before
    assert identities(owner) == {}
    assert owner.json("trust", "--list") == [], "nor is its file approved any more"


def test_to_release_what_is_not_bound_is_no_error(owner: Cli, workspace: Path) -> None:
    assert owner.json("workspace", "release", workspace)["status"] == "unbound"
    assert owner.json("workspace", "release", workspace / "gone")["status"] == "unbound"
    owner.ok("workspace", "ensure", workspace)
    owner.ok("workspace", "release", workspace)
    assert owner.json("workspace", "release", workspace)["status"] == "unbound"


def test_what_others_have_put_beside_our_files_stays(owner: Cli, workspace: Path) -> None:
    owner.ok("workspace", "ensure", workspace)
    (workspace / ".ravi" / "notes.txt").write_text("mine\n")

    owner.ok("workspace", "release", workspace)

    assert sorted(path.name for path in (workspace / ".ravi").iterdir()) == ["notes.txt"]


def test_a_lenient_release_never_fails_and_leaves_what_gc_needs(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "own-server").start()
    try:
        owner = sign_in(server, cli)
        made = owner.json("workspace", "ensure", workspace)
        server.stop()
        assert owner.run("workspace", "release", workspace).code == 8

        with unchanged(workspace / ".ravi"):
            lenient = owner.ok("workspace", "release", workspace, "--lenient")

        assert lenient.json["status"] == "kept"
        assert "cannot be reached" in lenient.stderr
        server.start()
        shutil.rmtree(workspace)
        assert [each["uuid"] for each in owner.json("workspace", "gc")] == [made["identity_uuid"]]
    finally:
        server.close()


def test_an_identity_that_was_deleted_is_replaced_and_one_that_was_switched_off_is_not(
    owner: Cli, workspace: Path
) -> None:
    first = owner.json("workspace", "ensure", workspace)["identity_uuid"]
    owner.ok("identity", "disable", first)

    assert owner.fails(6, "workspace", "ensure", workspace)["code"] == "identity.disabled"
    assert set(identities(owner)) == {first}

    owner.ok("identity", "enable", first)
    owner.ok("identity", "delete", first)
    second = owner.json("workspace", "ensure", workspace)
    assert second["status"] == "created"
    assert set(identities(owner)) == {second["identity_uuid"]}
    assert owner.at(workspace).json("get", "email")["email"] == second["email"]


def test_a_key_that_was_revoked_is_not_given_out_again(owner: Cli, workspace: Path) -> None:
    first = owner.json("workspace", "ensure", workspace)["identity_uuid"]
    for key in owner.json("keys", "list", "--identity", first):
        owner.ok("keys", "revoke", key["uuid"])

    with unchanged(workspace):
        assert "revoked" in owner.fails(3, "workspace", "ensure", workspace)["error"]

    second = owner.json("workspace", "ensure", workspace, "--rebind")["identity_uuid"]
    assert second != first
    assert [each["uuid"] for each in owner.json("workspace", "gc")] == [first], "what was replaced is collected"
    assert set(identities(owner)) == {second}


def test_a_time_to_live_counts_anew_each_time_that_the_owner_ensures(owner: Cli, workspace: Path) -> None:
    first = owner.json("workspace", "ensure", workspace, "--ttl", "1h")["expires_dt"]
    longer = owner.json("workspace", "ensure", workspace, "--ttl", "3h")["expires_dt"]
    untouched = owner.json("workspace", "ensure", workspace)["expires_dt"]

    assert first < longer == untouched
    agent = owner.at(workspace, RAVI_CONFIG_DIR=".ravi")
    assert agent.json("workspace", "ensure", "--ttl", "9h")["expires_dt"] == longer, "its end is not an agent's to move"


def test_an_environment_file_has_the_secrets_the_address_and_the_number(unlocked: Cli, workspace: Path) -> None:
    made = unlocked.json("workspace", "ensure", workspace, "--env-file", ".env.local")
    unlocked.at(workspace).ok("secrets", "set", "API_TOKEN", "s3cret value")

    unlocked.ok("workspace", "ensure", workspace, "--env-file", ".env.local")

    file = workspace / ".env.local"
    read = unlocked.at(workspace).shell('. ./.env.local; printf \'%s|%s|%s\' "$RAVI_EMAIL" "$RAVI_PHONE" "$API_TOKEN"')
    assert read.stdout == f"{made['email']}|{made['phone_number']}|s3cret value"
    assert stat.filemode(file.stat().st_mode) == "-rw-------"
    unlocked.ok("workspace", "release", workspace)
    assert not file.exists()


def test_somebodys_environment_file_is_neither_replaced_nor_removed(owner: Cli, workspace: Path) -> None:
    (workspace / ".env.local").write_text("MINE=1\n")

    refused = owner.fails(1, "workspace", "ensure", workspace, "--env-file", ".env.local")

    assert "was not written by ravi" in refused["error"]
    assert identities(owner) == {}
    owner.ok("workspace", "ensure", workspace, "--env-file", "other.env")
    (workspace / "other.env").write_text("MINE=2\n")
    owner.ok("workspace", "release", workspace)
    assert (workspace / "other.env").read_text() == "MINE=2\n"


@pytest.mark.parametrize("name", ["../.env", "/etc/x.env", ".ravi/env", "", "no/such/folder/.env", "."])
def test_an_environment_file_lies_in_its_workspace(owner: Cli, workspace: Path, name: str) -> None:
    owner.fails(2, "workspace", "ensure", workspace, "--env-file", name)

    assert identities(owner) == {}


def test_a_step_that_fails_later_ends_the_identity_again_and_nobody_acts_there(owner: Cli, workspace: Path) -> None:
    approvals = owner.home / ".ravi" / "trust.json"
    approvals.write_text("[]")  # the last thing that is written before the binding itself

    failed = owner.fails(1, "workspace", "ensure", workspace, "--env-file", ".env.local")

    assert "trust.json" in failed["error"]
    assert identities(owner) == {}
    assert binding(workspace)["binding"] is True
    assert not (workspace / ".env.local").exists()
    assert "marker" in owner.at(workspace).fails(1, "get", "email")["error"]
    approvals.unlink()
    assert owner.json("workspace", "ensure", workspace)["status"] == "created"


def test_without_a_sign_in_nothing_is_bound_and_nobody_acts_there(cli: Cli, workspace: Path) -> None:
    cli.fails(3, "workspace", "ensure", workspace)

    assert binding(workspace)["binding"] is True
    assert "marker" in cli.at(workspace).fails(1, "get", "email")["error"]


def test_the_vault_key_follows_when_the_vault_is_opened_later(owner: Cli, workspace: Path, tmp_path: Path) -> None:
    assert owner.json("workspace", "ensure", workspace)["opens_vault"] is False
    (tmp_path / "pin").write_text(PIN)
    owner.ok("unlock", "--pin-file", tmp_path / "pin")

    again = owner.json("workspace", "ensure", workspace)

    assert (again["status"], again["opens_vault"]) == ("unchanged", True)
    agent = Cli(tmp_path, workspace, {"RAVI_CONFIG_DIR": str(workspace / ".ravi")})
    agent.ok("secrets", "set", "A", "1")
    assert agent.json("secrets", "get", "A")["value"] == "1"


def test_git_overlooks_what_is_written_in_all_worktrees(owner: Cli, tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "../side", "-b", "side")
    side = tmp_path / "side"

    for folder in (main, side, side):
        owner.ok("workspace", "ensure", folder, "--env-file", ".env.local")

    assert git(main, "status", "--porcelain") == git(side, "status", "--porcelain") == ""
    assert (main / ".git" / "info" / "exclude").read_text().count(".ravi/") == 1
    assert not (main / ".gitignore").exists()
    assert len(identities(owner)) == 2
    git(main, "worktree", "remove", "../side")  # refuses where something is not ignored
    assert not side.exists()
    assert [each["why"] for each in owner.json("workspace", "gc")] == [f"{side} is gone"]


def test_status_says_whose_a_directory_is_and_whether_that_is_good(owner: Cli, workspace: Path) -> None:
    assert owner.json("workspace", "status", workspace)["state"] == "unbound"
    made = owner.json("workspace", "ensure", workspace)

    good = owner.json("workspace", "status", workspace)

    assert (good["state"], good["healthy"], good["is_this_host"]) == ("bound", True, True)
    assert good["identity_uuid"] == made["identity_uuid"]
    assert made["email"] in owner.ok("workspace", "status", workspace, "--human").stdout
    owner.ok("identity", "disable", made["identity_uuid"])
    bad = owner.json("workspace", "status", workspace)
    assert (bad["state"], bad["healthy"]) == ("bound", False)
    assert "off" in bad["problem"]


def test_of_a_workspace_that_was_bound_elsewhere_a_sign_in_here_makes_no_use(
    owner: Cli, workspace: Path, tmp_path: Path
) -> None:
    other = Server(tmp_path / "other-server").start()
    try:
        home = tmp_path / "other-home"
        home.mkdir()
        stranger = sign_in(other, Cli(home))
        bound = stranger.json("workspace", "ensure", workspace)
        shutil.copy(home / ".ravi" / "trust.json", owner.home / ".ravi" / "trust.json")

        for verb in ("ensure", "release"):
            assert "is bound at" in owner.fails(1, "workspace", verb, workspace)["error"]

        assert set(identities(stranger)) == {bound["identity_uuid"]}
        assert api(stranger).get("/api/auth/whoami/").status == 200
    finally:
        other.stop()
