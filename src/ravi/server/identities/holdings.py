"""
All SQL of addresses and numbers: what identities hold.

A row is never deleted. When its identity goes, the row stays behind without an owner, and its unique address or
number keeps anybody else from getting it.
"""

from collections.abc import Mapping, Sequence

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.db.many import insert_many, parts, values
from ravi.server.identities.records import Inbox, Number, TakenNumber


async def insert_address(
    tx: Transaction, *, uuid: str, account_id: int, identity_id: int, address: str, at: int
) -> bool:
    """Give *address* to the identity; return False when anybody has, or ever had, it."""
    row = await tx.one(
        "INSERT INTO addresses (uuid, account_id, identity_id, address, created_at)"
        " VALUES (:uuid, :account, :identity, :address, :at) ON CONFLICT (address) DO NOTHING RETURNING id",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        address=address,
        at=at,
    )
    return row is not None


async def insert_addresses(
    tx: Transaction, account_id: int, wishes: Sequence[tuple[str, int, str]], *, at: int
) -> set[int]:
    """Give those of *wishes* (uuid, identity's row id, address) that are free; return which identities have theirs."""
    rows = await insert_many(
        tx,
        "INSERT INTO addresses (uuid, account_id, identity_id, address, created_at)",
        [(uuid, account_id, identity, address, at) for uuid, identity, address in wishes],
        "ON CONFLICT (address) DO NOTHING RETURNING identity_id",
    )
    return {int(row[0]) for row in rows}


async def address_exists(db: Queries, address: str) -> bool:
    """Tell whether anybody has, or ever had, *address*."""
    return await db.one("SELECT 1 FROM addresses WHERE address = :address", address=address) is not None


async def list_inboxes(db: Queries, account_id: int, identity_id: int | None, row_id: int | None = None) -> list[Inbox]:
    """Return the live addresses of one identity, or of the account, oldest first; of them only *row_id* if given."""
    rows = await _live(db, "id, uuid, address, created_at", "addresses", account_id, identity_id, row_id)
    return [Inbox(id_, uuid, address, from_micros(at)) for id_, uuid, address, at in rows]


async def insert_number(tx: Transaction, *, account_id: int, identity_id: int, at: int) -> int:
    """Reserve a row for a number that is not known yet; return its id, which is never given twice."""
    row = await tx.one(
        "INSERT INTO numbers (account_id, identity_id, carrier, created_at)"
        " VALUES (:account, :identity, '', :at) RETURNING id",
        account=account_id,
        identity=identity_id,
        at=at,
    )
    assert row is not None  # RETURNING
    return int(row[0])


async def insert_numbers(tx: Transaction, account_id: int, identity_ids: Sequence[int], *, at: int) -> dict[int, int]:
    """Reserve a row for each of these; return the rows' ids, as `insert_number` does, by identity."""
    rows = await insert_many(
        tx,
        "INSERT INTO numbers (account_id, identity_id, carrier, created_at)",
        [(account_id, identity, "", at) for identity in identity_ids],
        "RETURNING identity_id, id",
    )
    return {int(identity): int(id_) for identity, id_ in rows}


async def set_numbers(tx: Transaction, account_id: int, taken: Mapping[int, TakenNumber]) -> None:
    """Write each number into its row, by the row's id."""
    for part in parts([(row_id, each.number, each.carrier, each.ref) for row_id, each in taken.items()]):
        listed, params = values(part)
        await tx.run(
            f"WITH given (id, number, carrier, ref) AS (VALUES {listed})"
            " UPDATE numbers SET number = given.number, carrier = given.carrier, ref = given.ref FROM given"
            " WHERE numbers.account_id = :account AND numbers.id = given.id",
            account=account_id,
            **params,
        )


async def drop_reserved_number(tx: Transaction, account_id: int, identity_id: int) -> None:
    """Take back the row of a number that could not be had; a number that was given stays."""
    await tx.run(
        "DELETE FROM numbers WHERE identity_id = :identity AND account_id = :account AND number IS NULL",
        identity=identity_id,
        account=account_id,
    )


async def set_number(tx: Transaction, account_id: int, number_id: int, taken: TakenNumber) -> None:
    await tx.run(
        "UPDATE numbers SET number = :number, carrier = :carrier, ref = :ref WHERE id = :id AND account_id = :account",
        number=taken.number,
        carrier=taken.carrier,
        ref=taken.ref,
        id=number_id,
        account=account_id,
    )


async def number_exists(db: Queries, number: str) -> bool:
    """Tell whether anybody has, or ever had, *number*."""
    return await db.one("SELECT 1 FROM numbers WHERE number = :number", number=number) is not None


async def release_number(tx: Transaction, account_id: int, identity_id: int, *, at: int) -> bool:
    """Turn the identity's number into a tombstone; False when it has none."""
    return bool(
        await tx.run(
            "UPDATE numbers SET identity_id = NULL, released_at = :at"
            " WHERE identity_id = :identity AND account_id = :account",
            at=at,
            identity=identity_id,
            account=account_id,
        )
    )


async def list_to_return(db: Queries, *, before: int, limit: int) -> list[tuple[int, TakenNumber]]:
    """Return (account, number) of tombstones since before *before* whose carrier has not got them back."""
    rows = await db.all(
        "SELECT account_id, number, carrier, ref FROM numbers WHERE released_at < :before AND released_at IS NOT NULL"
        " AND returned_at IS NULL AND number IS NOT NULL ORDER BY released_at LIMIT :limit",
        before=before,
        limit=limit,
    )
    return [(account_id, TakenNumber(number, carrier, ref)) for account_id, number, carrier, ref in rows]


async def note_returned(tx: Transaction, account_id: int, number: str, *, at: int) -> None:
    await tx.run(
        "UPDATE numbers SET returned_at = :at WHERE number = :number AND account_id = :account",
        at=at,
        number=number,
        account=account_id,
    )


async def list_numbers(
    db: Queries, account_id: int, identity_id: int | None, row_id: int | None = None
) -> list[Number]:
    """Return the live numbers of one identity, or of the account, oldest first; of them only *row_id* if given."""
    rows = await _live(db, "id, number, carrier, created_at", "numbers", account_id, identity_id, row_id)
    return [Number(id_, number, carrier, from_micros(at)) for id_, number, carrier, at in rows]


async def release(tx: Transaction, account_id: int, identity_id: int, *, at: int) -> None:
    """Turn what the identity held into tombstones."""
    for table in ("addresses", "numbers"):
        await tx.run(
            f"UPDATE {table} SET identity_id = NULL, released_at = :at"
            " WHERE identity_id = :identity AND account_id = :account",
            at=at,
            identity=identity_id,
            account=account_id,
        )


async def _live(
    db: Queries, columns: str, table: str, account_id: int, identity_id: int | None, row_id: int | None
) -> list[Row]:
    conditions = ["account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is None:
        conditions.append("identity_id IS NOT NULL")
    else:
        conditions.append("identity_id = :identity")
        params["identity"] = identity_id
    if row_id is not None:
        conditions.append("id = :id")
        params["id"] = row_id
    return await db.all(f"SELECT {columns} FROM {table} WHERE {' AND '.join(conditions)} ORDER BY id", **params)
