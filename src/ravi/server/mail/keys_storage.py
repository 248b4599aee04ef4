"""The SQL of the server's own random keys. They belong to no account."""

from ravi.server.db import Transaction


async def ensure(tx: Transaction, name: str, fresh: bytes, *, at: int) -> bytes:
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
