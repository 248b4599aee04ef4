"""Seeds of one-time codes: who may have which, one of a name, and a record of every use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import IdentityRef, Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import hold_identity
from ravi.server.vault import entry_uuids
from ravi.server.vault import totp_storage as storage
from ravi.server.vault.errors import EntryExists, NotFound
from ravi.server.vault.sealing import Sealing, by, only, shared_owner
from ravi.server.vault.totp_records import NewTotp, Totp
from ravi.wire import event_types

MISSING = "No TotpEntry matches the given query."

LONGEST_NAME = 128
#: What fits into the databases' row numbers.
_LONGEST_ID = 18


class Totps:
    """Every identity's seeds of one-time codes. No code is ever computed here: the seeds are sealed."""

    def __init__(self, db: Database, events: Events, sealing: Sealing, now: Callable[[], datetime]) -> None:
        self._db = db
        self._events = events
        self._sealing = sealing
        self._now = now

    async def list_(self, who: Principal, *, service_name: str | None = None, values: bool = True) -> list[Totp]:
        """
        Return the entries of the acting identity, or of the account, ordered by name; of one name if it is given.

        Without *values* the sealed fields are empty, and nothing is recorded.
        """
        identity_id = who.identity.id if who.identity else None
        if not values:
            found = await storage.list_(self._db, who.account_id, identity_id, service_name=service_name)
            return [replace(entry, username="", secret="") for entry in found]
        async with self._db.begin() as tx:
            found = await storage.list_(tx, who.account_id, identity_id, service_name=service_name)
            if found:
                await self._record(tx, who, event_types.TOTP_READ, found)
        return found

    async def get(self, who: Principal, ref: str) -> Totp:
        """
        Return one entry by its uuid or its row id.

        Raises NotFound, EntryAmbiguous when entries of several identities have that uuid, and what `Sealing.owner_of`
        raises.
        """
        async with self._db.begin() as tx:
            found, _ = await self._find(tx, who, ref)
            await self._record(tx, who, event_types.TOTP_READ, [found])
        return found

    async def create(
        self, who: Principal, new: NewTotp, *, identity_id: int | None = None, sealed_for: str | None = None
    ) -> Totp:
        """
        Store an entry for the acting identity, or the one that *identity_id* names.

        Raises Invalid, EntryExists for a name or uuid that the identity has, and what `Sealing.owner_of` and
        `Sealing.check` raise.
        """
        _check_name(new.service_name)
        _check_secret(new.secret)
        now = self._now()
        async with self._db.begin() as tx:
            identity = await self._sealing.owner_of(who, identity_id)
            await self._sealing.check(tx, who, identity, new.sealed, sealed_for)
            new = replace(new, uuid=entry_uuids.settled(new.uuid, new.sealed.values()))
            await _lock_names(tx, identity.id)
            row_id = await storage.insert(tx, who.account_id, identity.id, new, at=micros(now))
            if row_id is None:
                raise EntryExists("this identity has a one-time code of that name or uuid")
            made = Totp(
                id=row_id,
                uuid=new.uuid,
                identity_id=identity.id,
                identity_uuid=identity.uuid,
                service_name=new.service_name,
                **new.sealed,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            await self._record(tx, who, event_types.TOTP_WRITTEN, [made])
        return made

    async def update(
        self,
        who: Principal,
        ref: str,
        sealed: Mapping[str, str],
        *,
        service_name: str | None = None,
        sealed_for: str | None = None,
    ) -> Totp:
        """
        Change the name and the sealed fields that are given.

        Raises Invalid, EntryExists when the identity has the new name already, and what `get` and `Sealing.check`
        raise.
        """
        if service_name is not None:
            _check_name(service_name)
        if "secret" in sealed:
            _check_secret(sealed["secret"])
        now = self._now()
        async with self._db.begin() as tx:
            found, identity = await self._find(tx, who, ref)
            # Before the row is locked: whoever re-seals an account takes these two in the same order.
            await self._sealing.check(tx, who, identity, sealed, sealed_for)
            await _lock_names(tx, identity.id)
            old = await storage.begin_change(tx, who.account_id, found.id, at=micros(now))
            if old is None:
                raise NotFound(MISSING)
            if service_name not in (None, old.service_name) and "secret" not in sealed:
                # Otherwise the entry would have two names, and its own client would refuse it from then on.
                raise invalid(secret="is required with another name: the name is sealed with it")  # noqa: S106 - a message
            changed = replace(
                old,
                service_name=service_name or old.service_name,
                username=sealed.get("username", old.username),
                secret=sealed.get("secret", old.secret),
            )
            if not await storage.write(tx, who.account_id, changed):
                raise EntryExists("this identity has a one-time code of that name")
            await self._record(tx, who, event_types.TOTP_WRITTEN, [changed])
        return changed

    async def delete(self, who: Principal, ref: str) -> None:
        """Erase an entry. Raises what `get` raises."""
        async with self._db.begin() as tx:
            found, identity = await self._find(tx, who, ref)
            await hold_identity(tx, identity.uuid)
            if not await storage.delete(tx, who.account_id, found.id):
                raise NotFound(MISSING)
            await self._record(tx, who, event_types.TOTP_DELETED, [found])

    async def _find(self, tx: Transaction, who: Principal, ref: str) -> tuple[Totp, IdentityRef]:
        """Return the entry in reach of *who*, and the identity that acts on it."""
        identity_id = who.identity.id if who.identity else None
        if ref.isascii() and ref.isdigit() and len(ref) <= _LONGEST_ID:
            found = await storage.list_(tx, who.account_id, identity_id, row_id=int(ref))
        else:
            found = await storage.list_(tx, who.account_id, identity_id, uuid=ref.lower())
        entry = only(found, MISSING)
        return entry, await self._sealing.owner_of(who, entry.identity_id)

    async def _record(self, tx: Transaction, who: Principal, type: str, entries: Sequence[Totp]) -> None:
        data = {
            "names": [entry.service_name for entry in entries],
            "uuids": [entry.uuid for entry in entries],
            "by": by(who),
        }
        await self._events.record(tx, who.account_id, type, shared_owner(entries), data)


async def _lock_names(tx: Transaction, identity_id: int) -> None:
    """Let one transaction at a time give names within an identity: a rename cannot see what is not yet committed."""
    await tx.lock(f"totp-names:{identity_id}")


def _check_name(name: str) -> None:
    # Not trimmed or folded: the client seals the name beside the seed and compares it letter by letter.
    if not name or len(name) > LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise invalid(service_name=f"must be 1 to {LONGEST_NAME} printable characters, without spaces around them")


def _check_secret(secret: str) -> None:
    if not secret:
        raise invalid(secret="is required: it is the seed of the codes")  # noqa: S106 - a message
