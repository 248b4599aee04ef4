"""Files that git tracks are told from those that only lie beside them."""

import os
import subprocess
from pathlib import Path

import pytest

from ravi.settings.tracked import is_tracked


def git(folder: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository in which `sub/.ravi/config.json` is tracked, and `.ravi/config.json` is not."""
    for folder in (tmp_path / "p" / ".ravi", tmp_path / "p" / "sub" / ".ravi"):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    git(tmp_path / "p", "init", "--quiet")
    git(tmp_path / "p", "add", "--force", "sub/.ravi/config.json")
    return tmp_path / "p"


def test_what_is_tracked_is_told_from_what_has_the_end_of_its_name(project: Path) -> None:
    assert is_tracked(str(project / "sub" / ".ravi" / "config.json"))
    assert not is_tracked(str(project / ".ravi" / "config.json"))


def test_another_work_tree_has_an_index_of_its_own(project: Path) -> None:
    git(project, "commit", "--quiet", "--message", "x")
    git(project, "worktree", "add", "--quiet", "../other")

    assert (project.parent / "other" / ".git").is_file()
    assert is_tracked(str(project.parent / "other" / "sub" / ".ravi" / "config.json"))


@pytest.mark.parametrize("what", ["no repository", "no index", "a pipe", "a pointer to nothing", "rubbish"])
def test_where_it_cannot_be_told_nothing_is_said_and_nothing_waits(tmp_path: Path, what: str) -> None:
    file = tmp_path / ".ravi" / "config.json"
    file.parent.mkdir()
    file.write_text("{}")
    place = tmp_path / ".git"
    if what == "a pointer to nothing":
        place.write_text("gitdir: /no/where\n")
    elif what != "no repository":
        place.mkdir()
    if what == "a pipe":
        os.mkfifo(place / "index")
    if what == "rubbish":
        (place / "index").write_bytes(b"\0.ravi/config.json\0" * 3)

    assert not is_tracked(str(file))
