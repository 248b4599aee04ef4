"""
Public keys: by them the server knows an identity's vault key without having it.

When a key may be registered or replaced is the vault's business, which calls this inside its own transactions.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime

from ravi.server.db import Database, Transaction
from ravi.server.http.errors import invalid
from ravi.server.identities import storage

KEY_BYTES = 32


def check_public_key(field: str, key: str) -> str:
    """Return *key*. Raises Invalid, whose details name *field*, unless it is the standard base64 of 32 bytes."""
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(**{field: "must be standard base64"}) from None
    # Other spellings of the same bytes would not compare equal as text.
    if len(raw) != KEY_BYTES or base64.b64encode(raw).decode("ascii") != key:
        raise invalid(**{field: f"must be {KEY_BYTES} bytes, base64-encoded"})
    return key


class PublicKeys:
    """The part of `Identities` that keeps them, as `check_public_key` lets them pass."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def find_public_key(self, tx: Transaction, account_id: int, identity_id: int) -> str | None:
        """Return the identity's key, or None when none is registered."""
        return await storage.find_public_key(tx, account_id, identity_id)

    async def find_public_keys(
        self, tx: Transaction, account_id: int, uuids: Sequence[str]
    ) -> dict[str, tuple[int, str | None]]:
        """Return row id and key of each of *uuids* (lower case) that is an identity of the account, by uuid."""
        return await storage.find_public_keys(tx, account_id, uuids)

    async def register_public_key(self, tx: Transaction, account_id: int, identity_id: int, key: str) -> bool:
        """Register the key of an identity that has none; return False when it has one by now."""
        return await storage.register_public_key(tx, account_id, identity_id, key)

    async def replace_public_key(self, tx: Transaction, account_id: int, identity_id: int, key: str) -> None:
        """Register the key whether or not the identity has one."""
        await storage.replace_public_key(tx, account_id, identity_id, key)
