"""The real Claude Code with the hook that `ravi integrate` writes: each worktree's agent is itself, or nobody."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.claude_code import ClaudeCode
from tests.support.cli import PROGRAM
from tests.support.messages_model import MessagesModel
from tests.support.orchestrators.ground import Ground
from tests.support.server import Server

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

WHO = f"{PROGRAM} get email --json"
#: Settings of a session that runs no hook.
NO_HOOKS = '{"disableAllHooks": true}'


@pytest.fixture
def claude(claude_program: Path, ground: Ground) -> Iterator[ClaudeCode]:
    """Claude Code in a project with our hook."""
    ground.integrate("claude-code", "--write")
    with MessagesModel() as model:
        yield ClaudeCode(claude_program, ground, model)


def test_two_worktrees_are_two_identities_and_gc_ends_them(claude: ClaudeCode, ground: Ground) -> None:
    one, two = (claude.ask(f"run: {WHO}", "--worktree", name) for name in ("one", "two"))
    made = {Path(each["workspace"]["path"]).name: each for each in ground.made_by("claude-code")}

    assert json.loads(one)["email"] == made["one"]["email"]
    assert json.loads(two)["email"] == made["two"]["email"]
    assert len(made) == 2
    assert made["one"]["email"] != made["two"]["email"]
    assert json.loads(claude.ask(f"run: {WHO}", cwd=_worktree(ground, "one"))) == json.loads(one)
    assert len(ground.made_by("claude-code")) == 2

    # It leaves its worktrees behind, locked. What we put there does not keep git from removing one.
    _remove(ground, "one")
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True]
    assert [each["email"] for each in ground.made_by("claude-code")] == [made["two"]["email"]]
    _remove(ground, "two")
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True]
    assert ground.made_by("claude-code") == []


def test_commands_are_the_workspaces_wherever_they_run_and_whatever_its_path(
    claude: ClaudeCode, ground: Ground
) -> None:
    """By the file that each command sources, and by the directory where that was not read."""
    path = ground.worktrees / "ada's $(one)"
    ground.git("worktree", "add", "-q", "-b", "one", path)
    said = claude.ask(f"run: {WHO} && cd / && {WHO} && cd - && env -u RAVI_CONFIG_DIR {WHO}", cwd=path)
    (made,) = ground.made_by("claude-code")

    assert re.findall(r'"email": *"([^"]+)"', said) == [made["email"]] * 3, said
    assert claude.ask('run: printf %s "$RAVI_CONFIG_DIR"', cwd=path) == str(path / ".ravi")


def test_a_setup_without_a_server_leaves_an_agent_that_is_nobody(
    claude: ClaudeCode, ground: Ground, server: Server
) -> None:
    server.stop()
    during = claude.ask(f"run: {WHO}", "--worktree", "one")
    server.start()
    after = claude.ask(f"run: cd .claude/worktrees/one && env -u RAVI_CONFIG_DIR {WHO}", "--settings", NO_HOOKS)
    healed = claude.ask(f"run: {WHO}", cwd=_worktree(ground, "one"))

    for said in (during, after):
        assert "Exit code" in said
        assert _error(said)["code"] == "config.invalid"
        assert ground.own_email not in said
    assert [json.loads(healed)["email"]] == [each["email"] for each in ground.made_by("claude-code")]


def test_its_list_of_mcp_servers_has_ours_and_the_agent_that_calls_it_is_itself(
    claude: ClaudeCode, ground: Ground
) -> None:
    """Claude Code starts its servers beside the hook, so `ravi mcp` alone could come before there is a workspace."""
    (note,) = (each for each in ground.integrate("claude-code")["notes"] if "claude mcp add " in each)
    claude.run("mcp", "add", "--scope", "project", *shlex.split(note.partition("claude mcp add ")[2]))
    ground.commit()
    approved = ground.home / ".claude" / "settings.json"
    approved.write_text(json.dumps({"enabledMcpjsonServers": ["ravi"]}))
    said = [claude.ask("call: mcp__ravi__ravi_identity", "--worktree", name) for name in ("one", "two")]
    made = {Path(each["workspace"]["path"]).name: each for each in ground.made_by("claude-code")}

    assert f"uuid {made['one']['uuid']}" in " ".join(said[0].split())
    assert f"uuid {made['two']['uuid']}" in " ".join(said[1].split())
    assert len(made) == 2
    assert "ravi: " in claude.run("mcp", "list", cwd=_worktree(ground, "one"))
    assert "Connected" in claude.run("mcp", "list", cwd=_worktree(ground, "one"))
    assert "Connected" in claude.run("mcp", "get", "ravi", cwd=_worktree(ground, "two"))


def _worktree(ground: Ground, name: str) -> Path:
    return ground.project / ".claude" / "worktrees" / name


def _remove(ground: Ground, name: str) -> None:
    ground.git("worktree", "unlock", _worktree(ground, name))
    ground.git("worktree", "remove", _worktree(ground, name))


def _error(said: str) -> dict[str, str]:
    """The error document in what a command printed."""
    found: dict[str, str] = json.loads(said[said.index("{") : said.rindex("}") + 1])
    return found
