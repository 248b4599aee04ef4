"""All SQL of seeds of one-time codes."""

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.vault.totp_records import NewTotp, Totp

_ENTRY = (
    "t.id, t.uuid, t.identity_id, i.uuid, t.service_name, t.username, t.secret, t.revision, t.created_at,"
    " t.updated_at FROM totps t JOIN identities i ON i.id = t.identity_id"
)


async def list_(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    *,
    row_id: int | None = None,
    uuid: str | None = None,
    service_name: str | None = None,
) -> list[Totp]:
    """Return entries by name; of one identity, or of the account. All filters must fit."""
    conditions = ["t.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    for column, value in (
        ("identity_id", identity_id),
        ("id", row_id),
        ("uuid", uuid),
        ("service_name", service_name),
    ):
        if value is not None:
            conditions.append(f"t.{column} = :{column}")
            params[column] = value
    rows = await db.all(f"SELECT {_ENTRY} WHERE {' AND '.join(conditions)} ORDER BY t.service_name, t.id", **params)
    return [_totp(row) for row in rows]


async def insert(tx: Transaction, account_id: int, identity_id: int, new: NewTotp, *, at: int) -> int | None:
    """Write an entry and return its row id; None when the identity has one of that name or uuid."""
    row = await tx.one(
        "INSERT INTO totps (uuid, account_id, identity_id, service_name, username, secret, revision, created_at,"
        " updated_at) VALUES (:uuid, :account, :identity, :service_name, :username, :secret, 1, :at, :at)"
        " ON CONFLICT DO NOTHING RETURNING id",
        uuid=new.uuid,
        account=account_id,
        identity=identity_id,
        service_name=new.service_name,
        at=at,
        **new.sealed,
    )
    return int(row[0]) if row else None


async def begin_change(tx: Transaction, account_id: int, totp_id: int, *, at: int) -> Totp | None:
    """Count the revision up, lock the row until commit, and return the entry with its old fields; None: it is gone."""
    counted = await tx.run(
        "UPDATE totps SET revision = revision + 1, updated_at = :at WHERE id = :id AND account_id = :account",
        id=totp_id,
        account=account_id,
        at=at,
    )
    found = await list_(tx, account_id, None, row_id=totp_id) if counted else []
    return found[0] if found else None


async def write(tx: Transaction, account_id: int, changed: Totp) -> bool:
    """Write the entry's fields; return False, and write nothing, when another entry of the identity has that name."""
    written = await tx.run(
        "UPDATE totps SET service_name = :service_name, username = :username, secret = :secret"
        " WHERE id = :id AND account_id = :account AND NOT EXISTS (SELECT 1 FROM totps other"
        " WHERE other.identity_id = :identity AND other.service_name = :service_name AND other.id <> :id)",
        service_name=changed.service_name,
        username=changed.username,
        secret=changed.secret,
        id=changed.id,
        account=account_id,
        identity=changed.identity_id,
    )
    return written == 1


async def delete(tx: Transaction, account_id: int, totp_id: int) -> bool:
    """Erase an entry; return False when another transaction has done so."""
    erased = await tx.run("DELETE FROM totps WHERE id = :id AND account_id = :account", id=totp_id, account=account_id)
    return erased == 1


def _totp(row: Row) -> Totp:
    id_, uuid, identity_id, identity_uuid, service_name, username, secret, revision, created_at, updated_at = row
    return Totp(
        id=id_,
        uuid=uuid,
        identity_id=identity_id,
        identity_uuid=identity_uuid,
        service_name=service_name,
        username=username,
        secret=secret,
        revision=revision,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
    )
