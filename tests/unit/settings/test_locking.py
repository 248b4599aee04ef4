"""The lock that processes share."""

import os
import subprocess
import sys
import time

import pytest

from ravi.errors import ConfigInvalid, TimedOut
from ravi.settings.locking import locked

HOLD = (
    "import sys, time\nfrom ravi.settings.locking import locked\n"
    "with locked(sys.argv[1], 'x'):\n    print('held', flush=True)\n    time.sleep(60)\n"
)


def test_one_process_at_a_time(tmp_path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    script = (
        "import sys, time\nfrom ravi.settings.locking import locked\n"
        "for _ in range(20):\n"
        "    with locked(sys.argv[1], 'x'):\n"
        "        n = int(open(sys.argv[1]).read()); time.sleep(0.001); open(sys.argv[1], 'w').write(str(n + 1))\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(counter)]) for _ in range(4)]

    assert [process.wait() for process in processes] == [0] * 4
    assert counter.read_text() == "80"


def test_the_lock_file_is_private_and_stays(tmp_path) -> None:
    with locked(str(tmp_path / "auth.json"), "auth.json"):
        pass

    assert os.stat(tmp_path / "auth.json.lock").st_mode & 0o777 == 0o600


def test_a_lock_that_is_not_to_be_had_is_given_up(tmp_path) -> None:
    path = str(tmp_path / "auth.json")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        began = time.monotonic()
        with (
            pytest.raises(TimedOut, match=r"holds the lock of ~/auth\.json"),
            locked(path, "~/auth.json", patience=0.2),
        ):
            pass
        assert 0.2 <= time.monotonic() - began < 5
    finally:
        holder.kill()
        holder.communicate()

    with locked(path, "x", patience=0.2):
        pass  # a holder that was killed holds nothing


def test_an_exception_inside_releases_it(tmp_path) -> None:
    path = str(tmp_path / "a")
    with pytest.raises(KeyError), locked(path, "x"):
        raise KeyError

    with locked(path, "x", patience=0.1):
        pass


def test_a_planted_link_is_not_followed(tmp_path) -> None:
    target = tmp_path / "precious"
    (tmp_path / "a.lock").symlink_to(target)

    with pytest.raises(ConfigInvalid, match="cannot lock x"), locked(str(tmp_path / "a"), "x"):
        pass
    assert not target.exists()
