"""When a hook fails, comes too late or is killed, the agent may start all the same. It must then act as nobody."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import mute_server, rewrite, saved_sign_in, sign_in
from tests.support.orchestrators.contract import Orchestrator
from tests.support.orchestrators.ground import Ground
from tests.support.orchestrators.terminal_tools import ClaudeSquad, CmuxApp, Supacode, VibeKanban
from tests.support.orchestrators.worktree_tools import Amux, Cmux, Dmux, Lalph, OpenClawWorktrees, Symphony, VibeTree
from tests.support.server import Server

#: Those that start the agent through `ravi workspace exec`: it binds what the setup could not, or starts nobody.
WRAPPED = (Amux, ClaudeSquad)
TOOLS = [Amux, VibeKanban, ClaudeSquad, Lalph, Symphony, Supacode, Dmux, Cmux, CmuxApp, VibeTree, OpenClawWorktrees]


@pytest.fixture(scope="module")
def mortal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of the file, each of which may stop it."""
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield server
    server.close()


@pytest.fixture
def server(mortal_server: Server) -> Server:
    """The server of the file, running."""
    return mortal_server if mortal_server.running else mortal_server.start()


@pytest.fixture
def ground(server: Server, cli: Cli, tmp_path: Path) -> Ground:
    """A machine of an owner whom nobody else knows."""
    return Ground(sign_in(server, cli, f"{tmp_path.name}@example.com"), tmp_path)


@pytest.fixture
def tool(kind: type[Orchestrator], ground: Ground) -> Iterator[Orchestrator]:
    """The tool under test, ready."""
    tool = kind(ground)
    tool.install()
    yield tool
    getattr(tool, "uninstall", lambda: None)()


@pytest.mark.parametrize("kind", TOOLS, ids=lambda kind: kind.tool)
def test_a_setup_without_a_server_leaves_an_agent_that_is_nobody(tool: Orchestrator, server: Server) -> None:
    server.stop()
    opened = tool.open("one")
    server.start()

    ground = tool.ground
    if tool.stops:
        assert opened.report is None, "the tool would not have started it"
        assert not opened.set_up
    else:
        assert opened.report is None or opened.report.email is None
    if isinstance(tool, OpenClawWorktrees):
        assert not opened.path.exists()
        return
    if isinstance(tool, WRAPPED):
        assert opened.report is None, "an agent was started that is bound to nobody"
        assert tool.again(opened, "one").email not in (None, ground.own_email)
    else:
        refused = tool.again(opened, "one")  # the server is back, and nobody has run the hook again
        assert refused.email is None
        assert "is only a marker" in refused.error
        assert tool.set_up(opened.path, "one")
        assert tool.again(opened, "one").email not in (None, ground.own_email)
    assert len({identity["uuid"] for identity in ground.made_by(tool.tool)}) <= 1


@pytest.mark.parametrize("kind", [Lalph, Symphony, Dmux, Cmux, VibeTree, CmuxApp], ids=lambda kind: kind.tool)
def test_the_next_setup_finishes_what_the_first_began(tool: Orchestrator, server: Server) -> None:
    server.stop()
    path = tool.make("one")
    assert not tool.set_up(path, "one")
    server.start()

    assert tool.set_up(path, "one")
    tool.start_agent(path, "one")
    (made,) = tool.ground.made_by(tool.tool)
    assert tool.ground.report(path).email == made["email"]


@pytest.mark.parametrize("kind", [VibeTree, Symphony, OpenClawWorktrees], ids=lambda kind: kind.tool)
def test_a_hook_that_is_killed_for_its_slowness_leaves_an_agent_that_is_nobody(
    tool: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = tool.ground
    right = saved_sign_in(ground.owner)["server"]
    path = tool.make("one")
    monkeypatch.setattr(type(tool), "seconds", 3.0)
    with mute_server() as url:
        rewrite(ground.home / ".ravi" / "auth.json", server=url)
        assert not tool.set_up(path, "one")
    rewrite(ground.home / ".ravi" / "auth.json", server=right)
    if path.exists():
        tool.start_agent(path, "one")
        assert ground.report(path).email is None


@pytest.mark.parametrize("kind", [Amux, Symphony, Supacode, Dmux, Cmux, VibeTree], ids=lambda kind: kind.tool)
def test_an_end_without_a_server_removes_the_worktree_and_gc_does_the_rest(tool: Orchestrator, server: Server) -> None:
    opened = tool.open("one")
    server.stop()
    tool.close(opened, "one")
    server.start()

    assert not opened.path.exists()
    assert len(tool.ground.made_by(tool.tool)) == 1
    assert [each["ended"] for each in tool.ground.owner.json("workspace", "gc")] == [True]


@pytest.mark.parametrize("kind", [Cmux], ids=lambda kind: kind.tool)
def test_a_hook_whose_ravi_is_gone_is_seen_by_check(tool: Orchestrator, tmp_path: Path) -> None:
    setup = tool.ground.project / ".cmux" / "setup"
    shutil.copy(setup, tmp_path / "right")
    setup.write_text(setup.read_text().replace("/ravi'", "/gone/ravi'"))

    checked = tool.ground.owner.at(tool.ground.project).run("integrate", "cmux", "--check", "--json")
    assert checked.code == 1
    assert [each["status"] for each in checked.json["files"]] == ["stale", "ok"]
    tool.ground.integrate("cmux", "--write")
    assert setup.read_text() == (tmp_path / "right").read_text()
