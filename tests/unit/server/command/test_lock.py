"""One server per SQLite database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ravi.errors import ConfigError
from ravi.server.command import lock

HOLD = """
import sys
from pathlib import Path
from ravi.server.command.lock import only_server
with only_server(Path(sys.argv[1])) as announce:
    announce("http://127.0.0.1:1")
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(database: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_refused_and_told_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with holding(tmp_path / "ravi.db") as first:
        with pytest.raises(ConfigError) as refusal, lock.only_server(tmp_path / "ravi.db"):
            pytest.fail("there were two")
        assert f"process {first.pid}" in refusal.value.message
        assert "--data" in refusal.value.hint
        first.kill()


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path: Path):
    with holding(tmp_path / "ravi.db") as first:
        first.kill()
        first.wait()
        with lock.only_server(tmp_path / "ravi.db"):
            assert (tmp_path / "ravi.db.lock").stat().st_mode & 0o777 == 0o600


def test_a_running_server_says_where_it_is(tmp_path: Path):
    database = tmp_path / "ravi.db"
    assert lock.find_running(database) is None
    with holding(database) as server:
        assert lock.find_running(database) == "http://127.0.0.1:1"
        server.kill()
        server.wait()
    assert lock.find_running(database) is None


def test_one_that_is_not_ready_yet_has_no_url(tmp_path: Path):
    with lock.only_server(tmp_path / "ravi.db"):
        assert lock.find_running(tmp_path / "ravi.db") is None


def test_a_lock_that_cannot_be_made_is_explained(tmp_path: Path):
    with pytest.raises(ConfigError) as refusal, lock.only_server(tmp_path / "absent" / "ravi.db"):
        pytest.fail("it was made")
    assert refusal.value.message == f"cannot make {tmp_path}/absent/ravi.db.lock: no such file or directory"
    assert refusal.value.hint


def test_the_lock_is_not_handed_to_child_processes(tmp_path: Path):
    with lock.only_server(tmp_path / "ravi.db"):
        child = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with lock.only_server(tmp_path / "ravi.db"):
            assert os.path.exists(tmp_path / "ravi.db.lock")
    finally:
        child.kill()
        child.wait()
