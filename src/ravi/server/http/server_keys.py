"""The SQL of the server's own random keys. They belong to no account."""

import os
from collections.abc import Callable
from datetime import datetime

from ravi.server.db import Database, Transaction, micros


async def load(db: Database, name: str, *, now: Callable[[], datetime]) -> bytes:
    """
    Return the 32 random bytes of that name, made by the first server that asks; every replica has the same.

    In no transaction.
    """
    async with db.begin() as tx:
        return await _ensure(tx, name, os.urandom(32), at=micros(now()))


async def _ensure(tx: Transaction, name: str, fresh: bytes, *, at: int) -> bytes:
    """Return the key of that name, which is *fresh* if there was none."""
    await tx.run(
        "INSERT INTO server_keys (name, key, created_at) VALUES (:name, :key, :at) ON CONFLICT (name) DO NOTHING",
        name=name,
        key=fresh,
        at=at,
    )
    row = await tx.one("SELECT key FROM server_keys WHERE name = :name", name=name)
    assert row is not None  # just written
    return bytes(row[0])
