"""The migration files themselves, before any database sees them."""

import re

import pytest

from ravi.server.db.migrate import SPELLINGS, Migration, _render, _statements, list_migrations


def test_they_are_numbered_from_one_without_gaps() -> None:
    assert [each.version for each in list_migrations()] == list(range(1, len(list_migrations()) + 1))


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
@pytest.mark.parametrize("migration", list_migrations(), ids=lambda each: each.name)
def test_every_placeholder_is_known_to_every_engine(migration: Migration, dialect: str) -> None:
    assert "{" not in _render(migration.sql, dialect)


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
@pytest.mark.parametrize("migration", list_migrations(), ids=lambda each: each.name)
def test_they_can_be_cut_at_semicolons(migration: Migration, dialect: str) -> None:
    assert not re.search(r"'[^'\n]*;[^'\n]*'", migration.sql), "a literal has a semicolon"
    for statement in _statements(_render(migration.sql, dialect)):
        begins = r"CREATE (UNIQUE |VIRTUAL )?(TABLE|INDEX|TRIGGER|FUNCTION)|ALTER TABLE|INSERT|UPDATE|DELETE|DROP"
        assert re.match(begins, statement), statement
        assert statement.count("(") == statement.count(")")


def test_comments_and_blank_ends_are_no_statements() -> None:
    assert _statements("-- a; b\nSELECT 1;\n\n  -- c\n;SELECT\n2\n") == ["SELECT 1", "SELECT\n2"]


def test_what_is_for_one_engine_is_not_for_the_other() -> None:
    sql = "SELECT 1;\n-- only sqlite\nSELECT 2;\n-- end only\n-- only postgresql\nSELECT 3;\n-- end only\nSELECT 4;"

    assert _statements(_render(sql, "sqlite")) == ["SELECT 1", "SELECT 2", "SELECT 4"]
    assert _statements(_render(sql, "postgresql")) == ["SELECT 1", "SELECT 3", "SELECT 4"]


def test_the_body_of_a_trigger_is_not_cut() -> None:
    sqlite = "CREATE TRIGGER t BEFORE DELETE ON a\nBEGIN\n    SELECT 1;\n    SELECT 2;\nEND"
    postgresql = "CREATE FUNCTION f() RETURNS trigger AS $$\nBEGIN\n    IF x THEN\n        y;\n    END IF;\nEND\n$$"

    assert _statements(f"{sqlite};\n{postgresql};\nSELECT 3;") == [sqlite, postgresql, "SELECT 3"]


def test_a_changed_file_has_another_checksum() -> None:
    assert Migration(1, "a", "SELECT 1").checksum != Migration(1, "a", "SELECT 2").checksum
