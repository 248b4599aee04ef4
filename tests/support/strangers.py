"""
Every statement that a test runs on SQLite is first run as somebody else, whom it must neither show nor change a row.

So each filter by account and by identity has to hold alone, also where another has asked before: what a service looks
up first, the next change of that service may not. Nothing has to be written for a new statement; a test that runs it
does. The repetition with somebody else's id in the parameters is rolled back.
"""

import re
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from ravi.server.db import sqlite

#: The names of parameters that say whose rows are meant.
OWNERS = frozenset({"account", "account_id", "identity", "identity_id"})

#: No row has this id.
NOBODY = -1

#: Statements that begin so do answer without that parameter, and why.
EXCUSED = {
    ("account", "SELECT uuid, domain, account_id, created_at FROM domains"): "the platform's domains are everybody's",
    ("identity", "UPDATE totps SET service_name ="): "says among whose entries the name has to be free",
    ("identity", "SELECT size FROM uploads"): "what the owner announced is for whichever identity sends it",
    ("identity", "SELECT uuid, filename, content_type, content FROM uploads"): "what the owner announced, as above",
}


class Strangers:
    """Repeats statements for somebody else, and remembers which of them did not mind."""

    def __init__(self) -> None:
        self.welcome: list[str] = []

    def try_first(self, connection: apsw.Connection, sql: str, params: dict[str, object]) -> None:
        """Run *sql* for each owner in *params* replaced by nobody; note it if it shows or changes anything."""
        if sql.startswith("INSERT"):
            return
        for name in OWNERS & params.keys():
            if params[name] is None or _sets(sql, name) or _is_excused(sql, name):
                continue
            if self._gets(connection, sql, params | {name: NOBODY}):
                self.welcome.append(f"{name} of nobody: {sql}")

    @staticmethod
    def _gets(connection: apsw.Connection, sql: str, params: dict[str, object]) -> bool:
        if sql.startswith("EXPLAIN"):  # it looks at nothing
            return False
        if not _changes(sql):
            return _tell(connection.execute(sql, params).fetchall())
        connection.execute("SAVEPOINT stranger")
        before = connection.total_changes()  # not earlier: here the index of words writes what it had held back
        try:
            rows = connection.execute(sql, params).fetchall()
            return _tell(rows) or connection.total_changes() != before
        except apsw.ConstraintError:  # it was about to change a row
            return True
        finally:
            connection.execute("ROLLBACK TO stranger")
            connection.execute("RELEASE stranger")


def _is_excused(sql: str, name: str) -> bool:
    return any(name == excused and sql.startswith(start) for excused, start in EXCUSED)


def _sets(sql: str, name: str) -> bool:
    """Whether the statement writes this parameter, instead of looking for it."""
    changed, _, _ = sql.partition(" WHERE ")
    return sql.startswith("UPDATE") and re.search(rf":{name}\b", changed) is not None


def _changes(sql: str) -> bool:
    return sql.startswith(("UPDATE", "DELETE", "WITH"))


def _tell(rows: list[Any]) -> bool:
    """Whether *rows* say anything: an aggregate over no rows is one row of zeros and nulls."""
    return any(value for row in rows for value in row)


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    """Repeats what this test asks SQLite; the test fails if any of it would have answered somebody else."""
    asked = sqlite._rows
    them = Strangers()

    def ask(connection: apsw.Connection, sql: str, params: dict[str, object]) -> list[Any]:
        if params:
            them.try_first(connection, sql, params)
        return asked(connection, sql, params)

    monkeypatch.setattr(sqlite, "_rows", ask)
    yield them
    if them.welcome:
        pytest.fail("these would have answered somebody else:\n" + "\n".join(sorted(set(them.welcome))))
