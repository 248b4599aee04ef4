"""The SQL of SSO tokens. They are kept as hashes, until they end."""

from ravi.server.db import Queries, Transaction
from ravi.server.sso.records import Kept


async def insert(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    hash: bytes,
    credential_id: int,
    sign_in_id: int | None,
    expires_at: int,
) -> None:
    await tx.run(
        "INSERT INTO sso_tokens (hash, account_id, identity_id, credential_id, sign_in_id, expires_at)"
        " VALUES (:hash, :account, :identity, :credential, :sign_in, :expires)",
        hash=hash,
        account=account_id,
        identity=identity_id,
        credential=credential_id,
        sign_in=sign_in_id,
        expires=expires_at,
    )


async def find(db: Queries, hash: bytes) -> Kept | None:
    row = await db.one(
        "SELECT account_id, credential_id, sign_in_id, used_at FROM sso_tokens WHERE hash = :hash", hash=hash
    )
    return Kept(row[0], row[1], row[2], row[3] is not None) if row else None


async def use(tx: Transaction, account_id: int, hash: bytes, *, at: int) -> bool:
    """Mark the token as used up; return whether this call did it."""
    changed = await tx.run(
        "UPDATE sso_tokens SET used_at = :at WHERE hash = :hash AND account_id = :account AND used_at IS NULL",
        hash=hash,
        account=account_id,
        at=at,
    )
    return changed == 1


async def delete_expired(tx: Transaction, *, at: int) -> int:
    return await tx.run("DELETE FROM sso_tokens WHERE expires_at <= :at", at=at)
