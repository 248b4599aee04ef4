"""Everything that the database holds of somebody, to see that a request of somebody else has changed nothing of it."""

import re
from dataclasses import dataclass
from typing import Any

from ravi.server.db.migrate import list_migrations
from tests.contract.matrix.cast import Cast

#: These are about who asks, and not about what they ask for.
NOT_STATE = {"audit", "audit_heads", "idempotency", "attempts"}
NOT_COMPARED = {"last_used_at"}


@dataclass(frozen=True)
class Table:
    """A table of tenants, and its columns in order."""

    name: str
    columns: tuple[str, ...]

    def is_of(self, row: tuple[Any, ...], account: int, but_identity: int | None) -> bool:
        """Whether *row* belongs to *account*, and not to its identity with the row id *but_identity*."""
        values = dict(zip(self.columns, row, strict=True))
        identity = values["id"] if self.name == "identities" else values.get("identity_id")
        return values["account_id"] == account and (but_identity is None or identity != but_identity)


def _tables() -> list[Table]:
    sql = "\n".join(migration.sql for migration in list_migrations())
    columns: dict[str, list[str]] = {}
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", sql, re.DOTALL):
        columns[name] = [line.split()[0] for line in body.splitlines() if line.strip() and line.split()[0].islower()]
    for name, column in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", sql):
        columns[name].append(column)
    return [
        Table(name, tuple(each for each in found if each not in NOT_COMPARED))
        for name, found in sorted(columns.items())
        if "account_id" in found and name not in NOT_STATE
    ]


TABLES = _tables()


async def state_of(cast: Cast, account: int, but_identity: int | None = None) -> dict[str, list[str]]:
    """The rows of *account* by table; without those of one identity, if its row id is given."""
    found = {}
    for table in TABLES:
        rows = await cast.world.services.db.all(f"SELECT {', '.join(table.columns)} FROM {table.name}")
        found[table.name] = sorted(repr(row) for row in rows if table.is_of(row, account, but_identity))
    return found


async def account_of(cast: Cast, name: str) -> int:
    """The row id of the account that an identity of the cast belongs to."""
    row = await cast.world.services.db.one(
        "SELECT account_id FROM identities WHERE uuid = :uuid", uuid=cast.identities[name]["uuid"]
    )
    assert row is not None
    return int(row[0])


async def state_of_both(cast: Cast) -> list[dict[str, list[str]]]:
    """The rows of ada's account and of eve's."""
    return [await state_of(cast, await account_of(cast, name)) for name in ("mine", "foreign")]


def changes(before: list[dict[str, list[str]]], after: list[dict[str, list[str]]]) -> list[str]:
    """What differs between two lists of states, a line for each row."""
    return [
        f"{table}: {sign} {row[:300]}"
        for old, new in zip(before, after, strict=True)
        for table in old
        for sign, rows in (("-", set(old[table]) - set(new[table])), ("+", set(new[table]) - set(old[table])))
        for row in sorted(rows)
    ]
