"""
Creating, changing and ending identities.

Owns the rules of names, addresses and numbers, and what a deletion leaves behind. What other nouns keep for an
identity is ended through the hooks that `app` registers.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ravi.server.auth import Auth
from ravi.server.auth.keys import check_ttl
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http.times import rfc3339
from ravi.server.identities import holdings, storage
from ravi.server.identities.acting import Acting
from ravi.server.identities.addresses import Addresses
from ravi.server.identities.allowlist import Recipients, check_patterns, hold_identity
from ravi.server.identities.bulk import Bulk, described
from ravi.server.identities.checks import check_new, check_reused
from ravi.server.identities.errors import IdentityDeleted, IdentityNotFound, UuidTaken
from ravi.server.identities.names import check_labels, check_name
from ravi.server.identities.numbers import Numbers, NumberSource
from ravi.server.identities.public_keys import PublicKeys
from ravi.server.identities.records import Identity, NewIdentity, Receipt, Status
from ravi.wire import event_types

#: Erases, as part of the transaction, what a noun keeps for an identity (account and identity row ids), and returns
#: how much of each kind that was, for the receipt. What may be much it only counts, and leaves to its `Purge`.
Erase = Callable[[Transaction, int, int], Awaitable[dict[str, int]]]

#: Erases, as part of a transaction of its own, a part of what a noun keeps, and returns whether there was anything.
Purge = Callable[[Transaction, int, int], Awaitable[bool]]


class Identities(Bulk, Addresses, Acting, PublicKeys, Recipients, Numbers):
    """Every account's identities."""

    def __init__(
        self,
        db: Database,
        auth: Auth,
        events: Events,
        numbers: NumberSource,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(db, now)
        self._auth = auth
        self._events = events
        self._numbers = numbers
        self._erase: list[Erase] = []
        self._purge: list[Purge] = [events.purge]

    def on_delete(self, erase: Erase, purge: Purge | None = None) -> None:
        """Have *erase* called within each deletion, and *purge* again and again before the identity's row goes."""
        self._erase.append(erase)
        if purge is not None:
            self._purge.append(purge)

    async def create(self, account_id: int, new: NewIdentity) -> tuple[Identity, bool]:
        """
        Return the new identity and True; or, with `reuse`, the live one of that name and False.

        One transaction hands out the address and the number. Raises Invalid, AddressInvalid, AddressTaken for a
        chosen address, UuidTaken for a chosen uuid, NumbersExhausted when a number was demanded and there is none, and
        RestrictedOtherwise when the live one may write to others than the new one should.
        """
        now = self._now()
        draft = check_new(new, now)
        async with self._db.begin() as tx:
            if new.reuse and new.name is not None:
                await tx.lock(f"identity-name:{account_id}:{draft.name}")
                found = await storage.find_by_name(tx, account_id, draft.name, at=micros(now))
                if found:
                    check_reused(found, draft)
                    return found, False
            identity_id = await storage.insert(
                tx,
                account_id=account_id,
                uuid=draft.uuid,
                public_key=draft.public_key,
                name=draft.name,
                labels=draft.labels,
                workspace=draft.workspace,
                expires_at=micros(draft.expires_at) if draft.expires_at else None,
                allowed_recipients=draft.allowed_recipients,
                at=micros(now),
            )
            # Only now, or a deletion in between would go unseen: events, keys and files still name the old one.
            if identity_id is None or await storage.was_deleted(tx, draft.uuid):
                raise UuidTaken("this uuid is taken", details={"uuid": ["taken"]})
            address = await self.give_address(tx, account_id, identity_id, name=draft.name, chosen=new.address)
            number = await self.give_number_by_custom(tx, account_id, identity_id, new.phone, new.country)
            identity = replace(draft, id=identity_id, address=address, number=number)
            await self._record(tx, account_id, event_types.IDENTITY_CREATED, identity)
        return identity, True

    async def get(self, account_id: int, identity_uuid: str) -> Identity:
        """Return the identity. Raises IdentityDeleted when it was, IdentityNotFound otherwise."""
        identity_uuid = identity_uuid.lower()
        found = await storage.find(self._db, account_id, identity_uuid)
        if found is None or (found.expires_at is not None and found.expires_at <= self._now()):
            raise await self._missing(account_id, identity_uuid)
        return found

    async def list_(
        self,
        account_id: int,
        *,
        identity_id: int | None = None,
        name: str | None = None,
        prefix: str | None = None,
        labels: dict[str, str] | None = None,
        limit: int | None = None,
    ) -> list[Identity]:
        """
        Return every identity that fits all filters, oldest first, or only the first *limit*.

        *identity_id* is the fence of a bound caller.
        """
        return await storage.list_(
            self._db,
            account_id,
            at=micros(self._now()),
            identity_id=identity_id,
            name=name,
            prefix=prefix,
            labels=labels,
            limit=limit,
        )

    async def update(
        self,
        account_id: int,
        identity_uuid: str,
        *,
        name: str | None = None,
        labels: dict[str, str] | None = None,
        ttl: timedelta | None = None,
        endless: bool = False,
        allowed_recipients: Sequence[str] | None = None,
        anybody: bool = False,
    ) -> Identity:
        """
        Change what is given. *ttl* counts from now; *endless* removes the end, *anybody* all limits on recipients.

        Raises Invalid and what `get` raises.
        """
        new_name = check_name(name) if name is not None else None
        new_labels = check_labels(labels) if labels is not None else None
        allowed = check_patterns(allowed_recipients) if allowed_recipients is not None else None
        identity_uuid = identity_uuid.lower()
        now = self._now()
        async with self._db.begin() as tx:
            # Or what somebody else changes meanwhile would be undone: by the identity itself, what its owner has set.
            await hold_identity(tx, identity_uuid)
            old = await self.get(account_id, identity_uuid)
            ends = now + check_ttl(ttl) if ttl is not None else (None if endless else old.expires_at)
            await storage.update(
                tx,
                account_id,
                old.id,
                name=new_name if new_name is not None else old.name,
                labels=new_labels if new_labels is not None else old.labels,
                expires_at=micros(ends) if ends else None,
                at=micros(now),
            )
            if anybody or allowed is not None:
                await storage.set_allowed_recipients(tx, account_id, old.id, allowed)
            identity = await self.get(account_id, identity_uuid)
            await self._record(tx, account_id, event_types.IDENTITY_UPDATED, identity)
        return identity

    async def switch(self, account_id: int, identity_uuid: str, status: Status) -> Identity:
        """Disable or enable. Doing so twice is fine. Raises what get raises."""
        async with self._db.begin() as tx:
            changed = await storage.set_status(tx, account_id, identity_uuid.lower(), status, at=micros(self._now()))
            identity = await self.get(account_id, identity_uuid)
            if changed:
                disabled = status == "disabled"
                happened = event_types.IDENTITY_DISABLED if disabled else event_types.IDENTITY_ENABLED
                await self._record(tx, account_id, happened, identity)
        return identity

    async def delete(self, account_id: int, identity_uuid: str) -> Receipt:
        """
        End an identity for good and return the receipt.

        Its credentials die and its address and number become tombstones at once, then its content is erased, in parts,
        so that nobody waits for it. Who is interrupted there is taken up by `end_expired`. Raises IdentityDeleted with
        the receipt's time when it was ended before, IdentityNotFound otherwise; then its content is gone, too.
        """
        identity_uuid = identity_uuid.lower()
        async with self._db.begin() as tx:
            await hold_identity(tx, identity_uuid)
            found = await storage.find(tx, account_id, identity_uuid)
            if found is None:
                raise await self._missing(account_id, identity_uuid)
            before = await storage.find_receipt(tx, account_id, identity_uuid)
            receipt = before or await self._end(tx, account_id, found)
        await self._erase_rest(account_id, identity_uuid, found.id)
        if before:
            raise _deleted(before)
        return receipt

    async def _end(self, tx: Transaction, account_id: int, found: Identity) -> Receipt:
        """Do what makes an identity a former one, count what is left of it, and write its receipt."""
        now = self._now()
        revoked = await self._auth.erase_bound(tx, account_id, found.id)
        erased = {"events": await self._events.count(tx, account_id, found.id)}
        for erase in self._erase:
            erased |= await erase(tx, account_id, found.id)
        await holdings.release(tx, account_id, found.id, at=micros(now))
        await storage.end(tx, account_id, found.id, at=micros(now))
        receipt = Receipt(found.uuid, found.name, found.address, found.number, now, revoked, erased)
        await storage.insert_receipt(tx, account_id, receipt)
        # The event belongs to the account, or it would be erased; its uuid still tells which identity it was.
        await self._events.record(tx, account_id, event_types.IDENTITY_DELETED, None, described(found))
        return receipt

    async def _erase_rest(self, account_id: int, identity_uuid: str, identity_id: int) -> None:
        """Erase in parts what is left of a former identity, and last its row with what hangs on it."""
        left = True
        while left:
            async with self._db.begin() as tx:
                await hold_identity(tx, identity_uuid)  # of two who do this, each finds what the other has left
                left = False
                for purge in self._purge:
                    left = await purge(tx, account_id, identity_id)
                    if left:
                        break
                if not left:
                    await storage.delete(tx, account_id, identity_id)

    async def end_expired(self) -> int:
        """
        Delete identities whose time is over, and finish deletions that were interrupted; return how many were ended.

        Safe to run on several replicas at once, and beside deletions that go on.
        """
        ended = 0
        for account_id, identity_uuid in await storage.list_expired(self._db, at=micros(self._now()), limit=100):
            try:
                await self.delete(account_id, identity_uuid)
            except (IdentityNotFound, IdentityDeleted):
                continue  # another replica was quicker
            ended += 1
        return ended

    async def _missing(self, account_id: int, identity_uuid: str) -> IdentityNotFound | IdentityDeleted:
        receipt = await storage.find_receipt(self._db, account_id, identity_uuid)
        if receipt is None:
            return IdentityNotFound("no such identity")
        return _deleted(receipt)

    async def _record(self, tx: Transaction, account_id: int, type: str, identity: Identity) -> None:
        await self._events.record(tx, account_id, type, identity.ref, described(identity))


def _deleted(receipt: Receipt) -> IdentityDeleted:
    at = rfc3339(receipt.deleted_at)
    return IdentityDeleted(f"this identity was deleted at {at}", details={"deleted_dt": at})
