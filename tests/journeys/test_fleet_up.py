"""A fleet is one command: all of its members or none, whatever happens in between."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import api, sign_in
from tests.support.server import Server
from tests.support.terminal import Conversation
from tests.support.workspaces import binding, git, identities, repository


@pytest.fixture
def work(owner: Cli, tmp_path: Path) -> Cli:
    """The owner, in an empty directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    return owner.at(folder)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def folders(count: int, work: Cli) -> list[Path]:
    made = [work.cwd / f"d{number}" for number in range(count)]
    for each in made:
        each.mkdir()
    return made


def wait_for(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.005)


def test_fifty_agents_are_one_command_and_each_is_somebody_else(work: Cli) -> None:
    rows = work.json("fleet", "up", "50", "--ttl", "1h", "--label", "team=a")

    assert [row["name"] for row in rows] == [f"agent-{n}" for n in range(50)]
    for key in ("uuid", "email", "phone_number", "workspace", "config_dir"):
        assert len({row[key] for row in rows}) == 50, key
    known = identities(work)
    for row in rows:
        identity = known[row["uuid"]]
        assert identity["labels"] == {"team": "a", "fleet": row["fleet"], "fleet.made": "directory"}
        assert identity["expires_dt"] is not None
        assert identity["workspace"]["path"] == row["workspace"]
    for row in (rows[0], rows[31], rows[49]):
        agent = work.at(Path(row["workspace"]))
        assert agent.json("get", "email")["email"] == row["email"]
        alone = work.at(work.cwd, home=work.cwd / "no-home", RAVI_CONFIG_DIR=row["config_dir"])
        assert [each["uuid"] for each in alone.json("identity", "list")] == [row["uuid"]], "its own key, and no other"


def test_what_is_printed_holds_no_secret_and_what_is_written_is_private(work: Cli) -> None:
    done = work.ok("fleet", "up", "3")

    written = [binding(work.cwd / f"agent-{n}") for n in range(3)]
    assert all(each["identity_key"] not in done.stdout + done.stderr for each in written)
    assert len({each["identity_key"] for each in written}) == 3
    saved = json.loads((work.home / ".ravi" / "auth.json").read_text())
    for number in range(3):
        config = work.cwd / f"agent-{number}" / ".ravi" / "config.json"
        assert config.stat().st_mode & 0o777 == 0o600
        assert config.parent.stat().st_mode & 0o777 == 0o700
        assert saved["access_token"] not in config.read_text()


def test_each_member_opens_its_own_vault_and_no_other(work: Cli, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("246810")
    work.ok("unlock", "--pin-file", tmp_path / "pin")
    first, second = work.json("fleet", "up", "2")

    one, two = (work.at(work.cwd, home=tmp_path / "x", RAVI_CONFIG_DIR=row["config_dir"]) for row in (first, second))
    one.ok("secrets", "set", "TOKEN", "for the first")
    assert one.json("secrets", "get", "TOKEN")["value"] == "for the first"
    assert two.json("secrets", "list") == []
    keys = {binding(Path(row["workspace"]))["vault_key"] for row in (first, second)}
    assert len(keys) == 2


def test_named_directories_keep_their_names_and_get_the_file_that_was_asked_for(work: Cli) -> None:
    api_, web = folders(2, work)
    rows = work.json("fleet", "up", "d0", web, "--env-file", ".env.local", "--fleet", "mono")

    assert [(row["name"], row["workspace"], row["fleet"]) for row in rows] == [
        ("d0", str(api_), "mono"),
        ("d1", str(web), "mono"),
    ]
    text = (web / ".env.local").read_text()
    assert f"RAVI_EMAIL={rows[1]['email']}" in text.replace('"', "").replace("'", "")
    assert rows[1]["phone_number"] in text
    assert (web / ".env.local").stat().st_mode & 0o777 == 0o600
    again = work.json("workspace", "ensure", web)
    assert (again["status"], again["env_file"]) == ("unchanged", None)
    work.ok("fleet", "down", "--fleet", "mono")
    assert entries(web) == [], "that file goes, too"
    assert web.is_dir(), "the directory was there before"


def test_a_second_run_keeps_what_is_there_and_makes_what_is_missing(work: Cli) -> None:
    first = work.json("fleet", "up", "3")
    work.ok("workspace", "release", work.cwd / "agent-1")
    second = work.json("fleet", "up", "4")

    assert [row["status"] for row in second] == ["unchanged", "created", "unchanged", "created"]
    assert [row["uuid"] for row in second][::2] == [row["uuid"] for row in first][::2]
    assert {row["fleet"] for row in second} == {first[0]["fleet"]}
    assert len(identities(work)) == 4


# --- all or nothing


def test_a_refusal_of_the_server_leaves_nothing(work: Cli) -> None:
    refused = work.run("fleet", "up", "5", "--label", f"k={'x' * 300}")

    assert refused.error["code"] == "validation.failed"
    assert "identities[0]" in refused.error["error"]
    assert entries(work.cwd) == []
    assert identities(work) == {}


def test_a_directory_that_cannot_be_bound_spoils_the_others_before_anything_is_made(work: Cli) -> None:
    for each in folders(3, work):
        (each / "kept").write_text("x")
    (work.cwd / "d1" / ".ravi").write_text("in the way")
    before = {path: path.is_dir() for path in work.cwd.rglob("*")}
    refused = work.run("fleet", "up", "d0", "d1", "d2")

    assert refused.code != 0
    assert {path: path.is_dir() for path in work.cwd.rglob("*")} == before
    assert identities(work) == {}


def test_a_disk_that_fails_after_the_creation_ends_all_that_was_made(work: Cli) -> None:
    trusted = work.home / ".ravi" / "trust.json"
    trusted.unlink(missing_ok=True)
    trusted.mkdir()
    failed = work.run("fleet", "up", "5")

    assert failed.error["code"] == "config.invalid"
    assert entries(work.cwd) == []
    assert identities(work) == {}, "they were made, and ended again"
    ended = [row for row in work.json("audit", "--limit", "100") if row["action"] == "identity.deleted"]
    assert len(ended) == 5
    trusted.rmdir()
    assert len(work.json("fleet", "up", "5")) == 5


def test_a_server_that_is_not_there_leaves_nothing_behind(tmp_path: Path, cli: Cli) -> None:
    server = Server(tmp_path / "data").start()
    try:
        work = sign_in(server, cli).at(tmp_path)
    finally:
        server.stop()
    (tmp_path / "w").mkdir()
    failed = work.at(tmp_path / "w").run("fleet", "up", "4")

    assert failed.code == 8
    assert entries(tmp_path / "w") == []


@pytest.mark.parametrize(
    ("after", "stop"),
    [
        ("agent-0", signal.SIGINT),
        ("agent-0/.ravi/config.json", signal.SIGINT),
        ("agent-60/.ravi/config.json", signal.SIGINT),
        ("agent-1", signal.SIGTERM),
        ("agent-90/.ravi/config.json", signal.SIGTERM),
    ],
)
def test_who_is_stopped_in_the_middle_leaves_nothing(work: Cli, after: str, stop: signal.Signals) -> None:
    process = work.start("fleet", "up", "150")
    wait_for(lambda: (work.cwd / after).exists() or process.poll() is not None, after)
    process.send_signal(stop)
    stdout, stderr = process.communicate(timeout=120)

    if process.returncode == 0:
        pytest.skip("it was faster than the signal")
    assert (process.returncode, stdout) == (130, ""), stderr
    assert identities(work) == {}
    assert entries(work.cwd) == []


@pytest.mark.parametrize("after", [0.0, 0.05, 0.15, 0.3])
def test_who_is_killed_in_the_middle_is_finished_by_the_next(work: Cli, after: float) -> None:
    process = work.start("fleet", "up", "30")
    wait_for(lambda: (work.cwd / "agent-3" / ".ravi" / "config.json").exists(), "a marker")
    time.sleep(after)
    process.kill()
    process.communicate()
    rows = work.json("fleet", "up", "30")

    assert len({row["uuid"] for row in rows}) == 30
    assert set(identities(work)) == {row["uuid"] for row in rows}, "no orphan, and nobody twice"
    for row in (rows[0], rows[29]):
        assert work.at(Path(row["workspace"])).json("get", "email")["email"] == row["email"]
    work.ok("fleet", "down")
    assert identities(work) == {}
    assert entries(work.cwd) == []


def test_two_at_once_over_the_same_directories_make_one_fleet(work: Cli) -> None:
    running = [work.start("fleet", "up", "20") for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in running]

    assert [process.returncode for process in running] == [0, 0], [stderr for _, stderr in answers]
    first, second = (json.loads(stdout) for stdout, _ in answers)
    assert [row["uuid"] for row in first] == [row["uuid"] for row in second]
    assert len(identities(work)) == 20


@pytest.mark.parametrize(
    "words",
    [
        ["0"],
        ["5001"],
        ["3", "d0"],
        ["nowhere"],
        ["d0", "./d0"],
        ["d0", "--worktrees", "x"],
        ["3", "--worktrees", "x"],
        ["3", "--prefix", "a/b"],
        ["3", "--label", "fleet=x"],
    ],
)
def test_what_cannot_be_a_fleet_is_refused_before_anything_is_made(work: Cli, words: list[str]) -> None:
    folders(1, work)
    refused = work.run("fleet", "up", *words)

    assert refused.code == 2, str(refused)
    assert entries(work.cwd) == ["d0"]
    assert identities(work) == {}


# --- worktrees


def test_worktrees_are_made_beside_the_repository_each_on_its_branch(work: Cli) -> None:
    repo = repository(work.cwd / "app")
    rows = work.at(repo).json("fleet", "up", "3", "--worktrees", "task")

    assert [Path(row["workspace"]).name for row in rows] == [f"app-task-{n}" for n in range(3)]
    assert [row["branch"] for row in rows] == [f"task-{n}" for n in range(3)]
    for row in rows:
        tree = Path(row["workspace"])
        assert (tree / "README").read_text() == "hello\n"
        assert git(tree, "branch", "--show-current").strip() == row["branch"]
        assert git(tree, "status", "--porcelain") == "", "what was written there is overlooked"
    again = work.at(repo).json("fleet", "up", "3", "--worktrees", "task")
    assert [row["status"] for row in again] == ["unchanged"] * 3


def test_worktrees_go_with_the_fleet_unless_something_would_be_lost(work: Cli) -> None:
    repo = repository(work.cwd / "app")
    rows = work.at(repo).json("fleet", "up", "3", "--worktrees", "task")
    trees = [Path(row["workspace"]) for row in rows]
    (trees[1] / "draft").write_text("not committed")
    (trees[2] / "done").write_text("committed")
    git(trees[2], "add", "done")
    git(trees[2], "commit", "-q", "-m", "work")
    ended = work.at(repo).json("fleet", "down")

    assert [tree.exists() for tree in trees] == [False, True, False]
    assert git(repo, "branch", "--format=%(refname:short)").split() == ["main", "task-1", "task-2"]
    assert identities(work) == {}
    notes = [row["notes"] for row in ended]
    assert notes[0] == []
    assert "changes" in notes[1][0]
    assert "task-2" in notes[2][0]


def test_a_failure_takes_the_worktrees_and_their_branches_back(work: Cli) -> None:
    repo = repository(work.cwd / "app")
    git(repo, "branch", "task-1")
    refused = work.at(repo).run("fleet", "up", "3", "--worktrees", "task", "--label", f"k={'x' * 300}")

    assert refused.code != 0
    assert entries(work.cwd) == ["app"]
    assert git(repo, "branch", "--format=%(refname:short)").split() == ["main", "task-1"], "that one was there before"


# --- the others


def test_status_says_who_is_there_what_is_unread_and_what_they_wait_for(work: Cli) -> None:
    rows = work.json("fleet", "up", "3", "--fleet", "nightly")
    sender = work.at(Path(rows[0]["workspace"]))
    sender.ok("sms", "send", "--to", rows[1]["phone_number"], "--body", "hello")
    waiting = work.at(Path(rows[2]["workspace"])).start("wait", "--otp", "--from", "github.com", "--timeout", "60s")
    try:
        seen: list[dict[str, Any]] = []

        def is_shown() -> bool:
            seen[:] = work.json("fleet", "status", "--fleet", "nightly")
            return bool(seen[2]["waiting"]) and seen[1]["unread_sms"] == 1 and bool(seen[0]["last_seen_dt"])

        wait_for(is_shown, "everything that status is to show")
        human = work.ok("fleet", "status", "--fleet", "nightly", "--human").stdout
    finally:
        waiting.kill()
        waiting.communicate()
    assert [row["name"] for row in seen] == ["agent-0", "agent-1", "agent-2"]
    assert [row["place"] for row in seen] == ["bound"] * 3
    assert seen[1]["last_seen_dt"] is None, "nobody has used its key"
    assert (seen[2]["waiting"][0]["want"], seen[2]["waiting"][0]["sender"]) == ("otp", "github.com")
    assert work.json("fleet", "status") == [], "that is another fleet than the one of this directory"
    assert "WAITS FOR" in human
    assert "from github.com" in human


def test_exec_runs_everywhere_at_once_as_each_identity_and_says_how_each_has_ended(work: Cli) -> None:
    rows = work.json("fleet", "up", "4")
    script = 'ravi get email --human; echo "key:${RAVI_API_KEY-none}" >&2; case $PWD in *-2) exit 3;; esac'
    done = work.at(work.cwd, RAVI_API_KEY="", RAVI_PIN="1").run("fleet", "exec", "--human", "--", "sh", "-c", script)

    assert done.code == 1
    for row in rows:
        assert f"{row['name']} | {row['email']}" in done.stdout
        assert f"{row['name']} | key:none" in done.stderr
    assert "agent-2: exit status 3" in done.stderr
    answers = work.run("fleet", "exec", "--", "sh", "-c", "echo out; test $PWD != $HOME")
    assert answers.code == 0
    assert [row["exit_status"] for row in answers.json] == [0] * 4
    assert answers.stderr.count("| out") == 4
    mute = work.run("fleet", "exec", "--", "sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 4")
    assert [row["exit_status"] for row in mute.json] == [4] * 4
    missing = work.run("fleet", "exec", work.cwd / "agent-1", "--", "no-such-program")
    assert [row["exit_status"] for row in missing.json] == [127]


def test_exec_does_no_more_at_once_than_it_is_told(work: Cli) -> None:
    work.ok("fleet", "up", "3")
    script = "for i in 1 2 3; do mkdir ../busy || exit 9; rmdir ../busy; done"
    done = work.run("fleet", "exec", "--jobs", "1", "--", "sh", "-c", script)

    assert [row["exit_status"] for row in done.json] == [0, 0, 0]


def test_down_ends_the_fleet_and_nobody_else(work: Cli) -> None:
    work.ok("identity", "create", "--name", "bystander")
    rows = work.json("fleet", "up", "3")
    other = work.json("fleet", "up", "2", "--prefix", "other")
    (work.cwd / "agent-1" / "result").write_text("kept")
    ended = work.json("fleet", "down", "--prefix", "agent")

    assert [row["uuid"] for row in ended] == [row["uuid"] for row in rows]
    assert all(row["receipt"]["status"] == "deleted" for row in ended)
    assert {each["name"] for each in identities(work).values()} == {"bystander", "other-0", "other-1"}
    assert entries(work.cwd) == ["agent-1", "other-0", "other-1"]
    assert entries(work.cwd / "agent-1") == ["result"]
    assert work.json("fleet", "down", "--prefix", "agent") == [], "twice is fine"
    assert [row["uuid"] for row in work.json("fleet", "down", work.cwd / "other-1")] == [other[1]["uuid"]]


def test_members_on_another_machine_are_left_alone(work: Cli) -> None:
    work.ok("fleet", "up", "1", "--fleet", "x")
    body = {"name": "far", "labels": {"fleet": "x"}, "workspace": {"host": "far:00000000", "path": "/w"}}
    assert api(work).post("/api/identities/", body).status == 201
    done = work.ok("fleet", "down", "--fleet", "x")

    assert len(done.json) == 1
    assert "other machines" in done.stderr
    assert [each["name"] for each in identities(work).values()] == ["far"]
    assert len(work.json("fleet", "down", "--fleet", "x", "--everywhere")) == 1


def test_a_person_sees_how_far_it_has_come(work: Cli) -> None:
    with Conversation(work, "fleet", "up", "20") as it:
        done = it.result()

    assert done.code == 0
    assert len(json.loads(done.stdout)) == 20
    assert "finishing  [" in done.stderr
    assert "20 of 20" in done.stderr


def test_the_library_does_the_same_in_one_line(work: Cli) -> None:
    script = """
import asyncio, ravi
fleet = ravi.fleet.up(3, prefix="lib")
print([member.name for member in fleet.members], len({member.email for member in fleet.members}))
print([each.place for each in ravi.fleet.status(prefix="lib")])
async def main():
    more = await ravi.fleet.aup(4, prefix="lib")
    print([member.status for member in more.members])
    print(len((await ravi.fleet.adown(prefix="lib")).ended), len(await ravi.fleet.astatus(prefix="lib")))
asyncio.run(main())
"""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=work.cwd, env=work.environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "['lib-0', 'lib-1', 'lib-2'] 3",
        "['bound', 'bound', 'bound']",
        "['unchanged', 'unchanged', 'unchanged', 'created']",
        "4 0",
    ], done.stderr
    assert entries(work.cwd) == []
    assert os.path.isdir(work.cwd)


def test_the_fleet_that_was_started_here_needs_no_name_and_of_several_one_is_asked_for(work: Cli) -> None:
    work.json("fleet", "up", "2", "--prefix", "task")
    assert len(work.json("fleet", "status")) == 2
    work.json("fleet", "up", "1", "--prefix", "other")

    for words in (("status",), ("down",), ("exec", "--", "true")):
        refused = work.fails(5, "fleet", *words)
        assert {name.rpartition("-")[0] for name in refused["details"]} == {"task", "other"}
    assert len(work.json("fleet", "down", "--prefix", "other")) == 1
    assert len(work.json("fleet", "down")) == 2
    assert work.json("fleet", "down") == []
