"""What else can lie at the name of a file of ours: whatever it is, `ravi` ends soon, as nobody else, and says why."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import make_workspace, unchanged

#: In seconds: nothing at a name of ours keeps a command waiting.
SOON = 15.0


@pytest.fixture
def own(owner: Cli, workspace: Path) -> tuple[Cli, dict[str, Any]]:
    """An agent in a project that selects an identity, while the home selects another."""
    for name in ("victim", "own"):
        owner.ok("identity", "create", "--name", name)
    owner.ok("identity", "use", "victim")
    made = owner.json("identity", "show", "own")
    make_workspace(workspace, made["uuid"])
    return owner.at(workspace), made


def refused(agent: Cli, *command: str) -> dict[str, Any]:
    """Run *command*, which must fail soon, without naming the identity that the home selects."""
    result = agent.run(*(command or ("get", "email")), "--json", timeout=SOON)
    assert result.code == 1, str(result)
    assert "victim" not in result.stderr
    assert result.error["hint"]
    return result.error


def deep(levels: int) -> str:
    return '{"a": ' + "[" * levels + "]" * levels + "}"


UUID = "00000000-0000-4000-8000-000000000000"
CONTENTS: dict[str, bytes] = {
    "NUL bytes": b'{"identity_uuid": "' + UUID.encode() + b'"}\0\0\0',
    "a NUL in the uuid": b'{"identity_uuid": "0000\\u0000"}',
    "a half pair for a key": b'{"\\ud800": 1, "identity_uuid": "\\udfff"}',
    "a half pair in UTF-8": b'{"identity_uuid": "\xed\xa0\x80"}',
    "a program": Path("/bin/sh").read_bytes()[:4096],
    "random bytes": bytes(range(256)) * 16,
    "nesting": deep(30_000).encode(),
    "a key twice, deeper": b'{"identity_uuid": "%b", "workspace": {"path": "/a", "path": "/b"}}' % UUID.encode(),
    "a byte order mark": b'\xef\xbb\xbf{"identity_uuid": "%b"}' % UUID.encode(),
    "a number without end": b'{"identity_uuid": "%b", "n": %b}' % (UUID.encode(), b"9" * 60_000),
    "not a number": b'{"identity_uuid": NaN}',
    "commands for a terminal": b'{"\x1b[2J": "\x1b]0;owned\x07"}',
}


def test_no_content_makes_an_agent_somebody_else_or_keeps_it_waiting(own: tuple[Cli, dict[str, Any]]) -> None:
    agent, _ = own
    config = agent.cwd / ".ravi" / "config.json"
    for what, content in CONTENTS.items():
        config.write_bytes(content)
        with unchanged(agent.cwd), unchanged(agent.home):
            error = refused(agent)
        assert error["code"].startswith("config."), what
        assert "./.ravi/config.json" in error["error"], what
        people = agent.run("get", "email", "--human", timeout=SOON)
        assert not [char for char in people.stderr if not (char.isprintable() or char == "\n")], what


def test_no_kind_of_file_does_either(own: tuple[Cli, dict[str, Any]]) -> None:
    agent, _ = own
    config = agent.cwd / ".ravi" / "config.json"

    def huge() -> None:
        with config.open("wb") as file:
            file.truncate(1 << 40)

    def listening() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(config.parent)  # the path of a socket is short
            server.bind("config.json")

    kinds: dict[str, Callable[[], object]] = {
        "a pipe": lambda: os.mkfifo(config),
        "a socket": listening,
        "a link to a device": lambda: config.symlink_to("/dev/zero"),
        "a link to a terminal": lambda: config.symlink_to("/dev/tty"),
        "a link to itself": lambda: config.symlink_to("config.json"),
        "a link to a directory": lambda: config.symlink_to("."),
        "a link out of the project": lambda: config.symlink_to("/proc/self/environ"),
        "a terabyte of nothing": huge,
    }
    for what, put in kinds.items():
        config.unlink()
        put()
        error = refused(agent)
        assert "./.ravi/config.json" in error["error"], what
        for told in (agent.at(RAVI_CONFIG_DIR=config.parent), agent.at(Path("/"), RAVI_CONFIG_DIR=config.parent)):
            refused(told)
    config.unlink()
    config.parent.rmdir()
    config.parent.symlink_to(".ravi")
    refused(agent)


def test_the_same_at_the_names_of_the_homes_files(own: tuple[Cli, dict[str, Any]]) -> None:
    agent, made = own
    for name in ("auth.json", "trust.json"):
        file = agent.home / ".ravi" / name
        before = file.read_bytes() if file.exists() else None
        file.unlink(missing_ok=True)
        if name == "trust.json":
            make_workspace(agent.cwd, made["uuid"], identity_key="ravi_id_x", server="http://127.0.0.1:1")
        for put in (lambda file=file: os.mkfifo(file), lambda file=file: file.symlink_to("/dev/zero")):
            put()
            assert name in refused(agent)["error"]
            file.unlink()
        if before is not None:
            file.write_bytes(before)
            file.chmod(0o600)


def test_a_project_a_hundred_directories_down_is_found_and_none_is_found_as_fast(
    own: tuple[Cli, dict[str, Any]],
) -> None:
    agent, made = own
    below = agent.cwd.joinpath(*["d"] * 100)
    below.mkdir(parents=True)

    assert agent.at(below).json("get", "email", timeout=SOON)["email"] == made["inbox"]


@pytest.mark.parametrize("place", ["~/.ravi/auth.json", "$/config.json"])
def test_what_others_can_write_is_refused_until_the_hint_is_followed(
    own: tuple[Cli, dict[str, Any]], place: str
) -> None:
    agent, made = own
    folder = agent.home / ".ravi" if place[0] == "~" else agent.cwd / ".ravi"
    file = folder / place.rpartition("/")[2]
    agent = agent.at(RAVI_CONFIG_DIR=folder) if place[0] == "$" else agent
    assert agent.json("get", "email")["email"] == made["inbox"]

    for culprit, mode in ((file, 0o666), (folder, 0o777)):
        before = culprit.stat().st_mode & 0o777
        culprit.chmod(mode)
        hint = refused(agent)["hint"]
        assert hint.endswith(f"chmod go-w {culprit}")
        subprocess.run(hint[hint.index("chmod") :].split(), check=True)
        assert agent.json("get", "email")["email"] == made["inbox"]
        culprit.chmod(before)


class TestInGit:
    """A file that came with a repository may say who to be, and nothing else; and who approves a key in one is told."""

    @pytest.fixture
    def clone(self, own: tuple[Cli, dict[str, Any]], tmp_path: Path) -> Callable[[dict[str, Any]], Cli]:
        """`clone(content)`: the agent, standing in a clone of a repository that holds this project file."""
        agent, _ = own

        def git(folder: Path, *words: str) -> None:
            done = subprocess.run(
                ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words],
                cwd=folder, env=agent.environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr

        def make(content: dict[str, Any]) -> Cli:
            origin = tmp_path / "origin"
            (origin / ".ravi").mkdir(parents=True)
            (origin / ".ravi" / "config.json").write_text(json.dumps(content))
            git(origin, "init", "--quiet")
            git(origin, "add", "--force", ".ravi/config.json")
            git(origin, "commit", "--quiet", "--message", "x")
            git(tmp_path, "clone", "--quiet", "origin", "clone")
            return agent.at(tmp_path / "clone")

        return make

    def test_it_selects(self, own: tuple[Cli, dict[str, Any]], clone: Callable[..., Cli]) -> None:
        _, made = own
        assert clone({"identity_uuid": made["uuid"]}).json("get", "email")["email"] == made["inbox"]

    def test_it_does_not_authenticate_and_its_approval_comes_with_a_warning(
        self, own: tuple[Cli, dict[str, Any]], clone: Callable[..., Cli], canary: Any
    ) -> None:
        _, made = own
        agent = clone({"identity_uuid": made["uuid"], "identity_key": "ravi_id_planted", "server": canary.url})

        assert refused(agent)["code"] == "config.untrusted"
        assert canary.visits == []
        approved = agent.ok("trust", "--json")

        assert "ravi_id_planted" not in approved.stdout + approved.stderr
        warning = json.loads(approved.stderr)
        assert "git" in warning["warning"]
        assert "git rm --cached" in warning["hint"]
