"""API keys: management keys speak for the account, identity keys for one identity."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from ravi.errors import NotFound
from ravi.server.auth import storage, tokens
from ravi.server.auth.records import Key, MintedKey
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http.errors import invalid
from ravi.server.http.principal import IdentityRef
from ravi.wire import event_types

LONGEST_LABEL = 100
LONGEST_LIFE = timedelta(days=3650)

_PREFIXES = {"management": tokens.MANAGEMENT, "identity": tokens.IDENTITY}


class Keys:
    """Minting, listing and revoking keys."""

    def __init__(self, db: Database, events: Events, now: Callable[[], datetime]) -> None:
        self._db = db
        self._events = events
        self._now = now

    async def mint_management_key(self, account_id: int, label: str, ttl: timedelta | None = None) -> MintedKey:
        """Return a new account key. Raises Invalid for a bad label or life time."""
        return await self._mint(account_id, "management", None, label, ttl)

    async def mint_identity_key(
        self, account_id: int, identity: IdentityRef, label: str, ttl: timedelta | None = None
    ) -> MintedKey:
        """Return a new key for *identity*, which must belong to the account. Raises Invalid."""
        return await self._mint(account_id, "identity", identity, label, ttl)

    async def mint_identity_keys(self, account_id: int, identities: Sequence[IdentityRef], label: str) -> list[str]:
        """Return a new key without end for each of *identities*, which must belong to the account. Raises Invalid."""
        check_label(label)
        secrets = [tokens.new_token(tokens.IDENTITY) for _ in identities]
        uuids = [str(uuid.uuid4()) for _ in identities]
        async with self._db.begin() as tx:
            await storage.insert_identity_keys(
                tx,
                account_id,
                [
                    (key_uuid, identity.id, tokens.digest(secret), tokens.masked(secret))
                    for key_uuid, identity, secret in zip(uuids, identities, secrets, strict=True)
                ],
                label=label,
                at=micros(self._now()),
            )
            await self._events.record_many(
                tx,
                account_id,
                event_types.KEY_CREATED,
                [
                    ((identity.id, identity.uuid), {"key_uuid": key_uuid, "kind": "identity", "label": label})
                    for key_uuid, identity in zip(uuids, identities, strict=True)
                ],
            )
        return secrets

    async def _mint(
        self,
        account_id: int,
        kind: Literal["management", "identity"],
        identity: IdentityRef | None,
        label: str,
        ttl: timedelta | None,
    ) -> MintedKey:
        check_label(label)
        now = self._now()
        secret = tokens.new_token(_PREFIXES[kind])
        key = Key(
            uuid=str(uuid.uuid4()),
            kind=kind,
            label=label,
            masked=tokens.masked(secret),
            identity_uuid=identity.uuid if identity else None,
            created_at=now,
            expires_at=now + check_ttl(ttl) if ttl is not None else None,
            revoked_at=None,
            last_used_at=None,
        )
        async with self._db.begin() as tx:
            await storage.insert_credential(
                tx,
                uuid=key.uuid,
                account_id=account_id,
                identity_id=identity.id if identity else None,
                sign_in_id=None,
                kind=kind,
                hash=tokens.digest(secret),
                label=label,
                masked=key.masked,
                at=micros(now),
                expires_at=None if key.expires_at is None else micros(key.expires_at),
            )
            where = (identity.id, identity.uuid) if identity else None
            await self._events.record(
                tx, account_id, event_types.KEY_CREATED, where, {"key_uuid": key.uuid, "kind": kind, "label": label}
            )
        return MintedKey(secret, key)

    async def list_keys(
        self, account_id: int, kind: Literal["management", "identity"], identity_id: int | None = None
    ) -> list[Key]:
        """Return keys of one kind, oldest first, revoked ones included; of one identity if given."""
        return await storage.list_keys(self._db, account_id, kind, identity_id)

    async def revoke_key(
        self,
        account_id: int,
        kind: Literal["management", "identity"],
        key_uuid: str,
        identity: IdentityRef | None = None,
    ) -> None:
        """
        Revoke a key from the next request on. Revoking twice is fine.

        *identity* restricts the reach to that identity's keys. Raises NotFound.
        """
        async with self._db.begin() as tx:
            await _lock(tx, account_id)
            found = await storage.revoke_key(
                tx, account_id, kind, key_uuid.lower(), identity.id if identity else None, at=micros(self._now())
            )
            if found is None:
                raise NotFound("no such key")
            identity_id, was_live = found
            if was_live:
                where = await storage.find_identity_uuid(tx, account_id, identity_id) if identity_id else None
                await self._events.record(
                    tx,
                    account_id,
                    event_types.KEY_REVOKED,
                    (identity_id, where) if identity_id and where else None,
                    {"key_uuid": key_uuid.lower(), "kind": kind},
                )

    async def revoke_all_keys(self, tx: Transaction, account_id: int) -> int:
        """Revoke every key of the account and of its identities as part of *tx*; return how many were good."""
        await _lock(tx, account_id)
        keys = await storage.list_live_keys(tx, account_id, at=micros(self._now()))
        for kind, key_uuid in keys:
            await self.revoke_key(account_id, kind, key_uuid)
        return len(keys)

    async def erase_bound(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Erase all credentials of an identity as part of *tx*; return how many live keys and tokens ended."""
        await _lock(tx, account_id)
        live = await storage.count_live(tx, account_id, identity_id)
        await storage.delete_bound(tx, account_id, identity_id)
        return {"keys": live.get("identity", 0), "tokens": live.get("access", 0) + live.get("refresh", 0)}


async def _lock(tx: Transaction, account_id: int) -> None:
    """
    Let one transaction at a time end keys of an account: several rows, between which events are recorded.

    Before the account's other locks, but for `hold_identity`.
    """
    await tx.lock(f"keys:{account_id}")


def check_label(label: str) -> str:
    """Return *label*. Raises Invalid when it is empty, too long or not printable."""
    if not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
        raise invalid(label=f"must be 1 to {LONGEST_LABEL} printable characters")
    return label


def check_ttl(ttl: timedelta) -> timedelta:
    """Return *ttl*. Raises Invalid when it is not positive or longer than ten years."""
    if not timedelta() < ttl <= LONGEST_LIFE:
        raise invalid(ttl_seconds=f"must be between 1 and {LONGEST_LIFE // timedelta(seconds=1)}")
    return ttl
