"""Harnesses beside the ten: what `ravi integrate` wrote for them, run as they run it; git and the shells are real."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.cli import PROGRAM, Cli
from tests.support.journey import saved_sign_in
from tests.support.orchestrators.contract import Orchestrator
from tests.support.orchestrators.ground import Ground
from tests.support.orchestrators.other_tools import ClaudeCode, Codex, CodexApp, Conductor, Cursor, Git, Superset


@pytest.fixture
def ground(owner: Cli, tmp_path: Path) -> Ground:
    """A signed-in owner whose home selects an identity that no agent may act as, and a project."""
    return Ground(owner, tmp_path)


@pytest.fixture
def owners_key(ground: Ground) -> dict[str, str]:
    """The variables by which another machine acts for the owner."""
    key = ground.owner.json("keys", "create", "--management")["key"]
    return {"RAVI_API_URL": saved_sign_in(ground.owner)["server"], "RAVI_API_KEY": key}


@pytest.mark.parametrize(
    "kind", [ClaudeCode, Codex, CodexApp, Conductor, Cursor, Superset, Git], ids=lambda kind: kind.__name__
)
def test_two_workspaces_are_two_identities_and_both_end(kind: type[Orchestrator], ground: Ground) -> None:
    tool = kind(ground)
    tool.install()
    one, two = tool.open("one"), tool.open("two")

    assert one.set_up
    assert one.report is not None
    assert two.report is not None
    assert {each["email"] for each in ground.made_by(tool.tool)} == {one.report.email, two.report.email}
    assert len(ground.made_by(tool.tool)) == 2
    assert ground.git("status", "--porcelain", cwd=one.path) == ""
    assert tool.again(one, "one").email == one.report.email

    tool.close(one, "one")
    tool.close(two, "two")
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == ([] if tool.tears_down else [True] * 2)
    assert ground.made_by(tool.tool) == []


@pytest.mark.parametrize("task", ["one", "ada's-$(one)"])
def test_the_environment_file_of_claude_code_has_the_directory(ground: Ground, task: str) -> None:
    tool = ClaudeCode(ground)
    tool.install()
    opened = tool.open(task)

    assert opened.report is not None
    assert opened.report.config_dir == str(opened.path / ".ravi")


def test_git_binds_new_worktrees_and_nothing_else(ground: Ground) -> None:
    Git(ground).install()
    ground.git("switch", "-q", "-c", "other")
    ground.git("checkout", "-q", "main")
    assert ground.made_by("git") == []

    path = ground.worktrees / "one"
    ground.git("worktree", "add", "-q", path)
    (made,) = ground.made_by("git")
    assert (made["workspace"]["path"], made["name"]) == (str(path.resolve()), "one")
    ground.git("switch", "-q", "-c", "third", cwd=path)
    assert len(ground.made_by("git")) == 1


def test_a_dev_container_binds_itself_when_it_is_made(
    ground: Ground, owners_key: dict[str, str], tmp_path: Path
) -> None:
    file = ground.project / ".devcontainer" / "devcontainer.json"
    file.parent.mkdir()
    file.write_text('{\n  // Debian\n  "image": "debian",\n  "postCreateCommand": "true"\n}\n')
    ground.integrate("devcontainer", "--write")
    text = "\n".join(line for line in file.read_text().splitlines() if not line.strip().startswith("//"))
    config = yaml.safe_load(text)  # JSON is YAML
    home = tmp_path / "home in the container"
    home.mkdir()
    inside = {"HOME": str(home), "PATH": f"{PROGRAM.parent}:/usr/bin:/bin"}
    inside |= {
        name: value.replace("${containerWorkspaceFolder}", str(ground.project))
        for name, value in config["remoteEnv"].items()
    }

    made = subprocess.run(
        ["/bin/sh", "-c", config["postCreateCommand"]],
        cwd=ground.project,
        env=inside | owners_key,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (identity,) = ground.made_by("devcontainer")
    assert identity["expires_dt"]
    asked = Cli(home, ground.project, {name: value for name, value in inside.items() if name.startswith("RAVI_")})
    assert asked.json("get", "email")["email"] == identity["email"]


def test_a_job_of_github_actions_has_an_identity_and_ends_it(
    ground: Ground, owners_key: dict[str, str], tmp_path: Path
) -> None:
    printed = ground.integrate("github-actions")
    first, last = yaml.safe_load(printed["paste"][0]["text"])
    assert last["if"] == "always()"
    variables = tmp_path / "github_env"
    runner = {
        "HOME": str(tmp_path),
        "PATH": f"{PROGRAM.parent}:{os.defpath}",
        "GITHUB_RUN_ID": "42",
        "GITHUB_ENV": str(variables),
    }

    def step(script: str, **env: str) -> "subprocess.CompletedProcess[str]":
        handed_on = (
            dict(line.split("=", 1) for line in variables.read_text().splitlines()) if variables.exists() else {}
        )
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=ground.project,
            env={**runner, **handed_on, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    made = step(first["run"], **owners_key)
    assert made.returncode == 0, made.stderr
    (identity,) = ground.made_by("github-actions")
    assert identity["name"] == "job-42"
    assert set(first["env"]) == set(last["env"]) == set(owners_key)
    asked = step("ravi get email --json")
    assert identity["email"] in asked.stdout
    assert step("ravi identity create --json").returncode != 0, "the agent could act as the owner"
    assert step(last["run"], **owners_key).returncode == 0
    assert ground.made_by("github-actions") == []
