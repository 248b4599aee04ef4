"""The real lalph with what `ravi integrate` writes and says: its worktrees live shortly, and have no teardown."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import PROGRAM
from tests.support.lalph import Lalph
from tests.support.npm import Npm
from tests.support.orchestrators.ground import Ground
from tests.support.server import Server

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

WHO = f"{PROGRAM} get email --json 2>&1\n"


@pytest.fixture
def lalph(npm: Npm, lalph_program: Path, ground: Ground) -> Lalph:
    """lalph, with nothing of ours yet."""
    return Lalph(npm, lalph_program, ground)


def test_each_worktree_has_its_identity_and_gc_ends_what_is_left(lalph: Lalph, ground: Ground) -> None:
    ground.integrate("lalph", "--write")
    lalph.configure()
    said = [_address(lalph.shell(WHO)) for _ in range(2)]
    made = ground.made_by("lalph")

    assert sorted(said) == sorted(each["email"] for each in made)
    assert len(set(said)) == 2
    assert not any(Path(each["workspace"]["path"]).exists() for each in made)
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True, True]
    assert ground.made_by("lalph") == []


@pytest.mark.parametrize("way", ["script", "prefix"])
def test_the_agent_that_it_starts_is_bound(lalph: Lalph, ground: Ground, way: str) -> None:
    """By the script, or by the prefix alone, whose first word lalph repeats, where it cannot run scripts."""
    if way == "script":
        ground.integrate("lalph", "--write")
        lalph.configure()
    else:
        (note,) = (note for note in ground.integrate("lalph")["notes"] if "commandPrefix: " in note)
        lalph = replace(lalph, folder="t m p")
        lalph.configure(note.partition("commandPrefix: ")[2])
    path = lalph.work()
    report = ground.report(path)
    (made,) = ground.made_by("lalph")

    assert report.email == made["email"]
    assert made["workspace"]["path"] == report.directory
    assert not path.exists()
    assert [each["ended"] for each in ground.owner.json("workspace", "gc")] == [True]


def test_a_setup_without_a_server_leaves_an_agent_that_is_nobody(lalph: Lalph, ground: Ground, server: Server) -> None:
    ground.integrate("lalph", "--write")
    lalph.configure()
    server.stop()
    said = lalph.shell(WHO)
    server.start()

    assert '"config.invalid"' in said
    assert "@" not in said
    assert ground.made_by("lalph") == []


def _address(said: str) -> str:
    found = re.search(r'"email": *"([^"]+)"', said)
    assert found, said
    return found[1]
