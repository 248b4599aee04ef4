"""All SQL of an account's encryption metadata. Each kind of entry has a file of its own (`secrets_storage.py`, …)."""

from ravi.server.db import Queries, Transaction
from ravi.server.vault.records import Encryption

_COLUMNS = "id, salt, verifier, public_key, root_salt, wrapped_root, root_version"


async def find(db: Queries, account_id: int) -> Encryption | None:
    row = await db.one(f"SELECT {_COLUMNS} FROM encryption WHERE account_id = :account", account=account_id)
    return Encryption(*row) if row else None


async def ensure(tx: Transaction, account_id: int, *, at: int) -> Encryption:
    """Return the account's row, writing an empty one if there is none."""
    await tx.run(
        "INSERT INTO encryption (account_id, created_at, updated_at) VALUES (:account, :at, :at)"
        " ON CONFLICT (account_id) DO NOTHING",
        account=account_id,
        at=at,
    )
    row = await tx.one(f"SELECT {_COLUMNS} FROM encryption WHERE account_id = :account", account=account_id)
    assert row is not None  # just written
    return Encryption(*row)


async def update(tx: Transaction, account_id: int, *, salt: str, verifier: str, public_key: str, at: int) -> bool:
    """Write what format 1 needs unless another public key is there; return whether it was written."""
    changed = await tx.run(
        "UPDATE encryption SET salt = :salt, verifier = :verifier, public_key = :public_key, updated_at = :at"
        " WHERE account_id = :account AND (public_key IS NULL OR public_key = :public_key)",
        salt=salt,
        verifier=verifier,
        public_key=public_key,
        account=account_id,
        at=at,
    )
    return changed == 1


async def update_root(
    tx: Transaction, account_id: int, *, root_salt: str, wrapped_root: str, replacing: int, at: int
) -> bool:
    """Write the root and count its version up if it is *replacing* still; return whether it was written."""
    changed = await tx.run(
        "UPDATE encryption SET root_salt = :salt, wrapped_root = :root, root_version = root_version + 1,"
        " updated_at = :at WHERE account_id = :account AND root_version = :version",
        salt=root_salt,
        root=wrapped_root,
        version=replacing,
        account=account_id,
        at=at,
    )
    return changed == 1


async def forget_legacy(tx: Transaction, account_id: int, *, at: int) -> None:
    """Remove what format 1 needs."""
    await tx.run(
        "UPDATE encryption SET salt = NULL, verifier = NULL, public_key = NULL, updated_at = :at"
        " WHERE account_id = :account",
        account=account_id,
        at=at,
    )
