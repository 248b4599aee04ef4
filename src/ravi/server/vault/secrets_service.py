"""
Secrets: sealed values under the names that programs ask for.

Owns the rules of keys and of what may be changed. Whether a text is sealed is decided in `sealing.py`. Every
method that hands out values or writes leaves one event, with names and without values.
"""

import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import hold_identity
from ravi.server.vault import secrets_storage as storage
from ravi.server.vault.errors import NotFound
from ravi.server.vault.records import Secret
from ravi.server.vault.sealing import PREFIX, Sealing, by, only, shared_owner
from ravi.settings.uuids import is_uuid
from ravi.wire import event_types

MOST_AT_ONCE = 1000
LONGEST_KEY = 128

_MISSING = "No SecretEntry matches the given query."
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """A secret to set. *notes* of None stay as they are."""

    key: str
    value: str = field(repr=False)
    notes: str | None = field(repr=False)


class Secrets:
    """Every identity's secrets."""

    def __init__(self, db: Database, events: Events, sealing: Sealing, now: Callable[[], datetime]) -> None:
        self._db = db
        self._events = events
        self._sealing = sealing
        self._now = now

    async def list_(self, who: Principal, *, keys: Sequence[str] = (), values: bool = True) -> list[Secret]:
        """
        Return secrets by key, those of *keys* only if any are given; without a selection those of the whole account.

        Keys may be in either case; what cannot be one matches nothing. Without *values* both sealed fields are empty,
        and nothing is recorded.
        """
        wanted = {key.upper() for key in keys if _is_key(key)}
        if keys and not wanted:
            return []
        identity_id = who.identity.id if who.identity else None
        if not values:
            found = await storage.list_(self._db, who.account_id, identity_id, keys=wanted)
            return [replace(secret, value="", notes="") for secret in found]
        async with self._db.begin() as tx:
            found = await storage.list_(tx, who.account_id, identity_id, keys=wanted)
            await self._record(tx, who, event_types.SECRET_READ, found)
        return found

    async def get(self, who: Principal, ref: str) -> Secret:
        """Return the secret with this uuid or key. Raises NotFound, EntryAmbiguous, IdentityDisabled."""
        async with self._db.begin() as tx:
            found = await self._find(tx, who, ref)
            await self._sealing.owner_of(who, found.identity_id)
            await self._record(tx, who, event_types.SECRET_READ, [found])
        return found

    async def create(
        self,
        who: Principal,
        *,
        key: str,
        value: str,
        notes: str,
        identity_id: int | None,
        sealed_for: str | None,
    ) -> Secret:
        """
        Write a new secret for the identity that the request acts as, or for the one with row id *identity_id*.

        Raises Invalid for what is no key and for one that the identity has a secret of, and what `Sealing` raises.
        """
        key = _checked(key)
        async with self._db.begin() as tx:
            identity = await self._sealing.owner_of(who, identity_id)
            await self._sealing.check(tx, who, identity, {"value": value, "notes": notes}, sealed_for)
            at = micros(self._now())
            if not await storage.insert(
                tx,
                who.account_id,
                identity.id,
                uuid=str(uuid.uuid4()),
                key=key,
                value=value,
                notes=notes,
                revision=1,
                created_at=at,
                at=at,
            ):
                raise invalid(key="this identity has a secret of that name already")
            (made,) = await storage.list_(tx, who.account_id, identity.id, keys=[key])
            await self._record(tx, who, event_types.SECRET_WRITTEN, [made])
        return made

    async def put(self, who: Principal, item: Item, sealed_for: str | None) -> tuple[Secret, bool]:
        """Set a secret, and return it with whether it is new. Raises Invalid and what `Sealing` raises."""
        async with self._db.begin() as tx:
            (written,), new = await self._put(tx, who, {"": item}, sealed_for)
        return written, new == 1

    async def put_many(self, who: Principal, items: Sequence[Item], sealed_for: str | None) -> list[Secret]:
        """
        Set up to `MOST_AT_ONCE` secrets, all or none, and return them by key.

        Raises Invalid, also when a key comes twice, and what `Sealing` raises.
        """
        if len(items) > MOST_AT_ONCE:
            raise invalid(secrets=f"at most {MOST_AT_ONCE} at once")
        async with self._db.begin() as tx:
            named = {f"secrets[{place}].": item for place, item in enumerate(items)}
            written, _ = await self._put(tx, who, named, sealed_for)
        return written

    async def update(
        self,
        who: Principal,
        ref: str,
        *,
        key: str | None = None,
        value: str | None = None,
        notes: str | None = None,
        sealed_for: str | None = None,
    ) -> Secret:
        """
        Change what is given of the secret with this uuid or key.

        A new *key* needs whatever is sealed for the old one sealed anew beside it. Raises NotFound, EntryAmbiguous,
        Invalid, and what `Sealing` raises.
        """
        fields = {name: text for name, text in (("value", value), ("notes", notes)) if text is not None}
        new_key = _checked(key) if key is not None else None
        async with self._db.begin() as tx:
            old = await self._find(tx, who, ref)
            identity = await self._sealing.owner_of(who, old.identity_id)
            await self._sealing.check(tx, who, identity, fields, sealed_for)
            if not await storage.update(tx, who.account_id, old.id, value=value, notes=notes, at=micros(self._now())):
                raise NotFound(_MISSING)
            (changed,) = await storage.list_(tx, who.account_id, identity.id, uuid=old.uuid)
            names = [changed.key]
            if new_key is not None and new_key != changed.key:
                changed = await self._rename(tx, who.account_id, changed, new_key, sealed_anew=fields.keys())
                names.append(changed.key)
            await self._record(tx, who, event_types.SECRET_WRITTEN, [changed], names)
        return changed

    async def delete(self, who: Principal, ref: str) -> None:
        """Erase the secret with this uuid or key. Raises NotFound, EntryAmbiguous, IdentityDisabled."""
        async with self._db.begin() as tx:
            found = await self._find(tx, who, ref)
            await hold_identity(tx, (await self._sealing.owner_of(who, found.identity_id)).uuid)
            if not await storage.delete(tx, who.account_id, found.id):
                raise NotFound(_MISSING)
            await self._record(tx, who, event_types.SECRET_DELETED, [found])

    async def _find(self, tx: Transaction, who: Principal, ref: str) -> Secret:
        identity_id = who.identity.id if who.identity else None
        if is_uuid(ref):
            return only(await storage.list_(tx, who.account_id, identity_id, uuid=ref.lower()), _MISSING)
        found = await storage.list_(tx, who.account_id, identity_id, keys=[ref.upper()]) if _is_key(ref) else []
        return only(found, _MISSING)

    async def _put(
        self, tx: Transaction, who: Principal, named: Mapping[str, Item], sealed_for: str | None
    ) -> tuple[list[Secret], int]:
        """Set the items, each known by what stands before its field names in errors; return how many are new, too."""
        items: dict[str, Item] = {}
        fields: dict[str, str] = {}
        for place, item in named.items():
            key = _checked(item.key, f"{place}key")
            if key in items:
                raise invalid(**{f"{place}key": f"{key} comes twice"})
            items[key] = item
            fields[f"{place}value"] = item.value
            fields[f"{place}notes"] = item.notes or ""
        identity = await self._sealing.owner_of(who)
        await self._sealing.check(tx, who, identity, fields, sealed_for)
        at, new = micros(self._now()), 0
        for key, item in sorted(items.items()):  # in one order, or two requests would wait for each other
            new += await storage.put(
                tx,
                who.account_id,
                identity.id,
                uuid=str(uuid.uuid4()),
                key=key,
                value=item.value,
                notes=item.notes,
                at=at,
            )
        written = await storage.list_(tx, who.account_id, identity.id, keys=items.keys()) if items else []
        await self._record(tx, who, event_types.SECRET_WRITTEN, written)
        return written, new

    async def _rename(
        self, tx: Transaction, account_id: int, old: Secret, key: str, *, sealed_anew: Collection[str]
    ) -> Secret:
        for name, text in (("value", old.value), ("notes", old.notes)):
            if text.startswith(PREFIX) and name not in sealed_anew:
                raise invalid(key=f"is part of what the {name} was sealed for; send that sealed anew beside it")
        # By deleting and inserting, because only an insert can say that somebody else has just taken the key.
        await storage.delete(tx, account_id, old.id)
        if not await storage.insert(
            tx,
            account_id,
            old.identity_id,
            uuid=old.uuid,
            key=key,
            value=old.value,
            notes=old.notes,
            revision=old.revision,
            created_at=micros(old.created_at),
            at=micros(old.updated_at),
        ):
            raise invalid(key="this identity has a secret of that name already")
        (renamed,) = await storage.list_(tx, account_id, old.identity_id, uuid=old.uuid)
        return renamed

    async def _record(
        self, tx: Transaction, who: Principal, type: str, secrets: Sequence[Secret], names: Sequence[str] = ()
    ) -> None:
        """Note what happened to *secrets*, under *names* if they are not simply their keys."""
        if secrets:
            data = {"names": list(names) or [secret.key for secret in secrets], "by": by(who)}
            await self._events.record(tx, who.account_id, type, shared_owner(secrets), data)


def _is_key(text: str) -> bool:
    return len(text) <= LONGEST_KEY and _KEY.fullmatch(text) is not None


def _checked(key: str, field: str = "key") -> str:
    """Return *key* in upper case. Raises Invalid, whose details name *field*."""
    if not _is_key(key):
        raise invalid(
            **{field: f"must be a letter, then letters, digits and underscores; at most {LONGEST_KEY} characters"}
        )
    return key.upper()
