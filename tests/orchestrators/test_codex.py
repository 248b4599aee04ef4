"""The real Codex with the hook that `ravi integrate` writes: agents find who they are from where they stand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import PROGRAM
from tests.support.codex import NETWORK, NO_SANDBOX, SANDBOX, Codex
from tests.support.orchestrators.ground import Ground
from tests.support.responses_model import ResponsesModel
from tests.support.server import Server

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

WHO = f"run: {PROGRAM} get email --json"


@pytest.fixture
def codex(codex_program: Path, ground: Ground) -> Iterator[Codex]:
    """Codex in a project with our hook, which its owner has yet to trust."""
    ground.integrate("codex", "--write")
    with ResponsesModel() as model:
        codex = Codex(codex_program, ground)
        codex.configure(model)
        yield codex


def test_two_worktrees_are_two_identities_and_gc_ends_them(codex: Codex, ground: Ground) -> None:
    """The hooks are those of the main checkout, so all worktrees have them once they are trusted."""
    one, two = _worktree(ground, "one"), _worktree(ground, "two")
    assert ground.own_email in codex.ask(WHO, *NO_SANDBOX, cwd=one), "a hook ran that nobody had trusted"
    assert ground.made_by("codex") == []
    codex.trust_hooks()
    assert [hook["trustStatus"] for hook in codex.hooks(one)] == ["trusted"]

    said = {path.name: _address(codex.ask(WHO, *NO_SANDBOX, cwd=path)) for path in (one, two)}
    made = {Path(each["workspace"]["path"]).name: each["email"] for each in ground.made_by("codex")}
    assert said == made
    assert len(set(made.values())) == 2
    assert _address(codex.ask(WHO, *NO_SANDBOX, cwd=one)) == made["one"]

    for path in (one, two):
        ground.git("worktree", "remove", path)
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True, True]
    assert ground.made_by("codex") == []


def test_through_exec_nobody_has_to_trust_a_hook(codex: Codex, ground: Ground) -> None:
    path = _worktree(ground, "one")
    through = (str(PROGRAM), "workspace", "exec", "--label", "tool=codex", "--")
    said = codex.ask(WHO, *NO_SANDBOX, cwd=path, through=through)

    assert [_address(said)] == [each["email"] for each in ground.made_by("codex")]


def test_a_worktree_that_codex_makes_is_bound(codex: Codex, ground: Ground) -> None:
    codex.trust_hooks()
    said = _address(codex.ask(WHO, "--worktree", *NO_SANDBOX))
    (made,) = ground.made_by("codex")

    assert said == made["email"]
    assert Path(made["workspace"]["path"]).is_relative_to(ground.home / ".codex" / "worktrees")


def test_the_sandbox_is_named_when_it_keeps_an_agent_from_the_server(codex: Codex, ground: Ground) -> None:
    fault = codex.sandbox_fault()
    if fault:
        pytest.skip(f"Codex cannot make its sandbox here: {fault}")
    codex.trust_hooks()
    path = _worktree(ground, "one")
    refused = codex.ask(WHO, *SANDBOX, cwd=path)
    (made,) = ground.made_by("codex")

    assert "Process exited with code 0" not in refused
    error = json.loads(refused[refused.index("{") : refused.rindex("}") + 1])
    assert "CODEX_SANDBOX_NETWORK_DISABLED" in error["hint"]
    assert "sandbox_workspace_write.network_access=true" in error["hint"]
    assert _address(codex.ask(WHO, *SANDBOX, *NETWORK, cwd=path)) == made["email"]


def test_a_setup_without_a_server_leaves_an_agent_that_is_nobody(codex: Codex, ground: Ground, server: Server) -> None:
    codex.trust_hooks()
    path = _worktree(ground, "one")
    server.stop()
    during = codex.ask(WHO, *NO_SANDBOX, cwd=path)
    server.start()
    healed = codex.ask(WHO, *NO_SANDBOX, cwd=path)

    assert '"config.invalid"' in during
    assert "@" not in during
    assert [_address(healed)] == [each["email"] for each in ground.made_by("codex")]


def _worktree(ground: Ground, name: str) -> Path:
    path = ground.worktrees / name
    ground.git("worktree", "add", "-q", path)
    return path


def _address(said: str) -> str:
    found = re.search(r'"email": *"([^"]+)"', said)
    assert found, said
    return found[1]
