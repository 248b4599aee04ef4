"""All SQL of secrets."""

from collections.abc import Collection

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.vault.records import Secret

_COLUMNS = (
    "s.id, s.uuid, s.identity_id, i.uuid, s.key, s.value, s.notes, s.revision, s.created_at, s.updated_at"
    " FROM secrets s JOIN identities i ON i.id = s.identity_id"
)


async def list_(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    *,
    uuid: str | None = None,
    keys: Collection[str] = (),
) -> list[Secret]:
    """Return secrets by key; of one identity, or of the account. All filters must fit."""
    conditions = ["s.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("s.identity_id = :identity")
        params["identity"] = identity_id
    if uuid is not None:
        conditions.append("s.uuid = :uuid")
        params["uuid"] = uuid
    if keys:
        names = {f"key_{place}": key for place, key in enumerate(keys)}
        conditions.append(f"s.key IN ({', '.join(f':{name}' for name in names)})")
        params |= names
    rows = await db.all(f"SELECT {_COLUMNS} WHERE {' AND '.join(conditions)} ORDER BY s.key, s.identity_id", **params)
    return [_secret(row) for row in rows]


async def insert(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    uuid: str,
    key: str,
    value: str,
    notes: str,
    revision: int,
    created_at: int,
    at: int,
) -> bool:
    """Write a secret; return False when the identity has one of that key."""
    row = await tx.one(
        "INSERT INTO secrets (uuid, account_id, identity_id, key, value, notes, revision, created_at, updated_at)"
        " VALUES (:uuid, :account, :identity, :key, :value, :notes, :revision, :created_at, :at)"
        " ON CONFLICT (identity_id, key) DO NOTHING RETURNING id",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        key=key,
        value=value,
        notes=notes,
        revision=revision,
        created_at=created_at,
        at=at,
    )
    return row is not None


async def put(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    uuid: str,
    key: str,
    value: str,
    notes: str | None,
    at: int,
) -> bool:
    """
    Write the secret of that key, new (with *uuid*) or not; return whether it is new.

    *notes* of None stay as they are.
    """
    row = await tx.one(
        "INSERT INTO secrets (uuid, account_id, identity_id, key, value, notes, revision, created_at, updated_at)"
        " VALUES (:uuid, :account, :identity, :key, :value, COALESCE(:notes, ''), 1, :at, :at)"
        " ON CONFLICT (identity_id, key) DO UPDATE SET value = :value, notes = COALESCE(:notes, secrets.notes),"
        " revision = secrets.revision + 1, updated_at = :at RETURNING revision",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        key=key,
        value=value,
        notes=notes,
        at=at,
    )
    assert row is not None  # an upsert always returns its row
    return bool(row[0] == 1)


async def update(
    tx: Transaction, account_id: int, secret_id: int, *, value: str | None, notes: str | None, at: int
) -> bool:
    """Write what is not None; return False when the secret is gone."""
    changed = await tx.run(
        "UPDATE secrets SET value = COALESCE(:value, value), notes = COALESCE(:notes, notes),"
        " revision = revision + 1, updated_at = :at WHERE id = :id AND account_id = :account",
        value=value,
        notes=notes,
        at=at,
        id=secret_id,
        account=account_id,
    )
    return changed == 1


async def delete(tx: Transaction, account_id: int, secret_id: int) -> bool:
    """Erase the secret; return False when it is gone already."""
    erased = await tx.run(
        "DELETE FROM secrets WHERE id = :id AND account_id = :account", id=secret_id, account=account_id
    )
    return erased == 1


def _secret(row: Row) -> Secret:
    id_, uuid, identity_id, identity_uuid, key, value, notes, revision, created_at, updated_at = row
    return Secret(
        id=id_,
        uuid=uuid,
        identity_id=identity_id,
        identity_uuid=identity_uuid,
        key=key,
        value=value,
        notes=notes,
        revision=revision,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
    )
