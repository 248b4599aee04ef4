"""
All SQL of accounts and credentials.

Sign-in codes and references to identities are here too: both only ever answer "who is this?".
"""

from collections.abc import Sequence
from typing import Literal

from ravi.server.auth.records import Account, Key, Presented, PresentedIdentity
from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.db.many import insert_many

_ACCOUNT = "id, uuid, email, first_name, last_name, password_hash IS NOT NULL"


async def insert_account(
    tx: Transaction, *, uuid: str, email: str, first_name: str, last_name: str, at: int
) -> Account | None:
    """Return the new account, or None when the address has one already."""
    row = await tx.one(
        "INSERT INTO accounts (uuid, email, first_name, last_name, created_at, updated_at)"
        " VALUES (:uuid, :email, :first, :last, :at, :at)"
        f" ON CONFLICT (email) DO NOTHING RETURNING {_ACCOUNT}",
        uuid=uuid,
        email=email,
        first=first_name,
        last=last_name,
        at=at,
    )
    return _account(row) if row else None


async def find_account(db: Queries, *, email: str) -> Account | None:
    row = await db.one(f"SELECT {_ACCOUNT} FROM accounts WHERE email = :email", email=email)
    return _account(row) if row else None


async def find_account_by_id(db: Queries, account_id: int) -> Account | None:
    row = await db.one(f"SELECT {_ACCOUNT} FROM accounts WHERE id = :account", account=account_id)
    return _account(row) if row else None


async def list_accounts(db: Queries) -> list[Account]:
    return [_account(row) for row in await db.all(f"SELECT {_ACCOUNT} FROM accounts ORDER BY id")]


async def find_password_hash(db: Queries, email: str) -> tuple[Account, str | None] | None:
    row = await db.one(f"SELECT {_ACCOUNT}, password_hash FROM accounts WHERE email = :email", email=email)
    return (_account(row[:6]), row[6]) if row else None


async def set_password_hash(tx: Transaction, account_id: int, hashed: str, *, at: int) -> None:
    await tx.run(
        "UPDATE accounts SET password_hash = :hash, updated_at = :at WHERE id = :account",
        hash=hashed,
        account=account_id,
        at=at,
    )


async def insert_signin_code(tx: Transaction, account_id: int, hash: bytes, *, at: int, expires_at: int) -> None:
    await tx.run(
        "INSERT INTO signin_codes (account_id, hash, created_at, expires_at)"
        " VALUES (:account, :hash, :at, :expires_at)",
        account=account_id,
        hash=hash,
        at=at,
        expires_at=expires_at,
    )


async def use_signin_code(tx: Transaction, hash: bytes, *, at: int) -> int | None:
    """Mark the code as used and return its account; None when unknown, used or expired."""
    row = await tx.one(
        "UPDATE signin_codes SET used_at = :at WHERE hash = :hash AND used_at IS NULL AND expires_at > :at"
        " RETURNING account_id",
        hash=hash,
        at=at,
    )
    return row[0] if row else None


async def use_all_signin_codes(tx: Transaction, account_id: int, *, at: int) -> None:
    """Make every code of the account that is still good one that was used."""
    await tx.run(
        "UPDATE signin_codes SET used_at = :at WHERE account_id = :account AND used_at IS NULL AND expires_at > :at",
        at=at,
        account=account_id,
    )


#: For each sign-in `s`: the key `k` and the sign-in `p` that it was made with, and what it takes for it to be over.
_MADE_WITH = " LEFT JOIN credentials k ON k.id = s.key_id LEFT JOIN sign_ins p ON p.id = s.parent_id"
_OVER = (
    "s.revoked_at IS NOT NULL OR p.revoked_at IS NOT NULL"
    " OR (s.key_id IS NOT NULL AND (k.id IS NULL OR k.revoked_at IS NOT NULL OR COALESCE(k.expires_at <= :at, FALSE)))"
)


async def insert_sign_in(
    tx: Transaction, account_id: int, label: str, *, at: int, key_id: int | None = None, parent_id: int | None = None
) -> int:
    """Insert a sign-in that ends with the key *key_id*, or with the sign-in *parent_id*, which has neither itself."""
    row = await tx.one(
        "INSERT INTO sign_ins (account_id, label, created_at, key_id, parent_id)"
        " VALUES (:account, :label, :at, :key, :parent) RETURNING id",
        account=account_id,
        label=label,
        at=at,
        key=key_id,
        parent=parent_id,
    )
    assert row is not None  # RETURNING
    return int(row[0])


async def revoke_sign_ins(tx: Transaction, account_id: int, sign_in_id: int | None, *, at: int) -> int:
    """End one sign-in, or with None all of the account; return how many ended now."""
    if sign_in_id is None:
        return await tx.run(
            "UPDATE sign_ins SET revoked_at = :at WHERE account_id = :account AND revoked_at IS NULL",
            account=account_id,
            at=at,
        )
    return await tx.run(
        "UPDATE sign_ins SET revoked_at = :at WHERE id = :id AND account_id = :account AND revoked_at IS NULL",
        id=sign_in_id,
        account=account_id,
        at=at,
    )


async def insert_credential(
    tx: Transaction,
    *,
    uuid: str,
    account_id: int,
    identity_id: int | None,
    sign_in_id: int | None,
    kind: str,
    hash: bytes,
    label: str,
    masked: str,
    at: int,
    expires_at: int | None,
) -> None:
    await tx.run(
        "INSERT INTO credentials"
        " (uuid, account_id, identity_id, sign_in_id, kind, hash, label, masked, created_at, expires_at)"
        " VALUES (:uuid, :account, :identity, :sign_in, :kind, :hash, :label, :masked, :at, :expires_at)",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        sign_in=sign_in_id,
        kind=kind,
        hash=hash,
        label=label,
        masked=masked,
        at=at,
        expires_at=expires_at,
    )


async def insert_identity_keys(
    tx: Transaction,
    account_id: int,
    keys: Sequence[tuple[str, int, bytes, str]],
    *,
    label: str,
    at: int,
) -> None:
    """Insert keys without end, each (uuid, identity's row id, hash, what may be shown of it)."""
    await insert_many(
        tx,
        "INSERT INTO credentials (uuid, account_id, identity_id, kind, hash, label, masked, created_at)",
        [(uuid, account_id, identity, "identity", hash_, label, masked, at) for uuid, identity, hash_, masked in keys],
    )


async def find_presented(db: Queries, hash: bytes, *, at: int) -> Presented | None:
    """Return what is known about the credential with this hash: the one query of every authenticated request."""
    row = await db.one(
        "SELECT c.id, c.uuid, c.account_id, c.kind, c.sign_in_id, c.expires_at, c.used_at,"
        f" c.revoked_at IS NOT NULL OR {_OVER},"
        " i.id, i.uuid, i.name, i.status, i.expires_at"
        " FROM credentials c"
        f" LEFT JOIN sign_ins s ON s.id = c.sign_in_id{_MADE_WITH}"
        " LEFT JOIN identities i ON i.id = c.identity_id"
        " WHERE c.hash = :hash",
        hash=hash,
        at=at,
    )
    if row is None:
        return None
    id_, uuid, account, kind, sign_in, expires_at, used_at, revoked, *identity = row
    return Presented(
        id=id_,
        uuid=uuid,
        account_id=account,
        kind=kind,
        sign_in_id=sign_in,
        expires_at=None if expires_at is None else from_micros(expires_at),
        revoked=bool(revoked),
        used_at=None if used_at is None else from_micros(used_at),
        identity=_identity(identity) if identity[0] is not None else None,
    )


async def list_standing_credentials(db: Queries, ids: list[int], *, at: int) -> dict[int, tuple[bool, int | None]]:
    """Return, for each of these credentials that exists, whether it was revoked before *at* and when it ends."""
    names = {f"id_{place}": id_ for place, id_ in enumerate(ids)}
    places = ", ".join(f":{name}" for name in names)
    rows = await db.all(
        f"SELECT c.id, c.revoked_at IS NOT NULL OR {_OVER}, c.expires_at"
        f" FROM credentials c LEFT JOIN sign_ins s ON s.id = c.sign_in_id{_MADE_WITH}"
        f" WHERE c.id IN ({places})",
        at=at,
        **names,
    )
    return {id_: (bool(revoked), expires_at) for id_, revoked, expires_at in rows}


async def list_standing_identities(db: Queries, ids: list[int]) -> dict[int, tuple[str, int | None]]:
    """Return, for each of these identities that exists, its status and when it ends."""
    names = {f"id_{place}": id_ for place, id_ in enumerate(ids)}
    places = ", ".join(f":{name}" for name in names)
    rows = await db.all(f"SELECT id, status, expires_at FROM identities WHERE id IN ({places})", **names)
    return {id_: (status, expires_at) for id_, status, expires_at in rows}


async def is_signed_in(db: Queries, account_id: int, sign_in_id: int, *, at: int) -> bool:
    """Return whether a sign-in is there and was not ended, nor what it was made with."""
    row = await db.one(
        f"SELECT 1 FROM sign_ins s{_MADE_WITH} WHERE s.id = :id AND s.account_id = :account AND NOT ({_OVER})",
        id=sign_in_id,
        account=account_id,
        at=at,
    )
    return row is not None


async def is_good_key(db: Queries, account_id: int, credential_id: int, *, at: int) -> bool:
    """Return whether a credential is there, was not revoked, and has not ended at *at*."""
    row = await db.one(
        "SELECT 1 FROM credentials WHERE id = :id AND account_id = :account AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > :at)",
        id=credential_id,
        account=account_id,
        at=at,
    )
    return row is not None


async def mark_used(tx: Transaction, credential_id: int, *, at: int) -> None:
    """Remember when a refresh token was first used; later uses do not move it."""
    await tx.run(
        "UPDATE credentials SET used_at = COALESCE(used_at, :at) WHERE id = :id",
        id=credential_id,
        at=at,
    )


async def set_last_used(tx: Transaction, credential_id: int, *, at: int) -> None:
    await tx.run("UPDATE credentials SET last_used_at = :at WHERE id = :id", id=credential_id, at=at)


async def list_last_used(db: Queries, account_id: int, identity_ids: Sequence[int]) -> dict[int, int]:
    """Return when a credential of each of these identities was last used; who has used none is missing."""
    wanted = {f"id_{place}": id_ for place, id_ in enumerate(identity_ids)}
    if not wanted:
        return {}
    rows = await db.all(
        "SELECT identity_id, MAX(last_used_at) FROM credentials WHERE account_id = :account"
        f" AND identity_id IN ({', '.join(f':{name}' for name in wanted)}) AND last_used_at IS NOT NULL"
        " GROUP BY identity_id",
        account=account_id,
        **wanted,
    )
    return {identity: int(at) for identity, at in rows}


async def delete_ended_tokens(tx: Transaction, sign_in_id: int, *, before: int) -> int:
    """Drop the tokens of one sign-in that ended before *before*; return how many."""
    return await tx.run(
        "DELETE FROM credentials"
        " WHERE sign_in_id = :sign_in AND kind IN ('access', 'refresh') AND expires_at < :before",
        sign_in=sign_in_id,
        before=before,
    )


async def find_identity(db: Queries, account_id: int, uuid: str) -> PresentedIdentity | None:
    row = await db.one(
        "SELECT id, uuid, name, status, expires_at FROM identities WHERE uuid = :uuid AND account_id = :account",
        uuid=uuid,
        account=account_id,
    )
    return _identity(list(row)) if row else None


async def find_identity_uuid(db: Queries, account_id: int, identity_id: int) -> str | None:
    row = await db.one(
        "SELECT uuid FROM identities WHERE id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )
    return row[0] if row else None


_KEY = (
    "c.uuid, c.kind, c.label, c.masked, i.uuid, c.created_at, c.expires_at, c.revoked_at, c.last_used_at"
    " FROM credentials c LEFT JOIN identities i ON i.id = c.identity_id"
)


async def list_keys(db: Queries, account_id: int, kind: str, identity_id: int | None) -> list[Key]:
    """Return keys of one kind, oldest first; of one identity, or of the whole account."""
    if identity_id is not None:
        rows = await db.all(
            f"SELECT {_KEY} WHERE c.identity_id = :identity AND c.account_id = :account AND c.kind = :kind"
            " ORDER BY c.id",
            identity=identity_id,
            account=account_id,
            kind=kind,
        )
    else:
        rows = await db.all(
            f"SELECT {_KEY} WHERE c.account_id = :account AND c.kind = :kind ORDER BY c.id",
            account=account_id,
            kind=kind,
        )
    return [_key(row) for row in rows]


async def revoke_key(
    tx: Transaction, account_id: int, kind: str, uuid: str, identity_id: int | None, *, at: int
) -> tuple[int | None, bool] | None:
    """
    Revoke a key; return its identity's row id and whether it was live until now.

    None when there is no such key in reach; *identity_id* restricts the reach to one identity.
    """
    row = await tx.one(
        "SELECT id, identity_id, revoked_at FROM credentials"
        " WHERE uuid = :uuid AND account_id = :account AND kind = :kind",
        uuid=uuid,
        account=account_id,
        kind=kind,
    )
    if row is None or (identity_id is not None and row[1] != identity_id):
        return None
    if row[2] is None:
        await tx.run("UPDATE credentials SET revoked_at = :at WHERE id = :id", id=row[0], at=at)
    return row[1], row[2] is None


async def list_live_keys(
    db: Queries, account_id: int, *, at: int
) -> list[tuple[Literal["management", "identity"], str]]:
    """Return kind and uuid of every key of the account that is good at *at*, those of identities included."""
    rows = await db.all(
        "SELECT kind, uuid FROM credentials WHERE account_id = :account AND kind IN ('management', 'identity')"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :at) ORDER BY id",
        account=account_id,
        at=at,
    )
    return [(kind, uuid) for kind, uuid in rows]


async def count_live(db: Queries, account_id: int, identity_id: int) -> dict[str, int]:
    """Return how many live credentials of each kind are bound to an identity."""
    rows = await db.all(
        "SELECT kind, count(*) FROM credentials"
        " WHERE identity_id = :identity AND account_id = :account AND revoked_at IS NULL GROUP BY kind",
        identity=identity_id,
        account=account_id,
    )
    return dict(rows)


async def delete_bound(tx: Transaction, account_id: int, identity_id: int) -> None:
    """Erase every credential bound to an identity."""
    await tx.run(
        "DELETE FROM credentials WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )


def _account(row: Row) -> Account:
    id_, uuid, email, first_name, last_name, has_password = row
    return Account(id_, uuid, email, first_name, last_name, bool(has_password))


def _identity(row: list[object]) -> PresentedIdentity:
    id_, uuid, name, status, expires_at = row
    assert isinstance(id_, int)
    ends = from_micros(expires_at) if isinstance(expires_at, int) else None
    return PresentedIdentity(id_, str(uuid), str(name), str(status), ends)


def _key(row: Row) -> Key:
    uuid, kind, label, masked, identity_uuid, *times = row
    created, expires, revoked, used = (None if time is None else from_micros(time) for time in times)
    assert created is not None  # NOT NULL in the schema
    return Key(uuid, kind, label, masked, identity_uuid, created, expires, revoked, used)
