"""A SQLite file that is not whole is found out before a server works on it."""

import logging
from pathlib import Path

import apsw
import pytest

from ravi.server.db import DatabaseUnavailable, checking, require_whole


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a table, an index, and rows that are longer than a page."""
    path = tmp_path / "ravi.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, content BLOB)")
    connection.execute("CREATE INDEX things_by_name ON things (name)")
    for number in range(200):
        connection.execute("INSERT INTO things VALUES (?, ?, ?)", (number, f"name {number}" * 10, b"x" * 100 * number))
    connection.close()
    return path


def test_a_whole_file_is_whole_and_stays_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    require_whole(file)
    assert file.read_bytes() == before


def test_any_page_that_is_gone_is_found(file: Path) -> None:
    whole = file.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    assert len(whole) // page > 100
    for number in range(len(whole) // page):
        for rubbish in (b"\xff", b"\0"):
            # Zeros at the end of a chain of long content are content.
            if rubbish == b"\0" and whole[number * page : number * page + 4] == b"\0\0\0\0":
                continue
            file.write_bytes(whole[: number * page] + rubbish * page + whole[(number + 1) * page :])
            with pytest.raises(DatabaseUnavailable, match=r"damaged|NotADBError"):
                require_whole(file)
    file.write_bytes(whole)
    require_whole(file)


def test_a_file_that_was_cut_short_is_found(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatabaseUnavailable, match="damaged"):
        require_whole(file)


def test_what_a_crash_has_left_in_the_log_is_no_damage(file: Path, tmp_path: Path) -> None:
    writer = apsw.Connection(str(file))
    writer.execute("INSERT INTO things VALUES (1000, 'late', zeroblob(100000))")
    crashed = tmp_path / "crashed.db"
    for end in ("", "-wal"):
        Path(f"{crashed}{end}").write_bytes(Path(f"{file}{end}").read_bytes())
    writer.close()

    require_whole(crashed)

    after = apsw.Connection(str(crashed))
    assert after.execute("SELECT length(content) FROM things WHERE id = 1000").fetchall() == [(100000,)]
    after.close()


@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_whole(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "ravi.db").touch()
    require_whole(tmp_path / "ravi.db")
    assert (tmp_path / "ravi.db").exists() == there


def test_a_file_that_would_take_long_is_not_looked_at(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(b"damaged" * 1000)
    monkeypatch.setattr(checking, "LARGEST_BYTES", 6999)
    with caplog.at_level(logging.INFO):
        require_whole(file)
    assert "too large to be looked through" in caplog.text
