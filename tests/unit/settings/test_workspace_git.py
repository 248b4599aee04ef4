"""What a workspace has to do with git, held against git itself."""

from pathlib import Path

import pytest

from ravi.settings.workspace_git import exclude, find_repository, pattern
from tests.support.workspaces import git, repository


def ignored(folder: Path, name: str) -> bool:
    """Whether git overlooks *name* in *folder*."""
    return name not in git(folder, "status", "--porcelain", "--untracked-files=all")


def put(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x\n")


def test_where_there_is_no_repository_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert find_repository(str(tmp_path)) is None


def test_what_is_excluded_is_overlooked_in_the_repository_and_in_its_worktrees(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "../side")
    side = tmp_path / "side"
    found = find_repository(str(side))
    assert found is not None
    assert (found.top, found.common_dir) == (str(side), str(main / ".git"))

    assert exclude(found, [".ravi/"])

    for folder in (main, side):
        put(folder, ".ravi/config.json")
        assert ignored(folder, ".ravi")


def test_each_pattern_is_written_once(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    (main / ".git" / "info" / "exclude").write_text("mine")  # without a line break at its end
    found = find_repository(str(main))
    assert found is not None

    for _ in range(3):
        assert exclude(found, [".ravi/", "/.env"])

    assert (main / ".git" / "info" / "exclude").read_text() == "mine\n.ravi/\n/.env\n"


def test_a_subdirectory_belongs_to_the_repository_around_it(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    below = main / "services" / "one"
    below.mkdir(parents=True)
    found = find_repository(str(below))
    assert found is not None

    exclude(found, [".ravi/", pattern(found, str(below / ".env.local"))])

    put(below, ".ravi/config.json")
    put(below, ".env.local")
    put(main, "services/two/.env.local")
    assert git(main, "status", "--porcelain", "--untracked-files=all") == "?? services/two/.env.local\n"


def test_a_submodule_has_an_exclude_file_of_its_own(tmp_path: Path) -> None:
    repository(tmp_path / "lib")
    main = repository(tmp_path / "main")
    git(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "../lib", "lib")
    found = find_repository(str(main / "lib"))
    assert found is not None

    assert exclude(found, [".ravi/"])

    put(main / "lib", ".ravi/config.json")
    assert ignored(main / "lib", ".ravi")
    assert ".ravi/" not in (main / ".git" / "info" / "exclude").read_text()


@pytest.mark.parametrize("name", [".env", "a b.env", "star*.env", "[x].env", "back\\slash.env", "#x.env", "end .env "])
def test_a_pattern_means_its_file_and_no_other(tmp_path: Path, name: str) -> None:
    main = repository(tmp_path / "main")
    found = find_repository(str(main))
    assert found is not None

    exclude(found, [pattern(found, str(main / name))])

    put(main, name)
    put(main, "star-other.env")
    put(main, "x.env")
    left = git(main, "-c", "core.quotepath=off", "status", "--porcelain", "-z").split("\0")
    assert sorted(filter(None, left)) == ["?? star-other.env", "?? x.env"]


def test_a_git_that_leads_to_somebody_elses_repository_is_none(tmp_path: Path) -> None:
    victim = repository(tmp_path / "victim")
    git(victim, "worktree", "add", "-q", "../side")
    before = (victim / ".git" / "info" / "exclude").read_text()
    planted = tmp_path / "planted"
    planted.mkdir()

    def found() -> object:
        return find_repository(str(planted))

    (planted / ".git").write_text(f"gitdir: {victim}/.git\n")
    assert found() is None
    (planted / ".git").write_text(f"gitdir: {victim}/.git/worktrees/side\n")
    assert found() is None, "that one belongs to another tree"
    (planted / ".git").unlink()
    (planted / ".git").symlink_to(victim / ".git")
    assert found() is None
    (planted / ".git").unlink()
    inner = planted / "store" / "worktrees" / "x"
    inner.mkdir(parents=True)
    (inner / "gitdir").write_text(f"{planted}/.git\n")
    (inner / "commondir").write_text(f"{victim}/.git\n")
    (planted / ".git").write_text("gitdir: store/worktrees/x\n")
    assert found() is None
    assert (victim / ".git" / "info" / "exclude").read_text() == before


@pytest.mark.parametrize("what", ["info", "exclude"])
def test_an_exclude_file_that_is_a_link_is_not_written_to(tmp_path: Path, what: str) -> None:
    main = repository(tmp_path / "main")
    target = tmp_path / "target"
    target.mkdir()
    (target / "exclude").write_text("mine\n")
    info = main / ".git" / "info"
    (info / "exclude").unlink()
    if what == "info":
        info.rmdir()
        info.symlink_to(target)
    else:
        (info / "exclude").symlink_to(target / "exclude")
    found = find_repository(str(main))
    assert found is not None

    assert not exclude(found, [".ravi/"])

    assert (target / "exclude").read_text() == "mine\n"
