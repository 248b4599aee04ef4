"""The account's encryption metadata: written once by its client, handed back byte for byte."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime

from ravi.server.db import Database, micros
from ravi.server.http.errors import invalid
from ravi.server.vault import storage
from ravi.server.vault.errors import EncryptionExists
from ravi.server.vault.records import Encryption


class Vault:
    """What the server keeps without understanding it."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def has_encryption(self, account_id: int) -> bool:
        """Tell whether a client has set up the account's encryption."""
        found = await storage.find(self._db, account_id)
        return found is not None and bool(found.public_key)

    async def get_encryption(self, account_id: int) -> Encryption:
        """Return the metadata, empty at first: published clients take an empty one as "set me up"."""
        found = await storage.find(self._db, account_id)
        if found is None:
            async with self._db.begin() as tx:
                found = await storage.ensure(tx, account_id, at=micros(self._now()))
        return found

    async def set_encryption(self, account_id: int, *, salt: str, verifier: str, public_key: str) -> Encryption:
        """
        Store the metadata as given.

        Raises Invalid when a value is not base64 of its size, EncryptionExists when another key is there.
        """
        _check("salt", salt, exactly=16)
        _check("public_key", public_key, exactly=32)
        _check("verifier", verifier, at_least=48)
        at = micros(self._now())
        async with self._db.begin() as tx:
            await storage.ensure(tx, account_id, at=at)
            if not await storage.update(tx, account_id, salt=salt, verifier=verifier, public_key=public_key, at=at):
                raise EncryptionExists("this account's encryption is already set up with another key")
            return await storage.ensure(tx, account_id, at=at)


def _check(field: str, text: str, *, exactly: int | None = None, at_least: int = 0) -> None:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise invalid(**{field: "must be standard base64"}) from None
    if size != exactly if exactly is not None else not at_least <= size <= 1024:
        wanted = f"{exactly}" if exactly is not None else f"at least {at_least}"
        raise invalid(**{field: f"must be {wanted} bytes, base64-encoded"})
