"""Names of rows, as they travel to a client and come back from anybody."""

import pytest

from ravi.server.vault.sealed_storage import TABLES, parse


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_name_leads_back_to_its_table_and_id(table: object) -> None:
    assert parse(f"{table.letter}12") == (table, 12)


@pytest.mark.parametrize(
    "record",
    ["", "s", "12", "x12", "S12", "s-1", "s+1", "s1.0", "s 1", "s1\n", "s1 ", "ss1", "s" + "9" * 19, "s\u0663"],
)
def test_anything_else_leads_nowhere(record: str) -> None:
    assert parse(record) is None


def test_the_largest_name_fits_into_a_row_number() -> None:
    found = parse("s" + "9" * 18)
    assert found is not None
    assert found[1] < 2**63
