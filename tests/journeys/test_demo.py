"""What `make demo` and `make dev` show, run as those targets run it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent.parent / "demo"


def processes_of(user_home: Path) -> list[str]:
    """Command lines of processes that work on a stage below *user_home*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        if any(str(user_home).encode() in word for word in words):
            found.append(b" ".join(words).decode())
    return found


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, DEMO / "demo.py"],
        env={**os.environ, "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("research-agent", "scheduler-agent", "finance-agent"):
        assert re.search(rf"{name}/ +\$ ravi get email +{name}@in\.ravi\.localhost +\+\d+", done.stdout)
    assert len(set(re.findall(r"feature-\d+ +→ (\S+@\S+)", done.stdout))) == 10
    assert "exit 3 (credential refused)" in done.stdout
    assert "make dev" in done.stdout
    assert list(scratch.iterdir()) == []
    assert processes_of(scratch) == []


def test_the_development_server_has_an_owner_signed_in_and_does_what_it_says(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for start in ("afresh", "again, on what the first one left"):
        dev = subprocess.Popen(
            [sys.executable, DEMO / "dev.py", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--state", state],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert dev.stdout is not None
            said = ""
            while "Stop: Ctrl-C" not in said:
                line = dev.stdout.readline()
                assert line, f"it ended when started {start}: {said}"
                said += line
            advice = re.findall(r"^   ((?:export|ravi) .*)$", said, re.MULTILINE)
            assert len(advice) == 4
            # Two identities of one name would be ambiguous on the second start.
            script = "\n".join(advice).replace("my-agent", f"my-agent-{len(start)}")
            ran = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, timeout=60, check=False)
            assert ran.returncode == 0, ran.stderr
            assert f"my-agent-{len(start)}@in.ravi.localhost" in ran.stdout
        finally:
            dev.send_signal(signal.SIGTERM)
            dev.communicate(timeout=30)
        assert processes_of(state) == []
