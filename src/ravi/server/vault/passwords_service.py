"""Passwords of sites: who may have which, what a change leaves behind, and a record of every use."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from ravi.domains import host, registrable
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import IdentityRef, Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import hold_identity
from ravi.server.vault import entry_uuids
from ravi.server.vault import passwords_storage as storage
from ravi.server.vault.errors import EntryExists, NotFound, VaultChanged
from ravi.server.vault.passwords_records import NewPassword, Password, PasswordChange, PasswordVersion
from ravi.server.vault.sealing import Sealing, by, only, shared_owner
from ravi.wire import event_types

MISSING = "No PasswordEntry matches the given query."

#: Versions that are kept of one entry: enough to undo a rotation that went wrong, some times over.
MOST_VERSIONS = 10

#: A change of one of these leaves a version behind.
_VERSIONED = ("username", "password", "notes")


class Passwords:
    """Every identity's passwords of sites."""

    def __init__(self, db: Database, events: Events, sealing: Sealing, now: Callable[[], datetime]) -> None:
        self._db = db
        self._events = events
        self._sealing = sealing
        self._now = now

    async def list_(self, who: Principal, *, domain: str | None = None, values: bool = True) -> list[Password]:
        """
        Return the entries of the acting identity, or of the account, ordered by domain; of one site if *domain*
        (host or URL) is given. Without *values* all sealed fields but the username are empty, and nothing is recorded.

        Raises Invalid when *domain* names no host.
        """
        domains = _wanted(domain) if domain else set()
        if not values:
            found = await storage.list_(self._db, who.account_id, _identity(who), domains=domains)
            return [replace(entry, password="", notes="", site="") for entry in found]
        async with self._db.begin() as tx:
            found = await storage.list_(tx, who.account_id, _identity(who), domains=domains)
            if found:
                await self._record(tx, who, event_types.PASSWORD_READ, found)
        return found

    async def get(self, who: Principal, uuid: str) -> Password:
        """
        Return one entry.

        Raises NotFound, EntryAmbiguous when several identities have that uuid, and what `Sealing.owner_of` raises.
        """
        async with self._db.begin() as tx:
            found, _ = await self._find(tx, who, uuid)
            await self._record(tx, who, event_types.PASSWORD_READ, [found])
        return found

    async def list_versions(self, who: Principal, uuid: str) -> list[PasswordVersion]:
        """Return what an entry was before, newest first, at most `MOST_VERSIONS`. Raises what `get` raises."""
        async with self._db.begin() as tx:
            found, _ = await self._find(tx, who, uuid)
            versions = await storage.list_versions(tx, who.account_id, found)
            if versions:
                await self._record(tx, who, event_types.PASSWORD_READ, [found], versions=len(versions))
        return versions

    async def create(
        self, who: Principal, new: NewPassword, *, identity_id: int | None = None, sealed_for: str | None = None
    ) -> Password:
        """
        Store an entry for the acting identity, or the one that *identity_id* names.

        Raises Invalid, EntryExists, and what `Sealing.owner_of` and `Sealing.check` raise.
        """
        new = replace(new, domain=_label(new.domain, new.site))
        now = self._now()
        async with self._db.begin() as tx:
            identity = await self._sealing.owner_of(who, identity_id)
            await self._sealing.check(tx, who, identity, new.sealed, sealed_for)
            if not any(new.sealed.values()):
                # Published SDKs leave the password out to have one made. An empty one would pass for it.
                raise invalid(password="is required: the server cannot make one, as it could not seal it")  # noqa: S106 - a message
            new = replace(new, uuid=entry_uuids.settled(new.uuid, new.sealed.values()))
            row_id = await storage.insert(tx, who.account_id, identity.id, new, at=micros(now))
            if row_id is None:
                raise EntryExists("this identity has an entry with this uuid")
            made = Password(
                id=row_id,
                uuid=new.uuid,
                identity_id=identity.id,
                identity_uuid=identity.uuid,
                domain=new.domain,
                **new.sealed,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            await self._record(tx, who, event_types.PASSWORD_WRITTEN, [made])
        return made

    async def update(
        self, who: Principal, uuid: str, change: PasswordChange, *, sealed_for: str | None = None
    ) -> Password:
        """
        Change what is given, and keep what the entry was if a sealed field of it changes.

        Raises Invalid, VaultChanged when *change* was made for another revision, and what `get` and `Sealing.check`
        raise.
        """
        now = self._now()
        async with self._db.begin() as tx:
            found, identity = await self._find(tx, who, uuid)
            # Before the row is locked: whoever re-seals an account takes these two in the same order.
            await self._sealing.check(tx, who, identity, change.sealed, sealed_for)
            old = await storage.begin_change(tx, who.account_id, found.id, at=micros(now))
            if old is None:
                raise NotFound(MISSING)
            if change.revision is not None and change.revision != old.revision - 1:
                raise VaultChanged("this entry was changed by somebody else in between")
            changed = _changed(old, change)
            if any(getattr(old, name) != getattr(changed, name) for name in _VERSIONED):
                await storage.keep_version(tx, who.account_id, old, at=micros(now), most=MOST_VERSIONS)
            await storage.write(tx, who.account_id, changed)
            await self._record(tx, who, event_types.PASSWORD_WRITTEN, [changed])
        return changed

    async def delete(self, who: Principal, uuid: str) -> None:
        """Erase an entry and what it was before. Raises what `get` raises."""
        async with self._db.begin() as tx:
            found, identity = await self._find(tx, who, uuid)
            await hold_identity(tx, identity.uuid)
            if not await storage.delete(tx, who.account_id, found.id):
                raise NotFound(MISSING)
            await self._record(tx, who, event_types.PASSWORD_DELETED, [found])

    async def _find(self, tx: Transaction, who: Principal, uuid: str) -> tuple[Password, IdentityRef]:
        """Return the entry in reach of *who*, and the identity that acts on it."""
        found = only(await storage.list_(tx, who.account_id, _identity(who), uuid=uuid.lower()), MISSING)
        return found, await self._sealing.owner_of(who, found.identity_id)

    async def _record(
        self, tx: Transaction, who: Principal, type: str, entries: Sequence[Password], **more: object
    ) -> None:
        data = {
            "names": [entry.domain for entry in entries],
            "uuids": [entry.uuid for entry in entries],
            **more,
            "by": by(who),
        }
        await self._events.record(tx, who.account_id, type, shared_owner(entries), data)


def _identity(who: Principal) -> int | None:
    return who.identity.id if who.identity else None


def _label(domain: str, site: str) -> str:
    """Return the domain to store. With *site* it is what was sealed there, so it is taken as it is or not at all."""
    try:
        if not site:
            return registrable(domain)
        whole = host(domain)
    except ValueError as error:
        raise invalid(domain=str(error)) from None
    if whole != domain:
        raise invalid(domain=f"must be a bare host in lower case, as it is sealed in site: {whole}")
    return domain


def _changed(old: Password, change: PasswordChange) -> Password:
    given = change.sealed
    return replace(
        old,
        domain=_changed_label(old, change),
        username=given.get("username", old.username),
        password=given.get("password", old.password),
        notes=given.get("notes", old.notes),
        site=given.get("site", old.site),
    )


def _changed_label(old: Password, change: PasswordChange) -> str:
    if change.domain is None:
        return old.domain
    site = change.sealed.get("site", "")
    label = _label(change.domain, site)
    if old.site and not site and label != old.domain:
        # Otherwise the entry would name two sites, and its own client would refuse it from then on.
        raise invalid(site="is required with another domain: this entry has its domain sealed")
    return label


def _wanted(domain: str) -> set[str]:
    """Return the labels that *domain* asks for; a client's list of suffixes may be another than ours."""
    try:
        return {registrable(domain), host(domain)}
    except ValueError as error:
        raise invalid(domain=str(error)) from None
