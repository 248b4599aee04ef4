"""The account's encryption metadata: written by its client, handed back byte for byte."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ravi.server.auth import Auth
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import Principal
from ravi.server.http.errors import invalid
from ravi.server.vault import sealed_storage, storage
from ravi.server.vault.errors import EncryptionExists, VaultChanged, VaultNotUpgraded, VaultSetUp
from ravi.server.vault.records import Encryption
from ravi.server.vault.sealing import LEGACY_PREFIX, by, lock_keys
from ravi.wire import event_types

_ROOT_PREFIX = "root2::"
_SALT_BYTES = 16
_WRAPPED_BYTES = 24 + 32 + 16  # nonce, key, tag


@dataclass(frozen=True, slots=True)
class Root:
    """A wrapped root key and the salt that its owner's PIN was stretched with, as the client writes them."""

    salt: str
    wrapped: str = field(repr=False)


class Vault:
    """What the server keeps without understanding it."""

    def __init__(self, db: Database, auth: Auth, events: Events, now: Callable[[], datetime]) -> None:
        self._db = db
        self._auth = auth
        self._events = events
        self._now = now

    async def has_encryption(self, account_id: int) -> bool:
        """Tell whether a client has set up the account's encryption, in whichever format."""
        found = await storage.find(self._db, account_id)
        return found is not None and found.format > 0

    async def get_encryption(self, account_id: int) -> tuple[Encryption, str]:
        """Return the metadata, empty at first (published clients take that as "set me up"), and the account's uuid."""
        account = await self._auth.get_account(account_id)
        found = await storage.find(self._db, account_id)
        if found is None:
            async with self._db.begin() as tx:
                found = await storage.ensure(tx, account_id, at=micros(self._now()))
        return found, account.uuid

    async def set_encryption(self, account_id: int, *, salt: str, verifier: str, public_key: str) -> None:
        """
        Store the metadata of format 1 as given.

        Raises Invalid when a value is not base64 of its size, EncryptionExists when another key is there, and
        VaultSetUp in an account of format 2, which never goes back.
        """
        _check("salt", salt, exactly=_SALT_BYTES)
        _check("public_key", public_key, exactly=32)
        _check("verifier", verifier, at_least=48)
        at = micros(self._now())
        async with self._db.begin() as tx:
            await lock_keys(tx, account_id)
            found = await storage.ensure(tx, account_id, at=at)
            if found.wrapped_root:
                raise VaultSetUp(
                    "this account's vault is set up in a newer format", hint="use a client that knows it: ravi unlock"
                )
            if not await storage.update(tx, account_id, salt=salt, verifier=verifier, public_key=public_key, at=at):
                raise EncryptionExists("this account's encryption is already set up with another key")

    async def set_root(self, who: Principal, root: Root, *, replacing: int) -> None:
        """
        Store a wrapped root in place of the one of version *replacing*; 0 when there is none yet.

        Raises Invalid, VaultSetUp when there is one after all, and VaultChanged when it is of another version.
        """
        _check("root_salt", root.salt, exactly=_SALT_BYTES)
        if not root.wrapped.startswith(_ROOT_PREFIX):
            raise invalid(wrapped_root=f"must begin with {_ROOT_PREFIX}")
        _check("wrapped_root", root.wrapped.removeprefix(_ROOT_PREFIX), exactly=_WRAPPED_BYTES)
        if not 0 <= replacing < 2**63:
            raise invalid(expected_version="must be a root_version that you were given, or 0")
        at = micros(self._now())
        async with self._db.begin() as tx:
            await lock_keys(tx, who.account_id)
            await storage.ensure(tx, who.account_id, at=at)
            if not await storage.update_root(
                tx, who.account_id, root_salt=root.salt, wrapped_root=root.wrapped, replacing=replacing, at=at
            ):
                if replacing == 0:
                    raise VaultSetUp("this account's vault is set up already")
                raise VaultChanged("the account's wrapped key is of another version by now")
            happened = event_types.VAULT_REKEYED if replacing else event_types.VAULT_SET_UP
            data = {"root_version": replacing + 1, "by": by(who)}
            await self._events.record(tx, who.account_id, happened, None, data)
        if replacing:
            await self._db.forget()  # the old PIN or code may have been replaced because somebody knew it

    async def end_upgrade(self, who: Principal) -> None:
        """
        Forget what format 1 needs, after which nothing in it is taken any more. Fine when that was done before.

        Raises VaultNotUpgraded, whose details count the rows, while a text in that format is left or no root is set.
        """
        async with self._db.begin() as tx:
            await lock_keys(tx, who.account_id)
            found = await storage.find(tx, who.account_id)
            if found is None or not found.has_legacy:
                return
            left = await sealed_storage.count_beginning(tx, who.account_id, LEGACY_PREFIX)
            if left or not found.upgrading:
                raise VaultNotUpgraded(
                    f"{left} entries are still sealed in the old format" if left else "the account has no root key yet",
                    details={"count": left},
                )
            await storage.forget_legacy(tx, who.account_id, at=micros(self._now()))
            await self._events.record(tx, who.account_id, event_types.VAULT_UPGRADED, None, {"by": by(who)})
        await self._db.forget()  # in the old format, with its salt, everything opens for who tries all PINs

    async def erase(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Erase an identity's entries as part of *tx*; return how many of each kind that were."""
        return await sealed_storage.erase(tx, account_id, identity_id)


def _check(field: str, text: str, *, exactly: int | None = None, at_least: int = 0) -> None:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise invalid(**{field: "must be standard base64"}) from None
    if size != exactly if exactly is not None else not at_least <= size <= 1024:
        wanted = f"{exactly}" if exactly is not None else f"at least {at_least}"
        raise invalid(**{field: f"must be {wanted} bytes, base64-encoded"})
