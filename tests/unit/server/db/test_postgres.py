"""Shared SQL as psycopg spells it."""

import pytest

from ravi.server.db.postgres import translate


@pytest.mark.parametrize(
    ("shared", "spelled"),
    [
        ("SELECT 1", "SELECT 1"),
        ("WHERE a = :a AND b = :b_2", "WHERE a = %(a)s AND b = %(b_2)s"),
        ("VALUES (:at, :at)", "VALUES (%(at)s, %(at)s)"),
        ("SELECT :n::int", "SELECT %(n)s::int"),
        ("LIKE '%,' || type || ',%'", "LIKE '%%,' || type || ',%%'"),
        ("SELECT a::text", "SELECT a::text"),
        ("WHERE id=:id)", "WHERE id=%(id)s)"),
    ],
)
def test_named_parameters(shared: str, spelled: str) -> None:
    assert translate(shared) == spelled
