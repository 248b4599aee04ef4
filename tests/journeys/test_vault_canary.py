"""What is in the vault, and what opens it, is nowhere but where it belongs. Every place is looked through."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.journey import contents
from tests.support.postgres import Cluster
from tests.support.server import MakeServer, Server
from tests.support.vault_life import Life
from tests.support.vault_mishaps import fail, misuse
from tests.support.watch import Watch

#: Files of ours that are meant to hold keys, by what lies above them.
KEYS_AT_HOME = {".ravi/auth.json", ".ravi/recovery-code.txt"}
#: The variables that `ravi run` is asked to set.
VARIABLES = {b"FIRST", b"SECOND", b"THIRD", b"FOURTH", b"WITH_NOTES"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of an empty database; None for the file in the server's own folder."""
    if request.param == "sqlite":
        yield None
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where client and server put temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def stored(server: Server, database: str | None) -> dict[str, bytes]:
    """What the server keeps: every file, and with PostgreSQL every row of every table."""
    found = {str(path): path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
    if database is None:
        return found
    with psycopg.connect(database) as connection:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for (name,) in connection.execute(tables).fetchall():
            rows = connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()
            found[name] = "\n".join(row for (row,) in rows).encode()
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)  # half a minute on a machine with nothing else to do
def test_nothing_of_the_vault_is_seen_where_it_was_not_asked_for(
    make_server: MakeServer, database: str | None, scratch: Path, tmp_path: Path
) -> None:
    server = make_server("--log-level", "debug", database=database)
    watch = Watch()
    life = Life(server, tmp_path / "life", watch)
    with watch.of_processes():
        life.live()
        fail(life)
        misuse(life)
    data = stored(server, database)
    server.stop()
    data |= {f"{name}, stopped": content for name, content in stored(server, database).items()}

    assert len(watch.secrets) > 40
    check_the_server(watch, server, data, database)
    check_what_was_said(watch)
    check_processes(watch)
    check_files(watch, life, scratch)


def check_the_server(watch: Watch, server: Server, data: dict[str, bytes], database: str | None) -> None:
    everything = b"".join(data.values())
    assert everything.count(b"e2e2::") > 10, "these are not the data of a vault"
    assert (b"SQLite format 3" in everything) == (database is None)
    for name, content in data.items():
        assert watch.leaks(content) == [], name
    log = "\n".join(server.lines)
    assert log.count("/api/secrets/") > 50
    assert watch.leaks(log.encode()) == []


def check_what_was_said(watch: Watch) -> None:
    assert len(watch.errors) > 500
    for error in watch.errors:
        assert watch.leaks(error.encode()) == [], error
    asked_for = set()
    for words, text, shows in watch.outputs:
        found = watch.leaks(text.encode())
        asked_for.update(found)
        assert set(found) <= set(shows), words
    assert len(asked_for) > 15, "hardly anything was shown to those who asked"


def check_processes(watch: Watch) -> None:
    assert any(b"secrets\0export" in line for line in watch.command_lines), "no process was seen at all"
    held = set()
    for process in watch.processes:
        assert watch.leaks(process.command_line) == [], process.command_line
        if watch.leaks(process.environment):
            names = {each.partition(b"=")[0] for each in process.environment.split(b"\0") if watch.leaks(each)}
            assert names <= VARIABLES, process
            assert b"bin/ravi" not in process.command_line, "a program of ours has them in its own environment"
            held |= names
    assert held == VARIABLES, "the environments were not seen, or `ravi run` has set none"


def check_files(watch: Watch, life: Life, scratch: Path) -> None:
    for folder in life.place.iterdir():
        if folder == life.given:
            continue  # what a person has put there
        holders = {
            name
            for name, (mode, _) in contents(folder).items()
            if mode.startswith("-") and watch.leaks((folder / name).read_bytes())
        }
        assert holders <= (KEYS_AT_HOME if "home" in folder.name else {".ravi/config.json"}), folder
        for name in holders & KEYS_AT_HOME:
            assert contents(folder)[name][0] == "-rw-------", folder / name
    assert set(contents(life.home)) >= KEYS_AT_HOME
    for path in scratch.rglob("*"):
        with contextlib.suppress(IsADirectoryError):
            assert watch.leaks(path.read_bytes()) == [], path
