"""Reading and writing: bounded, atomic, private."""

import json
import os
import stat
import subprocess
import sys

import pytest

from ravi.errors import ConfigInvalid
from ravi.settings import files
from ravi.settings.files import MAX_BYTES, find_file, find_json, write_json


def mode(path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_what_is_written_is_read_back_and_private(tmp_path) -> None:
    path = tmp_path / ".ravi" / "auth.json"
    umask = os.umask(0o277)
    try:
        content = write_json(str(path), {"name": "Zoë", "n": [1]}, "auth.json")
    finally:
        os.umask(umask)

    assert find_json(str(path), "x") == {"name": "Zoë", "n": [1]}
    assert path.read_bytes() == content
    assert mode(path) == 0o600
    assert os.listdir(path.parent) == ["auth.json"]


def test_a_new_folder_is_private_and_a_loose_one_of_ours_is_closed(tmp_path) -> None:
    umask = os.umask(0)
    try:
        write_json(str(tmp_path / "new" / ".ravi" / "a.json"), {}, "a")
        (tmp_path / ".ravi").mkdir(0o755)
        write_json(str(tmp_path / ".ravi" / "a.json"), {}, "a")
        (tmp_path / "shared").mkdir(0o775)
        write_json(str(tmp_path / "shared" / "a.json"), {}, "a")
    finally:
        os.umask(umask)

    assert mode(tmp_path / "new" / ".ravi") == 0o700
    assert mode(tmp_path / ".ravi") == 0o700
    assert mode(tmp_path / "shared") == 0o775, "a folder that only RAVI_CONFIG_DIR names is not ours to close"


def test_a_loose_file_is_private_after_the_next_write(tmp_path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o666)

    write_json(str(path), {"a": 1}, "config.json")

    assert mode(path) == 0o600


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "config.json").symlink_to(target)

    write_json(str(tmp_path / "config.json"), {"a": 1}, "config.json")

    assert target.read_text() == "precious"
    assert not (tmp_path / "config.json").is_symlink()


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "fchmod"])
def test_a_failure_before_the_rename_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, call) -> None:
    path = tmp_path / "auth.json"
    path.write_text('{"old": true}')

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(ConfigInvalid, match=r"cannot write auth\.json: no space left on device"):
        write_json(str(path), {"new": True}, "auth.json")
    monkeypatch.undo()

    assert path.read_text() == '{"old": true}'
    assert os.listdir(tmp_path) == ["auth.json"]


def test_a_process_killed_before_the_rename_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "auth.json"
    path.write_text('{"old": true}')
    script = (
        "import os, signal, sys\n"
        "from ravi.settings.files import write_json\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_json(sys.argv[1], {'new': True}, 'x')\n"
    )

    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)

    assert done.returncode == -9
    assert find_json(str(path), "x") == {"old": True}


def test_readers_see_the_old_or_the_new_file_while_it_is_written(tmp_path) -> None:
    path = tmp_path / "auth.json"
    write_json(str(path), {"n": 0, "pad": "x" * 20_000}, "x")
    script = (
        "import sys\nfrom ravi.settings.files import write_json\n"
        "for n in range(200): write_json(sys.argv[1], {'n': n, 'pad': 'x' * (n * 100)}, 'x')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)]) as writer:
        reads = 0
        while writer.poll() is None:
            data = find_json(str(path), "x")
            assert data is not None
            assert data["n"] in range(200)
            reads += 1
    assert reads > 10


def test_a_folder_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigInvalid, match=r"cannot write x\.json") as caught:
        write_json(str(tmp_path / "file" / "a.json"), {}, "x.json")
    assert str(tmp_path / "file") in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
def test_root_leaves_files_to_the_owner_of_the_folder(tmp_path) -> None:
    os.chown(tmp_path, 1234, 1234)

    write_json(str(tmp_path / ".ravi" / "a.json"), {}, "a")

    assert os.stat(tmp_path / ".ravi").st_uid == 1234
    assert os.stat(tmp_path / ".ravi" / "a.json").st_uid == 1234


def test_a_missing_file_is_none(tmp_path) -> None:
    assert find_file(str(tmp_path / "x.json"), "x") is None
    assert find_json(str(tmp_path / "nowhere" / "x.json"), "x") is None


def test_a_file_of_the_greatest_size_is_read_and_one_byte_more_is_not(tmp_path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"a":1}'.ljust(MAX_BYTES))
    assert find_json(str(path), "x") == {"a": 1}

    path.write_bytes(b'{"a":1}'.ljust(MAX_BYTES + 1))
    with pytest.raises(ConfigInvalid, match="larger than 64 KiB"):
        find_json(str(path), "x")


def test_a_device_is_refused_and_not_read() -> None:
    with pytest.raises(ConfigInvalid, match="/dev/zero is not a regular file"):
        find_file("/dev/zero", "/dev/zero")


def test_a_fifo_that_takes_the_files_place_at_the_last_moment_does_not_block(tmp_path, monkeypatch) -> None:
    fifo = tmp_path / "x.json"
    os.mkfifo(fifo)
    regular = os.stat(__file__)
    monkeypatch.setattr(files.os, "stat", lambda _: regular)

    with pytest.raises(ConfigInvalid, match="is not a regular file"):
        find_file(str(fifo), "x.json")


def test_a_path_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        find_file("/tmp/a\0b", "x")


def test_json_is_written_in_plain_ascii(tmp_path) -> None:
    write_json(str(tmp_path / "a"), {"a": "é\ud800"}, "a")

    assert (tmp_path / "a").read_bytes().isascii()
    assert json.loads((tmp_path / "a").read_text()) == {"a": "é\ud800"}
