"""What is left of somebody in a database: every value of every table, and the bytes of the file."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg


def in_sqlite(database: Path, needles: Iterable[str], *, vacuum: bool = True) -> dict[str, set[str]]:
    """
    Return where each of *needles* is found: names of tables, and `the file` for its bytes and those beside it.

    The server must have stopped. With *vacuum* the file is written anew first, as an operator would.
    """
    found: dict[str, set[str]] = {}
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if vacuum:
            db.execute("VACUUM")
        # Virtual tables keep what they hold in ordinary ones.
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"
        for (table,) in db.execute(tables).fetchall():
            _note(found, table, _cells(db.execute(f'SELECT * FROM "{table}"')), needles)
    files = [path for path in database.parent.iterdir() if path.is_file()]
    _note(found, "the file", (path.read_bytes() for path in files), needles)
    return found


def in_index(database: Path, words: Iterable[str]) -> bool:
    """Tell whether one of *words* is in the file's index of words, while the server may run."""
    found: dict[str, set[str]] = {}
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        _note(found, "index", _cells(db.execute("SELECT block FROM message_search_data")), words)
    return bool(found)


def in_postgres(url: str, needles: Iterable[str]) -> dict[str, set[str]]:
    """The same for a PostgreSQL database: every column of every table, as bytes."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(url, autocommit=True) as db:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        for (table,) in db.execute(tables).fetchall():
            rows = db.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table)))
            _note(found, table, _cells(rows), needles)
    return found


def _cells(rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    for row in rows:
        yield from (cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)


def _note(found: dict[str, set[str]], place: str, texts: Iterable[bytes], needles: Iterable[str]) -> None:
    wanted = list(needles)
    for text in texts:
        low = text.lower()
        for needle in wanted:
            if needle.lower().encode() in low:
                found.setdefault(needle, set()).add(place)
