"""All SQL of passwords and what they were before."""

from collections.abc import Collection

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.vault.passwords_records import NewPassword, Password, PasswordVersion

_ENTRY = (
    "p.id, p.uuid, p.identity_id, i.uuid, p.domain, p.username, p.password, p.notes, p.site, p.revision,"
    " p.created_at, p.updated_at FROM passwords p JOIN identities i ON i.id = p.identity_id"
)


async def list_(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    *,
    uuid: str | None = None,
    domains: Collection[str] = (),
) -> list[Password]:
    """Return entries by domain, oldest first within one; of one identity, or of the account. All filters must fit."""
    conditions = ["p.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("p.identity_id = :identity")
        params["identity"] = identity_id
    if uuid is not None:
        conditions.append("p.uuid = :uuid")
        params["uuid"] = uuid
    if domains:
        names = {f"domain_{place}": domain for place, domain in enumerate(domains)}
        conditions.append(f"p.domain IN ({', '.join(f':{name}' for name in names)})")
        params |= names
    rows = await db.all(f"SELECT {_ENTRY} WHERE {' AND '.join(conditions)} ORDER BY p.domain, p.id", **params)
    return [_password(row) for row in rows]


async def insert(tx: Transaction, account_id: int, identity_id: int, new: NewPassword, *, at: int) -> int | None:
    """Write an entry and return its row id; None when the identity has one of that uuid."""
    row = await tx.one(
        "INSERT INTO passwords (uuid, account_id, identity_id, domain, username, password, notes, site, revision,"
        " created_at, updated_at) VALUES (:uuid, :account, :identity, :domain, :username, :password, :notes, :site,"
        " 1, :at, :at) ON CONFLICT (identity_id, uuid) DO NOTHING RETURNING id",
        uuid=new.uuid,
        account=account_id,
        identity=identity_id,
        domain=new.domain,
        at=at,
        **new.sealed,
    )
    return int(row[0]) if row else None


async def begin_change(tx: Transaction, account_id: int, password_id: int, *, at: int) -> Password | None:
    """
    Count the revision up and return the entry with its old fields; None when it is gone.

    Locks the row until commit, so that two changes of one entry happen one after the other.
    """
    counted = await tx.run(
        "UPDATE passwords SET revision = revision + 1, updated_at = :at WHERE id = :id AND account_id = :account",
        id=password_id,
        account=account_id,
        at=at,
    )
    if not counted:
        return None
    row = await tx.one(
        f"SELECT {_ENTRY} WHERE p.id = :id AND p.account_id = :account", id=password_id, account=account_id
    )
    assert row is not None  # locked by the statement before
    return _password(row)


async def write(tx: Transaction, account_id: int, changed: Password) -> None:
    """Write the entry's fields; its revision and time were written when the change began."""
    await tx.run(
        "UPDATE passwords SET domain = :domain, username = :username, password = :password, notes = :notes,"
        " site = :site WHERE id = :id AND account_id = :account",
        domain=changed.domain,
        username=changed.username,
        password=changed.password,
        notes=changed.notes,
        site=changed.site,
        id=changed.id,
        account=account_id,
    )


async def keep_version(tx: Transaction, account_id: int, old: Password, *, at: int, most: int) -> None:
    """Remember what the entry was, and forget all but the newest *most* of its versions."""
    await tx.run(
        "INSERT INTO password_versions (account_id, identity_id, password_id, username, password, notes, revision,"
        " replaced_at) VALUES (:account, :identity, :password_id, :username, :password, :notes, 1, :at)",
        account=account_id,
        identity=old.identity_id,
        password_id=old.id,
        username=old.username,
        password=old.password,
        notes=old.notes,
        at=at,
    )
    await tx.run(
        "DELETE FROM password_versions WHERE identity_id = :identity AND password_id = :password_id AND id NOT IN"
        " (SELECT id FROM password_versions WHERE identity_id = :identity AND password_id = :password_id"
        " ORDER BY id DESC LIMIT :most)",
        identity=old.identity_id,
        password_id=old.id,
        most=most,
    )


async def list_versions(db: Queries, account_id: int, entry: Password) -> list[PasswordVersion]:
    """Return what the entry was, newest first."""
    rows = await db.all(
        "SELECT username, password, notes, replaced_at FROM password_versions"
        " WHERE account_id = :account AND identity_id = :identity AND password_id = :password_id ORDER BY id DESC",
        account=account_id,
        identity=entry.identity_id,
        password_id=entry.id,
    )
    return [PasswordVersion(username, password, notes, from_micros(at)) for username, password, notes, at in rows]


async def delete(tx: Transaction, account_id: int, password_id: int) -> bool:
    """Erase an entry and its versions; return False when another transaction has done so."""
    erased = await tx.run(
        "DELETE FROM passwords WHERE id = :id AND account_id = :account", id=password_id, account=account_id
    )
    return erased == 1


def _password(row: Row) -> Password:
    id_, uuid, identity_id, identity_uuid, domain, username, password, notes, site, revision, created_at, updated_at = (
        row
    )
    return Password(
        id=id_,
        uuid=uuid,
        identity_id=identity_id,
        identity_uuid=identity_uuid,
        domain=domain,
        username=username,
        password=password,
        notes=notes,
        site=site,
        revision=revision,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
    )
