"""
Every orchestrator that we say we work with: what `ravi integrate` wrote for it, run as that tool runs it.

The tools are simulated (tests/support/orchestrators); their worktrees, shells and tmux, `ravi` and the server are real.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.orchestrators.contract import Orchestrator
from tests.support.orchestrators.ground import Ground
from tests.support.orchestrators.terminal_tools import (
    ClaudeSquad,
    CmuxApp,
    CmuxAppPanes,
    Supacode,
    VibeKanban,
    VibeKanbanParallel,
)
from tests.support.orchestrators.worktree_tools import (
    Amux,
    Cmux,
    Dmux,
    Lalph,
    OpenClawWorktrees,
    Symphony,
    VibeTree,
)

TOOLS = [
    Amux,
    VibeKanban,
    ClaudeSquad,
    Lalph,
    Symphony,
    Supacode,
    Dmux,
    Cmux,
    CmuxApp,
    VibeTree,
    OpenClawWorktrees,
]
every_tool = pytest.mark.parametrize("kind", TOOLS, ids=lambda kind: kind.tool)
Installed = Callable[[type[Orchestrator]], Orchestrator]


@pytest.fixture
def ground(owner: Cli, tmp_path: Path) -> Ground:
    """A signed-in owner whose home selects an identity that no agent may act as, and a project."""
    return Ground(owner, tmp_path)


@pytest.fixture
def installed(ground: Ground) -> Iterator[Installed]:
    """A function that makes a tool ready on `ground`."""
    started: list[Orchestrator] = []

    def install(kind: type[Orchestrator]) -> Orchestrator:
        tool = kind(ground)
        tool.install()
        started.append(tool)
        return tool

    yield install
    for tool in started:
        getattr(tool, "uninstall", lambda: None)()


def full_life(tool: Orchestrator) -> None:
    """Two workspaces with an agent each: nobody is anybody else, both come back as themselves, and both end."""
    ground = tool.ground
    one, two = tool.open("one"), tool.open("two")

    assert one.set_up
    assert one.report is not None
    assert two.report is not None
    mine = {identity["email"]: identity["uuid"] for identity in ground.made_by(tool.tool)}
    assert {one.report.email, two.report.email} == set(mine)
    assert len(mine) == 2
    assert ground.own_email not in mine
    assert one.report.owners == []
    assert Path(one.report.directory) == one.path.resolve()
    assert ground.git("status", "--porcelain", cwd=one.path) == ""
    assert tool.again(two, "two").email == two.report.email

    tool.close(one, "one")
    if tool.tears_down:
        assert [identity["email"] for identity in ground.made_by(tool.tool)] == [two.report.email]
    tool.close(two, "two")
    assert not one.path.exists()
    assert not two.path.exists()
    ended = ground.owner.json("workspace", "gc")
    assert [each["ended"] for each in ended] == ([] if tool.tears_down else [True, True])
    assert ground.made_by(tool.tool) == []
    assert ground.owner.json("get", "email")["email"] == ground.own_email


def test_an_agent_without_any_of_this_would_act_as_the_owner_chose(ground: Ground) -> None:
    """Guards the guards: what all the others must not see is what they would see."""
    tool = Cmux(ground)

    opened = tool.open("one")
    assert opened.report is not None
    assert opened.report.email == ground.own_email


def test_amux(installed: Installed) -> None:
    full_life(installed(Amux))


def test_vibe_kanban(installed: Installed) -> None:
    full_life(installed(VibeKanban))


def test_claude_squad(installed: Installed) -> None:
    full_life(installed(ClaudeSquad))


def test_lalph(installed: Installed) -> None:
    full_life(installed(Lalph))


def test_symphony(installed: Installed) -> None:
    full_life(installed(Symphony))


def test_supacode(installed: Installed) -> None:
    full_life(installed(Supacode))


def test_dmux(installed: Installed) -> None:
    full_life(installed(Dmux))


def test_cmux_of_craigsc(installed: Installed) -> None:
    full_life(installed(Cmux))


def test_cmux_of_manaflow(installed: Installed) -> None:
    full_life(installed(CmuxApp))


def test_vibe_tree(installed: Installed) -> None:
    full_life(installed(VibeTree))


def test_worktrees_of_openclaw(installed: Installed) -> None:
    full_life(installed(OpenClawWorktrees))


@pytest.mark.parametrize("kind", [VibeKanban, Supacode, Lalph], ids=lambda kind: kind.tool)
@pytest.mark.parametrize("shell", ["dash", "zsh", "fish"])
def test_whatever_shell_the_user_has(kind: type[Orchestrator], shell: str, ground: Ground) -> None:
    """These three hand our line to $SHELL."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    ground.shell = path
    tool = kind(ground)
    tool.install()
    opened = tool.open("one")

    assert opened.report is not None, tool.said
    assert opened.report.email not in (None, ground.own_email)
    tool.close(opened, "one")
    assert len(ground.made_by(tool.tool)) == (0 if tool.tears_down else 1)


@every_tool
def test_ten_at_once_are_ten_identities(kind: type[Orchestrator], installed: Installed) -> None:
    tool = installed(kind)
    tasks = [f"task-{number}" for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        opened = list(pool.map(tool.open, tasks))

    emails = {each.report.email for each in opened if each.report is not None}
    assert len(emails) == 10
    assert {identity["email"] for identity in tool.ground.made_by(tool.tool)} == emails

    if kind.tears_down:
        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(lambda each, task: tool.tear_down(each.path, task), opened, tasks)) == [True] * 10
        assert tool.ground.made_by(tool.tool) == []


@every_tool
def test_what_was_never_torn_down_is_ended_by_gc(kind: type[Orchestrator], installed: Installed) -> None:
    tool = installed(kind)
    kept, lost = tool.open("kept"), tool.open("lost")
    shutil.rmtree(lost.path)

    ended = tool.ground.owner.json("workspace", "gc")

    assert kept.report is not None
    assert lost.report is not None
    assert [each["email"] for each in ended] == [lost.report.email]
    assert tool.again(kept, "kept").email == kept.report.email


@pytest.mark.parametrize("kind", [VibeKanbanParallel, CmuxAppPanes], ids=lambda kind: kind.tool)
def test_an_agent_that_starts_beside_its_setup_acts_as_nobody_else(kind: type[Orchestrator], ground: Ground) -> None:
    """It may come too early, and then it is refused. (amux and Claude Squad start it through `workspace exec`.)"""
    tool = kind(ground)
    tool.install()
    for number in range(5):
        opened = tool.open(f"race-{number}")
        assert opened.report is not None
        assert opened.report.email is not None or opened.report.code in (1, 4)
        assert opened.report.email != ground.own_email
        assert tool.again(opened, f"race-{number}").email not in (None, ground.own_email)


def test_an_archived_workspace_of_vibe_kanban_has_nobody_when_it_comes_back(ground: Ground) -> None:
    tool = VibeKanban(ground)
    tool.install()
    opened = tool.open("one")
    assert tool.tear_down(opened.path, "one")

    refused = tool.again(opened, "one")  # unarchived: no setup is run
    assert (refused.email, refused.code) == (None, 4)
    assert tool.set_up(opened.path, "one")  # by a person, with what the page says
    assert tool.again(opened, "one").email not in (None, ground.own_email)


def test_a_deleted_workspace_of_vibe_kanban_is_ended_by_gc(ground: Ground) -> None:
    tool = VibeKanban(ground)
    tool.install()
    tool.delete(tool.open("one"))

    assert len(ground.made_by("vibe-kanban")) == 1
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True]


def test_a_session_of_claude_squad_that_is_resumed_has_a_new_identity(installed: Installed) -> None:
    tool = installed(ClaudeSquad)
    assert isinstance(tool, ClaudeSquad)
    opened = tool.open("one")
    tool.pause(opened)
    tool.resume(opened, "one")
    after = tool.again(opened, "one")

    assert opened.report is not None
    assert after.email not in (None, opened.report.email, tool.ground.own_email)
    (ended,) = tool.ground.owner.json("workspace", "gc")
    assert ended["email"] == opened.report.email


def test_a_worktree_of_supacode_that_was_archived_comes_back_as_itself(installed: Installed) -> None:
    tool = installed(Supacode)
    assert isinstance(tool, Supacode)
    opened = tool.open("one")
    assert tool.archive(opened)

    assert opened.report is not None
    assert tool.again(opened, "one").email == opened.report.email


def test_the_prefix_of_lalph_binds_although_its_first_word_is_repeated(ground: Ground) -> None:
    tool = Lalph(ground)
    tool.install()
    notes = ground.owner.at(ground.project).json("integrate", "lalph")["notes"]
    (prefix,) = (note.partition("commandPrefix: ")[2] for note in notes if "commandPrefix" in note)
    env, program, *rest = prefix.split()
    tool.prefix = (env, program.strip("'"), *rest)
    path = tool.make("one")
    tool.start_agent(path, "one")  # without any setup

    report = ground.report(path)
    assert report.words == ["--print", "one"]
    assert report.email not in (None, ground.own_email)


def test_a_worktree_copy_of_a_hook_is_run_by_cmux_and_lalph(ground: Ground) -> None:
    """What was committed comes with every worktree, so it must work from there as well."""
    for kind in (Cmux, Lalph):
        tool = kind(ground)
        tool.install()
        files = json.dumps(ground.owner.at(ground.project).json("integrate", kind.tool, "--check"))
        assert '"missing"' not in files
        opened = tool.open("one")
        assert (opened.path / ".cmux" / "setup").exists()
        assert opened.report is not None
        assert opened.report.email is not None
