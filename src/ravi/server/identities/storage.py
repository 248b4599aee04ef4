"""All SQL of identities and domains. What an identity is given (addresses, numbers) is in `holdings.py`."""

from collections.abc import Sequence

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros, micros
from ravi.server.db.many import insert_many as insert_rows
from ravi.server.identities.records import Domain, Identity, Place, Receipt

_IDENTITY = (
    "i.id, i.uuid, i.name, i.status, i.labels, i.workspace_host, i.workspace_path, i.expires_at, i.created_at,"
    " i.updated_at, i.public_key, i.allowed_recipients, a.address, n.number"
    " FROM identities i LEFT JOIN addresses a ON a.identity_id = i.id LEFT JOIN numbers n ON n.identity_id = i.id"
)


async def insert(
    tx: Transaction,
    *,
    account_id: int,
    uuid: str,
    public_key: str | None,
    name: str,
    labels: dict[str, str],
    workspace: Place | None,
    expires_at: int | None,
    allowed_recipients: tuple[str, ...] | None,
    at: int,
) -> int | None:
    """Write the identity and its labels; return its row id, or None when a live identity has the uuid."""
    row = await tx.one(
        "INSERT INTO identities (uuid, account_id, public_key, name, status, labels, workspace_host, workspace_path,"
        " expires_at, allowed_recipients, created_at, updated_at)"
        " VALUES (:uuid, :account, :public_key, :name, 'active', :labels, :host, :path, :expires_at, :allowed,"
        " :at, :at)"
        " ON CONFLICT (uuid) DO NOTHING RETURNING id",
        uuid=uuid,
        account=account_id,
        public_key=public_key,
        name=name,
        labels=msgspec.json.encode(labels).decode(),
        host=workspace.host if workspace else None,
        path=workspace.path if workspace else None,
        expires_at=expires_at,
        allowed=_list_or_none(allowed_recipients),
        at=at,
    )
    if row is None:
        return None
    await _write_labels(tx, account_id, row[0], labels)
    return int(row[0])


async def insert_many(tx: Transaction, account_id: int, made: Sequence[Identity], *, at: int) -> dict[str, int]:
    """
    Write identities with their labels, in this order; return the row ids by uuid. Their own `id` is not looked at.

    A uuid is missing in the answer that a live identity has, or has had when it was deleted.
    """
    rows = await insert_rows(
        tx,
        "INSERT INTO identities (uuid, account_id, public_key, name, status, labels, workspace_host, workspace_path,"
        " expires_at, allowed_recipients, created_at, updated_at)",
        [
            (
                each.uuid,
                account_id,
                each.public_key,
                each.name,
                each.status,
                msgspec.json.encode(each.labels).decode(),
                each.workspace.host if each.workspace else None,
                each.workspace.path if each.workspace else None,
                micros(each.expires_at) if each.expires_at else None,
                _list_or_none(each.allowed_recipients),
                at,
                at,
            )
            for each in made
        ],
        "ON CONFLICT (uuid) DO NOTHING RETURNING uuid, id",
    )
    ids = {uuid: int(id_) for uuid, id_ in rows}
    named = {f"uuid_{place}": uuid for place, uuid in enumerate(ids)}
    # Only now, or a deletion in between would go unseen.
    deleted = await tx.all(
        f"SELECT uuid FROM deleted_identities WHERE uuid IN ({', '.join(f':{name}' for name in named) or 'NULL'})",
        **named,
    )
    for (uuid,) in deleted:
        del ids[uuid]
    await insert_rows(
        tx,
        "INSERT INTO identity_labels (identity_id, account_id, key, value)",
        [
            (ids[each.uuid], account_id, key, value)
            for each in made
            if each.uuid in ids
            for key, value in each.labels.items()
        ],
    )
    return ids


async def was_deleted(db: Queries, uuid: str) -> bool:
    """Tell whether *uuid* was an identity's, in whatever account."""
    return await db.one("SELECT 1 FROM deleted_identities WHERE uuid = :uuid", uuid=uuid) is not None


async def find(db: Queries, account_id: int, uuid: str) -> Identity | None:
    row = await db.one(
        f"SELECT {_IDENTITY} WHERE i.uuid = :uuid AND i.account_id = :account", uuid=uuid, account=account_id
    )
    return _identity(row) if row else None


async def find_by_name(db: Queries, account_id: int, name: str, *, at: int) -> Identity | None:
    """Return the oldest live, enabled identity of that name."""
    row = await db.one(
        f"SELECT {_IDENTITY} WHERE i.account_id = :account AND i.name = :name AND i.status = 'active'"
        " AND (i.expires_at IS NULL OR i.expires_at > :at) ORDER BY i.id LIMIT 1",
        account=account_id,
        name=name,
        at=at,
    )
    return _identity(row) if row else None


async def find_by_names(db: Queries, account_id: int, names: Sequence[str], *, at: int) -> dict[str, Identity]:
    """Return the oldest live, enabled identity of each of these names that has one."""
    wanted = {f"name_{place}": name for place, name in enumerate(names)}
    if not wanted:
        return {}
    rows = await db.all(
        f"SELECT {_IDENTITY} WHERE i.account_id = :account AND i.name IN ({', '.join(f':{name}' for name in wanted)})"
        " AND i.status = 'active' AND (i.expires_at IS NULL OR i.expires_at > :at) ORDER BY i.id DESC",
        account=account_id,
        at=at,
        **wanted,
    )
    return {found.name: found for found in map(_identity, rows)}  # of each name, the last one is the oldest


async def list_(
    db: Queries,
    account_id: int,
    *,
    at: int,
    identity_id: int | None = None,
    name: str | None = None,
    prefix: str | None = None,
    labels: dict[str, str] | None = None,
    limit: int | None = None,
) -> list[Identity]:
    """Return every identity that fits all filters, oldest first, or only the first *limit*."""
    conditions = ["i.account_id = :account", "(i.expires_at IS NULL OR i.expires_at > :at)"]
    params: dict[str, object] = {"account": account_id, "at": at}
    if identity_id is not None:
        conditions.append("i.id = :identity")
        params["identity"] = identity_id
    if name is not None:
        conditions.append("i.name = :name")
        params["name"] = name
    if prefix:
        # A range, so that the index answers; the column compares by code point on both engines.
        conditions.append("i.name >= :prefix AND i.name < :beyond")
        params |= {"prefix": prefix, "beyond": prefix + "\U0010ffff"}
    for place, (key, value) in enumerate((labels or {}).items()):
        conditions.append(
            "EXISTS (SELECT 1 FROM identity_labels l WHERE l.account_id = :account AND l.identity_id = i.id"
            f" AND l.key = :key_{place} AND l.value = :value_{place})"
        )
        params |= {f"key_{place}": key, f"value_{place}": value}
    first = ""
    if limit is not None:
        first = " LIMIT :limit"
        params["limit"] = limit
    rows = await db.all(f"SELECT {_IDENTITY} WHERE {' AND '.join(conditions)} ORDER BY i.id{first}", **params)
    return [_identity(row) for row in rows]


async def list_expired(db: Queries, *, at: int, limit: int) -> list[tuple[int, str]]:
    """Return (account, uuid) of identities whose time is over, whoever owns them: for the reaper only."""
    rows = await db.all(
        "SELECT account_id, uuid FROM identities WHERE expires_at <= :at ORDER BY expires_at LIMIT :limit",
        at=at,
        limit=limit,
    )
    return [(account, uuid) for account, uuid in rows]


async def update(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    name: str,
    labels: dict[str, str],
    expires_at: int | None,
    at: int,
) -> None:
    await tx.run(
        "UPDATE identities SET name = :name, labels = :labels, expires_at = :expires_at, updated_at = :at"
        " WHERE id = :identity AND account_id = :account",
        name=name,
        labels=msgspec.json.encode(labels).decode(),
        expires_at=expires_at,
        at=at,
        identity=identity_id,
        account=account_id,
    )
    await tx.run(
        "DELETE FROM identity_labels WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    await _write_labels(tx, account_id, identity_id, labels)


async def set_allowed_recipients(
    tx: Transaction, account_id: int, identity_id: int, patterns: tuple[str, ...] | None
) -> None:
    await tx.run(
        "UPDATE identities SET allowed_recipients = :allowed WHERE id = :identity AND account_id = :account",
        allowed=_list_or_none(patterns),
        identity=identity_id,
        account=account_id,
    )


async def find_allowed_recipients(
    db: Queries, account_id: int, identity_id: int, *, at: int
) -> tuple[bool, tuple[str, ...] | None]:
    """Return whether the identity exists, and the patterns of whom it may write to; None for anybody."""
    row = await db.one(
        "SELECT allowed_recipients FROM identities WHERE id = :identity AND account_id = :account"
        " AND (expires_at IS NULL OR expires_at > :at)",
        identity=identity_id,
        account=account_id,
        at=at,
    )
    return row is not None, None if row is None else _patterns(row[0])


async def set_status(tx: Transaction, account_id: int, uuid: str, status: str, *, at: int) -> bool:
    """Switch an identity; return False when there is none or it was so already. Locks the row until commit."""
    changed = await tx.run(
        "UPDATE identities SET status = :status, updated_at = :at"
        " WHERE uuid = :uuid AND account_id = :account AND status <> :status",
        status=status,
        at=at,
        uuid=uuid,
        account=account_id,
    )
    return changed == 1


async def end(tx: Transaction, account_id: int, identity_id: int, *, at: int) -> None:
    """
    Make the identity a former one, whose row is there only because of what still hangs on it.

    Its time was over before there was any: so it is gone for everybody already, and the first for the reaper.
    """
    await tx.run(
        "UPDATE identities SET status = 'disabled', expires_at = 0, updated_at = :at"
        " WHERE id = :identity AND account_id = :account",
        at=at,
        identity=identity_id,
        account=account_id,
    )


async def delete(tx: Transaction, account_id: int, identity_id: int) -> None:
    """Erase the row with everything that refers to it."""
    await tx.run(
        "DELETE FROM identities WHERE id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )


async def find_public_key(db: Queries, account_id: int, identity_id: int) -> str | None:
    row = await db.one(
        "SELECT public_key FROM identities WHERE id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return row[0] if row else None


async def find_public_keys(db: Queries, account_id: int, uuids: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """Return (row id, key) of those of *uuids* that are the account's."""
    wanted = {f"uuid_{place}": uuid for place, uuid in enumerate(uuids)}
    if not wanted:
        return {}
    rows = await db.all(
        "SELECT uuid, id, public_key FROM identities WHERE account_id = :account"
        f" AND uuid IN ({', '.join(f':{name}' for name in wanted)})",
        account=account_id,
        **wanted,
    )
    return {uuid: (id_, key) for uuid, id_, key in rows}


async def register_public_key(tx: Transaction, account_id: int, identity_id: int, key: str) -> bool:
    """Write the key unless there is one; return whether it was written."""
    changed = await tx.run(
        "UPDATE identities SET public_key = :key WHERE id = :identity AND account_id = :account AND public_key IS NULL",
        key=key,
        identity=identity_id,
        account=account_id,
    )
    return changed == 1


async def replace_public_key(tx: Transaction, account_id: int, identity_id: int, key: str) -> None:
    await tx.run(
        "UPDATE identities SET public_key = :key WHERE id = :identity AND account_id = :account",
        key=key,
        identity=identity_id,
        account=account_id,
    )


async def insert_receipt(tx: Transaction, account_id: int, receipt: Receipt) -> None:
    await tx.run(
        "INSERT INTO deleted_identities (uuid, account_id, receipt, deleted_at)"
        " VALUES (:uuid, :account, :receipt, :at)",
        uuid=receipt.uuid,
        account=account_id,
        receipt=msgspec.json.encode(receipt).decode(),
        at=micros(receipt.deleted_at),
    )


async def find_receipt(db: Queries, account_id: int, uuid: str) -> Receipt | None:
    row = await db.one(
        "SELECT receipt FROM deleted_identities WHERE uuid = :uuid AND account_id = :account",
        uuid=uuid,
        account=account_id,
    )
    return msgspec.json.decode(row[0], type=Receipt) if row else None


async def ensure_domain(tx: Transaction, uuid: str, domain: str, *, is_default: bool, at: int) -> None:
    """Write a platform domain, or make it (no longer) the default if it is there."""
    await tx.run(
        "INSERT INTO domains (uuid, domain, is_default, created_at) VALUES (:uuid, :domain, :is_default, :at)"
        " ON CONFLICT (domain) DO UPDATE SET is_default = :is_default",
        uuid=uuid,
        domain=domain,
        is_default=int(is_default),
        at=at,
    )


async def forget_default_domain(tx: Transaction) -> None:
    await tx.run("UPDATE domains SET is_default = 0 WHERE account_id IS NULL")


async def list_domains(db: Queries, account_id: int) -> list[Domain]:
    """Return the platform's domains and the account's own, the default first."""
    rows = await db.all(
        "SELECT uuid, domain, account_id, created_at FROM domains"
        " WHERE account_id IS NULL OR account_id = :account ORDER BY is_default DESC, id",
        account=account_id,
    )
    return [Domain(uuid, domain, account is None, from_micros(at)) for uuid, domain, account, at in rows]


async def _write_labels(tx: Transaction, account_id: int, identity_id: int, labels: dict[str, str]) -> None:
    for key, value in labels.items():
        await tx.run(
            "INSERT INTO identity_labels (identity_id, account_id, key, value)"
            " VALUES (:identity, :account, :key, :value)",
            identity=identity_id,
            account=account_id,
            key=key,
            value=value,
        )


def _identity(row: Row) -> Identity:
    id_, uuid, name, status, labels, host, path, expires_at, created_at, updated_at, public_key, *given = row
    allowed, address, number = given
    return Identity(
        id=id_,
        uuid=uuid,
        name=name,
        status=status,
        labels=msgspec.json.decode(labels),
        workspace=Place(host, path) if host is not None else None,
        expires_at=None if expires_at is None else from_micros(expires_at),
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
        public_key=public_key,
        address=address,
        number=number,
        allowed_recipients=_patterns(allowed),
    )


def _patterns(stored: str | None) -> tuple[str, ...] | None:
    return None if stored is None else msgspec.json.decode(stored, type=tuple[str, ...])


def _list_or_none(patterns: tuple[str, ...] | None) -> str | None:
    return None if patterns is None else msgspec.json.encode(patterns).decode()
