"""Files that git tracks are told from those that only lie beside them."""

import os
from pathlib import Path

import pytest

from ravi.settings.tracked import is_tracked
from tests.support.workspaces import git, repository


def put(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x\n")


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


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_tracked_file_is_found_in_every_version_of_the_index(tmp_path: Path, version: int) -> None:
    main = repository(tmp_path / "main")
    names = ["a", ".ravi/config.json", ".ravi/config.json.lock", "b/.ravi/config.json", "c" * 200, "z"]
    for name in names:
        put(main, name)
    git(main, "add", "-f", *names)
    git(main, "update-index", "--index-version", "4" if version == 4 else "2")
    if version == 3:
        put(main, "later")
        git(main, "add", "--intent-to-add", "later")  # a flag that only version 3 can hold
    index = (main / ".git" / "index").read_bytes()
    assert int.from_bytes(index[4:8], "big") == version

    for name in ["README", *names]:
        assert is_tracked(str(main / name)), name
    for name in (".ravi", "config.json", ".ravi/config", "README2", "cc", "b"):
        assert not is_tracked(str(main / name)), name


@pytest.mark.parametrize(
    "content", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\0\5short", b"DIRC\0\0\0\4\0\0\0\5" + b"\xff" * 90]
)
def test_an_index_that_is_damaged_tracks_nothing(tmp_path: Path, content: bytes) -> None:
    main = repository(tmp_path / "main")
    (main / ".git" / "index").write_bytes(content)

    assert not is_tracked(str(main / "README"))
