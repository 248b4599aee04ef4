"""The recipes for several agents, followed as they are documented: every `ravi` command word by word."""

import json
import os
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import make_workspace, run_script, sign_in, unchanged
from tests.support.server import MakeServer

DOMAIN = "in.ravi.localhost"

#: At dispatch time: a new identity for a workspace, and nothing anywhere else.
PROVISION = r"""
IDENTITY=$(ravi identity create --name "task-${TASK_ID}" --json)
IDENTITY_UUID=$(echo "$IDENTITY" | jq -r '.uuid')
mkdir -p "$WORKSPACE/.ravi"
printf '{"identity_uuid": "%s"}\n' "$IDENTITY_UUID" > "$WORKSPACE/.ravi/config.json"
export RAVI_CONFIG_DIR="$WORKSPACE/.ravi"
RAVI_EMAIL=$(ravi get email --json | jq -r '.email')
RAVI_PHONE=$(ravi get phone --json | jq -r '.phone_number')
"""
REPORT = r"""
jq -n --arg uuid "$IDENTITY_UUID" --arg email "$RAVI_EMAIL" --arg phone "$RAVI_PHONE" '$ARGS.named'
"""

#: When the workspace goes: its file first, then the identity, of which nothing but the uuid is left.
TEAR_DOWN = r"""
IDENTITY_UUID=$(jq -r '.identity_uuid' "$WORKSPACE/.ravi/config.json")
rm -rf "$WORKSPACE/.ravi"
ravi identity delete "$IDENTITY_UUID" --json
"""

#: The lines of a setup hook.
SETUP_LINES = (
    'IDENTITY=$(ravi identity create --name "agent-$(basename $PWD)" --json)',
    r'mkdir -p .ravi && echo "{\"identity_uuid\": \"$(echo $IDENTITY | jq -r .uuid)\"}" > .ravi/config.json',
)

#: A hook that may run twice, and takes the identity back when what comes after it fails.
BIND = r"""
umask 077
config=.ravi/config.json
mkdir -p .ravi
if [ ! -s "$config" ]; then
    identity=$(ravi identity create --name "$NAME" --json)
    uuid=$(printf '%s' "$identity" | jq -er '.uuid | select(length > 0)')
    [ -n "$uuid" ]
    trap 'rm -f "$config"; ravi identity delete "$uuid" --json >/dev/null 2>&1 || true' EXIT
    printf '{"identity_uuid":"%s"}\n' "$uuid" > "$config.tmp"
    mv "$config.tmp" "$config"
fi
RAVI_CONFIG_DIR="$PWD/.ravi" $THEN > .env.local
trap - EXIT
"""
UNBIND = r"""
[ -s .ravi/config.json ] || exit 0
ravi identity delete "$(jq -er .identity_uuid .ravi/config.json)" --json
rm -rf .ravi .env.local
"""

both_shells = pytest.mark.parametrize("shell", ["sh", "bash"])


def test_three_named_identities_on_a_fresh_server_have_the_addresses_of_their_names(
    make_server: MakeServer, cli: Cli
) -> None:
    owner = sign_in(make_server(), cli)

    with unchanged(owner.home):
        made = [
            owner.ok("identity", "create", "--name", "research-agent", "--json").json,
            owner.ok("identity", "create", "--name", "scheduler-agent", "--json").json,
            owner.ok("identity", "create", "--name", "finance-agent", "--json").json,
        ]

    assert [(each["name"], each["inbox"]) for each in made] == [
        (name, f"{name}@{DOMAIN}") for name in ("research-agent", "scheduler-agent", "finance-agent")
    ]
    assert len({each["uuid"] for each in made}) == len({each["phone_number"] for each in made}) == 3
    assert all(each["phone_number"].startswith("+") for each in made)
    assert owner.json("identity", "list") == made


def test_an_address_can_be_chosen_that_is_not_the_name(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "scheduler-agent", "--email", "calendar")

    assert (made["name"], made["inbox"]) == ("scheduler-agent", f"calendar@{DOMAIN}")


def test_each_project_directory_acts_as_the_identity_in_its_file_and_so_do_directories_below(owner: Cli) -> None:
    projects = owner.home / "projects"
    made = {name: owner.json("identity", "create", "--name", name) for name in ("research-agent", "finance-agent")}
    for name, identity in made.items():
        make_workspace(projects / name, identity["uuid"], identity_name=name)
        (projects / name / "src" / "deep").mkdir(parents=True)

    with unchanged(owner.home):
        for name, identity in made.items():
            for folder in (projects / name, projects / name / "src", projects / name / "src" / "deep"):
                there = owner.at(folder)
                assert there.json("get", "email")["email"] == identity["inbox"]
            assert there.json("get", "phone")["phone_number"] == identity["phone_number"]
            assert there.json("get", "owner") == {"first_name": "Ada", "last_name": "Lovelace"}
            status = there.json("status")
            assert (status["identity"], status["identity_uuid"]) == (name, identity["uuid"])
            assert status["sources"]["identity"] == str(projects / name / ".ravi" / "config.json")

        assert owner.at(projects).fails(4, "get", "email")["code"] == "identity.required"


def test_the_nearest_project_file_wins(owner: Cli, workspace: Path) -> None:
    outer, inner = (owner.json("identity", "create", "--name", name) for name in ("outer", "inner"))
    make_workspace(workspace, outer["uuid"])
    nested = make_workspace(workspace / "vendor" / "nested", inner["uuid"])

    assert owner.at(nested).json("get", "email")["email"] == inner["inbox"]
    assert owner.at(nested.parent).json("get", "email")["email"] == outer["inbox"]


@both_shells
def test_a_workspace_provisioned_on_demand_acts_as_its_own_identity(owner: Cli, workspace: Path, shell: str) -> None:
    with unchanged(owner.home):
        done = run_script(owner.at(TASK_ID="4711", WORKSPACE=workspace), PROVISION + REPORT, shell=shell)

    assert done.code == 0, str(done)
    listed = owner.json("identity", "list", "--name", "task-4711")
    assert [(each["uuid"], each["inbox"], each["phone_number"]) for each in listed] == [
        (done.json["uuid"], done.json["email"], done.json["phone"])
    ]
    assert os.listdir(workspace) == [".ravi"]
    assert os.listdir(workspace / ".ravi") == ["config.json"]


@both_shells
def test_every_process_below_the_one_that_exports_the_variable_acts_as_that_identity(
    owner: Cli, workspace: Path, shell: str
) -> None:
    agent = 'cd / && sh -c "cd /tmp && ravi get email --json" && ravi get email --json'

    done = run_script(owner.at(TASK_ID="tree", WORKSPACE=workspace), PROVISION + agent, shell=shell)

    assert done.code == 0, str(done)
    (identity,) = owner.json("identity", "list", "--name", "task-tree")
    documents = done.stdout.replace("}\n{", "}\0{").split("\0")
    assert [json.loads(each)["email"] for each in documents] == [identity["inbox"]] * 2


def test_the_variable_may_be_a_relative_path(owner: Cli, workspace: Path) -> None:
    identity = owner.json("identity", "create", "--name", "relative")
    make_workspace(workspace, identity["uuid"])
    (workspace / "below").mkdir()
    relative = owner.at(workspace, RAVI_CONFIG_DIR=".ravi")

    with unchanged(owner.home):
        assert relative.json("get", "email")["email"] == identity["inbox"]
        assert (
            relative.at(workspace / "below", RAVI_CONFIG_DIR="../.ravi").json("get", "email")["email"]
            == (identity["inbox"])
        )
        # It starts at the working directory and nowhere else, so here it names nothing.
        assert relative.at(workspace / "below").fails(4, "get", "email")["code"] == "identity.required"


@both_shells
@pytest.mark.parametrize("still_exported", [False, True])
def test_teardown_removes_the_file_first_and_then_the_identity(
    owner: Cli, workspace: Path, shell: str, still_exported: bool
) -> None:
    there = owner.at(TASK_ID=f"gone-{shell}", WORKSPACE=workspace)
    with unchanged(owner.home):
        provisioned = run_script(there, PROVISION + REPORT, shell=shell)
        if still_exported:
            there = there.at(RAVI_CONFIG_DIR=workspace / ".ravi")
        torn_down = run_script(there, TEAR_DOWN, shell=shell)

    assert torn_down.code == 0, str(torn_down)
    receipt = torn_down.json
    assert (receipt["status"], receipt["uuid"]) == ("deleted", provisioned.json["uuid"])
    assert (receipt["email"], receipt["phone_number"]) == (provisioned.json["email"], provisioned.json["phone"])
    assert receipt["deleted_dt"]
    assert owner.json("identity", "list") == []
    assert not (workspace / ".ravi").exists()


def test_an_identity_can_be_deleted_from_a_directory_that_no_longer_exists(owner: Cli, workspace: Path) -> None:
    uuid = owner.json("identity", "create", "--name", "homeless")["uuid"]
    script = f'make=$(mktemp -d); cd "$make"; rmdir "$make"; ravi identity delete {uuid}'

    done = run_script(owner.at(workspace), script)

    assert done.code == 0, str(done)
    assert done.json["uuid"] == uuid


@pytest.mark.parametrize("leftover", ["", "{", '{"identity_uuid": ""}'])
def test_an_identity_can_be_deleted_from_a_workspace_whose_file_is_broken(
    owner: Cli, workspace: Path, leftover: str
) -> None:
    uuid = owner.json("identity", "create", "--name", "broken")["uuid"]
    make_workspace(workspace, uuid)
    (workspace / ".ravi" / "config.json").write_text(leftover)

    assert owner.at(workspace).json("identity", "delete", uuid)["uuid"] == uuid


def test_stale_identities_are_cleaned_up_in_bulk_by_the_prefix_of_their_names(owner: Cli) -> None:
    for name in ("task-1", "task-2", "task-3", "ws-1", "taskmaster"):
        owner.ok("identity", "create", "--name", name)
    keeps = ["ws-1", "taskmaster"]

    with unchanged(owner.home):
        by_jq = run_script(
            owner,
            """
            ravi identity list --json | jq -r '.[] | select(.name | startswith("task-1")) | .uuid' |
                while read -r uuid; do ravi identity delete "$uuid" --json; done
            """,
        )
        by_flag = run_script(
            owner, "ravi identity list --prefix task- --json | jq -r '.[].uuid' | xargs ravi identity delete --json"
        )

    assert by_jq.code == by_flag.code == 0, f"{by_jq}\n{by_flag}"
    assert by_jq.json["name"] == "task-1"
    assert sorted(receipt["name"] for receipt in by_flag.json) == ["task-2", "task-3"]
    assert [each["name"] for each in owner.json("identity", "list")] == keeps


def test_switching_by_name_writes_the_home_file_and_only_that(owner: Cli) -> None:
    made = {name: owner.json("identity", "create", "--name", name) for name in ("research-agent", "finance-agent")}
    names_before = set(os.listdir(owner.home / ".ravi"))

    owner.ok("identity", "use", "research-agent")
    assert owner.json("get", "email")["email"] == made["research-agent"]["inbox"]
    owner.ok("identity", "use", "finance-agent")
    assert owner.json("get", "email")["email"] == made["finance-agent"]["inbox"]

    config = owner.home / ".ravi" / "config.json"
    assert json.loads(config.read_text()) == {
        "identity_uuid": made["finance-agent"]["uuid"],
        "identity_name": "finance-agent",
    }
    assert config.stat().st_mode & 0o777 == 0o600
    written = set(os.listdir(owner.home / ".ravi")) - names_before
    assert written <= {"config.json", "config.json.lock"}
    with unchanged(owner.home):  # and what was switched to stays out of workspaces' way
        assert (
            owner.json("get", "phone", "--identity", "research-agent")["phone_number"]
            == (made["research-agent"]["phone_number"])
        )


@both_shells
def test_setup_lines_of_one_shell_bind_the_directory_they_run_in(owner: Cli, tmp_path: Path, shell: str) -> None:
    folder = tmp_path / f"feature-{shell}"
    folder.mkdir()

    with unchanged(owner.home):
        done = run_script(owner.at(folder), "\n".join(SETUP_LINES), shell=shell)

    assert done.code == 0, str(done)
    (identity,) = owner.json("identity", "list", "--name", f"agent-feature-{shell}")
    assert owner.at(folder).json("get", "email")["email"] == identity["inbox"]


def test_setup_lines_run_in_a_shell_each_leave_a_workspace_that_acts_as_nobody(owner: Cli, workspace: Path) -> None:
    # Some orchestrators do this. The variable of the first line is then empty in the second.
    bystander = owner.json("identity", "create", "--name", "bystander")
    owner.ok("identity", "use", "bystander")
    for line in SETUP_LINES:
        run_script(owner.at(workspace), line)
    assert json.loads((workspace / ".ravi" / "config.json").read_text()) == {"identity_uuid": ""}

    error = owner.at(workspace).fails(1, "get", "email")

    assert "./.ravi/config.json" in error["error"]
    assert bystander["inbox"] not in str(error)


@both_shells
def test_a_bind_hook_that_runs_twice_keeps_the_first_identity_and_unbinding_twice_is_fine(
    owner: Cli, workspace: Path, shell: str
) -> None:
    name = f"ws-{shell}"
    hook = owner.at(workspace, NAME=name, THEN="ravi get email --json")

    with unchanged(owner.home):
        first = run_script(hook, BIND, shell=shell)
        bound = (workspace / ".ravi" / "config.json").read_bytes()
        second = run_script(hook, BIND, shell=shell)
        assert first.code == second.code == 0, f"{first}\n{second}"
        assert (workspace / ".ravi" / "config.json").read_bytes() == bound
        (identity,) = owner.json("identity", "list", "--name", name)
        assert json.loads((workspace / ".env.local").read_text())["email"] == identity["inbox"]

        unbound, again = run_script(hook, UNBIND, shell=shell), run_script(hook, UNBIND, shell=shell)

    assert unbound.code == again.code == 0, f"{unbound}\n{again}"
    assert unbound.json["uuid"] == identity["uuid"]
    assert again.stdout == ""
    assert os.listdir(workspace) == []
    assert owner.json("identity", "list", "--name", name) == []


@both_shells
def test_a_bind_hook_whose_next_step_fails_leaves_no_identity_behind(owner: Cli, workspace: Path, shell: str) -> None:
    hook = owner.at(workspace, NAME="half-done", THEN="false")

    done = run_script(hook, BIND, shell=shell)

    assert done.code != 0
    assert owner.json("identity", "list") == []
    assert not (workspace / ".ravi" / "config.json").exists()
