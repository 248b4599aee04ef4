"""`ravi integrate`: lists, prints, writes, checks and removes, and touches nothing that is not its own."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ravi.cli.integrate.project import running_program
from ravi.cli.integrate.tools import TOOLS
from ravi.errors import RaviError

WRITABLE = [
    name for name, tool in TOOLS.items() if all(each.absent == "make" for each in tool.targets) and tool.targets
]


@pytest.fixture
def project(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, with the working directory in a folder of it."""
    folder = tmp_path / "a project's"
    (folder / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", folder], check=True)
    monkeypatch.chdir(folder / "src")
    return folder


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode) for path in found}


def statuses(document: dict) -> set[str]:
    return {each["status"] for each in document["files"]}


def test_alone_it_lists_every_tool(ravi: Callable) -> None:
    assert [each["tool"] for each in ravi("integrate").json] == list(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_printing_touches_nothing_and_needs_no_sign_in(ravi: Callable, project: Path, home: Path, tool: str) -> None:
    before = files(project), files(home)
    printed = ravi("integrate", tool)

    assert printed.code == 0
    assert {**printed.json, "files": [], "paste": [], "notes": []} == {
        "tool": tool,
        "files": [],
        "paste": [],
        "notes": [],
    }
    assert printed.json["files"] or printed.json["paste"]
    assert (files(project), files(home)) == before
    assert ravi("integrate", tool, "--print", "--human").out.count("\n") > 1


@pytest.mark.parametrize("tool", WRITABLE)
def test_what_is_written_is_what_is_printed_and_goes_without_a_trace(
    ravi: Callable, project: Path, home: Path, tool: str
) -> None:
    before = files(project), files(home)
    printed = {each["file"]: each for each in ravi("integrate", tool).json["files"]}

    assert ravi("integrate", tool, "--check").code == 1
    written = ravi("integrate", tool, "--write").json
    after = files(project), files(home)
    assert statuses(written) == {"written"}
    for each in written["files"]:
        path = Path(each["path"])
        assert path.read_text() == printed[each["file"]]["text"]
        assert os.access(path, os.X_OK) == printed[each["file"]]["executable"]
    assert ravi("integrate", tool, "--check").code == 0
    assert statuses(ravi("integrate", tool, "--write").json) == {"unchanged"}
    assert (files(project), files(home)) == after
    assert statuses(ravi("integrate", tool, "--remove").json) == {"removed"}
    assert (files(project), files(home)) == before
    assert statuses(ravi("integrate", tool, "--remove").json) == {"not there"}


def test_a_file_that_others_share_keeps_its_bytes_and_its_mode(ravi: Callable, project: Path) -> None:
    script = project / ".dmux-hooks" / "worktree_created"
    script.parent.mkdir()
    script.write_text("#!/bin/bash\nset -e\nnpm ci\n")
    script.chmod(0o750)
    before = files(project)

    ravi("integrate", "dmux", "--write")
    assert script.read_text().startswith("#!/bin/bash\n# >>> ravi >>>\n")
    assert script.read_text().endswith("# <<< ravi <<<\nset -e\nnpm ci\n")
    ravi("integrate", "dmux", "--remove")

    assert files(project) == before


def test_a_script_that_is_not_executable_is_stale_and_mended(ravi: Callable, project: Path) -> None:
    ravi("integrate", "cmux", "--write")
    (project / ".cmux" / "setup").chmod(0o644)

    assert statuses(ravi("integrate", "cmux", "--check").json) == {"ok", "stale"}
    assert statuses(ravi("integrate", "cmux", "--write").json) == {"unchanged", "written"}
    assert ravi("integrate", "cmux", "--check").code == 0


def test_a_ravi_that_has_moved_is_stale(ravi: Callable, project: Path) -> None:
    ravi("integrate", "superset", "--write")
    path = project / ".superset" / "config.json"
    right = path.read_text()
    path.write_text(right.replace("/ravi'", "/old/ravi'"))

    checked = ravi("integrate", "superset", "--check")
    assert (checked.code, statuses(checked.json)) == (1, {"stale"})
    ravi("integrate", "superset", "--write")
    assert path.read_text() == right


def test_nothing_is_written_when_one_of_the_files_is_in_the_way(ravi: Callable, project: Path, home: Path) -> None:
    (home / ".amux").mkdir()
    (home / ".amux" / "config.json").write_text('{"assistants": {"claude": {"command": "claude -c"}}}')
    refused = ravi("integrate", "amux", "--write")

    assert (refused.code, refused.error["code"]) == (1, "config.invalid")
    assert "assistants.claude.command is set to something else" in refused.error["error"]
    assert "workspace exec --label tool=amux -- claude" in refused.error["error"]
    assert not (project / ".amux").exists()
    assert statuses(ravi("integrate", "amux", "--check").json) == {"missing", "conflict"}


@pytest.mark.parametrize("tool", ["symphony", "claude-squad", "devcontainer"])
def test_a_file_that_only_its_tool_can_make_is_not_made(ravi: Callable, project: Path, home: Path, tool: str) -> None:
    refused = ravi("integrate", tool, "--write")

    assert (refused.code, refused.error["code"]) == (1, "config.invalid")
    assert "not ours to make" in refused.error["error"]
    assert ravi("integrate", tool, "--check").code == 1
    assert not [name for name in files(project) if not name.startswith(".git/")]


def test_a_dev_container_is_found_at_either_place(ravi: Callable, project: Path) -> None:
    (project / ".devcontainer.json").write_text('{\n  // ours\n  "image": "debian",\n}\n')

    assert ravi("integrate", "devcontainer", "--write").json["files"][0]["file"] == ".devcontainer.json"
    assert "// ours" in (project / ".devcontainer.json").read_text()


@pytest.mark.parametrize("flag", ["--write", "--check", "--remove"])
@pytest.mark.parametrize("tool", ["vibe-kanban", "github-actions"])
def test_settings_out_of_reach_are_for_a_person(ravi: Callable, project: Path, tool: str, flag: str) -> None:
    refused = ravi("integrate", tool, flag)

    assert (refused.code, refused.error["code"]) == (1, "integrate.by_hand_only")
    assert f"ravi integrate {tool}" in refused.error["hint"]


def test_a_link_out_of_the_project_is_not_followed(ravi: Callable, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / ".cmux").symlink_to(outside)
    (project / ".claude").mkdir()
    (project / ".claude" / "settings.json").symlink_to(outside / "settings.json")

    for tool in ("cmux", "claude-code"):
        for flag in ("--write", "--check", "--remove"):
            assert ravi("integrate", tool, flag).error["code"] == "config.invalid"
    assert list(outside.iterdir()) == []


def test_a_link_inside_the_project_is_written_through(ravi: Callable, project: Path) -> None:
    (project / "shared").mkdir()
    (project / "shared" / "settings.json").write_text("{}")
    (project / ".claude").symlink_to("shared")

    ravi("integrate", "claude-code", "--write")
    assert (project / ".claude").is_symlink()
    assert "SessionStart" in (project / "shared" / "settings.json").read_text()


def test_git_hooks_are_written_where_git_looks_for_them(ravi: Callable, project: Path, tmp_path: Path) -> None:
    git = ["git", "-C", project, "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", tmp_path / "linked"], check=True)
    ravi("integrate", "git", "--write", "--dir", str(tmp_path / "linked"))
    assert (project / ".git" / "hooks" / "post-checkout").exists()

    subprocess.run([*git, "config", "core.hooksPath", ".husky"], check=True)
    assert ravi("integrate", "git", "--write").json["files"][0]["file"] == ".husky/post-checkout"
    subprocess.run([*git, "config", "core.hooksPath", str(tmp_path / "elsewhere")], check=True)
    assert ravi("integrate", "git", "--write").error["code"] == "config.invalid"


@pytest.mark.parametrize(
    "words",
    [
        ["amux", "--write", "--check"],
        ["--write"],
        ["amxu"],
        ["amux", "--agent", " "],
        ["amux", "--check", "--dir", "no"],
    ],
    ids=" ".join,
)
def test_it_is_not_guessed_what_was_meant(ravi: Callable, project: Path, words: list[str]) -> None:
    assert ravi("integrate", *words).code == 2


@pytest.mark.parametrize("content", [b"\xff{}", b"[1]", b"", b"{}" + b" " * 1_048_576])
def test_a_file_that_is_not_what_it_should_be_stays_as_it_is(ravi: Callable, project: Path, content: bytes) -> None:
    path = project / "supacode.json"
    path.write_bytes(content)

    assert ravi("integrate", "supacode", "--write").error["code"] == "config.invalid"
    assert path.read_bytes() == content


def test_the_program_is_named_as_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, link = tmp_path / "real" / "ravi", tmp_path / "bin" / "ravi"
    for path in (real, link):
        path.parent.mkdir()
    real.write_text("#!/bin/sh\n")
    real.chmod(0o755)
    link.symlink_to(real)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")

    assert running_program([str(link)], "/nowhere/python") == str(link)
    assert running_program(["bin/ravi"], "/nowhere/python") == str(link)
    assert running_program(["/x/__main__.py"], str(tmp_path / "real" / "python")) == str(real)
    with pytest.raises(RaviError):
        running_program(["/x/__main__.py"], "/nowhere/python")


def test_the_agent_is_what_the_wrapper_starts(ravi: Callable, home: Path, project: Path) -> None:
    (home / ".claude-squad").mkdir()
    (home / ".claude-squad" / "config.json").write_text('{"default_program": "claude", "profiles": []}')
    ravi("integrate", "claude-squad", "--write", "--agent", "codex --full-auto")

    (profile,) = json.loads((home / ".claude-squad" / "config.json").read_text())["profiles"]
    assert profile["program"].endswith("' workspace exec --label tool=claude-squad -- codex --full-auto")
    assert ravi("integrate", "claude-squad", "--check").code == 0
