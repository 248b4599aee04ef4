"""
All SQL that goes over sealed rows of every kind: what an upgrade re-seals, and what a deletion erases.

A row is named by a letter for its table and its id: `s12`, `p7`, `v31`, `t4`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ravi.server.db import Queries, Transaction
from ravi.server.vault.records import Kind, Sealed


class Table(NamedTuple):
    """Where rows of one letter are; `r` is the row, `p` the password that a version belongs to."""

    letter: str
    name: str
    kind: Kind
    joined: str
    entry: str
    """What the texts are sealed for."""
    called: str
    """What events call it."""
    fields: tuple[str, ...]


TABLES = (
    Table("s", "secrets", "secret", "", "r.key", "r.key", ("value", "notes")),
    Table("p", "passwords", "password", "", "r.uuid", "r.domain", ("username", "password", "notes", "site")),
    Table(
        "v",
        "password_versions",
        "password",
        " JOIN passwords p ON p.identity_id = r.identity_id AND p.id = r.password_id",
        "p.uuid",
        "p.domain",
        ("username", "password", "notes"),
    ),
    Table("t", "totps", "totp", "", "r.uuid", "r.service_name", ("username", "secret")),
)

_BY_LETTER = {table.letter: table for table in TABLES}
_RECORD = re.compile(r"([spvt])([0-9]{1,18})", re.ASCII)


def parse(record: str) -> tuple[Table, int] | None:
    """Return where the row is, and its id; None when *record* names none of ours."""
    match = _RECORD.fullmatch(record)
    return (_BY_LETTER[match[1]], int(match[2])) if match else None


async def list_after(db: Queries, account_id: int, table: Table, row_id: int, *, limit: int) -> list[Sealed]:
    """Return rows of one table with greater ids than *row_id*, in their order."""
    rows = await db.all(
        f"SELECT r.id, r.identity_id, i.uuid, {table.entry}, {table.called}, r.revision,"
        f" {', '.join(f'r.{field}' for field in table.fields)}"
        f" FROM {table.name} r JOIN identities i ON i.id = r.identity_id{table.joined}"
        " WHERE r.account_id = :account AND r.id > :after ORDER BY r.id LIMIT :limit",
        account=account_id,
        after=row_id,
        limit=limit,
    )
    return [
        Sealed(
            record=f"{table.letter}{id_}",
            kind=table.kind,
            identity_id=identity_id,
            identity_uuid=uuid,
            entry=entry,
            name=name,
            revision=revision,
            fields={field: text for field, text in zip(table.fields, texts, strict=True) if text},
            domain=name if "site" in table.fields else None,
        )
        for id_, identity_id, uuid, entry, name, revision, *texts in rows
    ]


async def reseal(
    tx: Transaction, account_id: int, table: Table, row_id: int, revision: int, fields: Mapping[str, str]
) -> bool:
    """
    Write *fields*, names of which the table has, if the row's revision still is the given one; return whether it was.

    Only the revision shows it: what the row means has not changed, nor has when it was changed.
    """
    changed = await tx.run(
        f"UPDATE {table.name} SET {''.join(f'{field} = :{field}, ' for field in fields)}revision = revision + 1"
        " WHERE id = :id AND account_id = :account AND revision = :revision",
        id=row_id,
        account=account_id,
        revision=revision,
        **fields,
    )
    return changed == 1


async def count_beginning(db: Queries, account_id: int, prefix: str) -> int:
    """Return how many of the account's rows have a sealed text that begins with *prefix*."""
    found = 0
    for table in TABLES:
        either = " OR ".join(f"substr({field}, 1, :length) = :prefix" for field in table.fields)
        row = await db.one(
            f"SELECT count(*) FROM {table.name} WHERE account_id = :account AND ({either})",
            account=account_id,
            length=len(prefix),
            prefix=prefix,
        )
        assert row is not None  # a count always has one
        found += int(row[0])
    return found


async def erase(tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
    """Erase an identity's entries of every kind; return how many of each. Versions of passwords go with them."""
    return {
        table: await tx.run(
            f"DELETE FROM {table} WHERE identity_id = :identity AND account_id = :account",
            identity=identity_id,
            account=account_id,
        )
        for table in ("secrets", "passwords", "totps")
    }
