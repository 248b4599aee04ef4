"""
Creating, changing and ending identities.

Owns the rules of names, addresses and numbers, and what a deletion leaves behind. What other nouns keep for an
identity is ended through the hooks that `app` registers.
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from ravi.server.auth import Auth
from ravi.server.auth.keys import check_ttl
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.server.identities import holdings, storage
from ravi.server.identities.acting import Acting
from ravi.server.identities.addresses import Addresses
from ravi.server.identities.errors import IdentityDeleted, IdentityNotFound, NumbersExhausted, PhoneExists, UuidTaken
from ravi.server.identities.names import check_labels, check_name, check_uuid, human_name
from ravi.server.identities.public_keys import PublicKeys, check_public_key
from ravi.server.identities.records import Identity, NewIdentity, Number, Receipt, Status
from ravi.wire import event_types


class NumberSource(Protocol):
    """Where numbers come from: the phone carrier, seen from here."""

    name: str
    by_default: bool
    """Whether an identity gets a number without asking: true where they cost nothing."""

    def number(self, serial: int) -> str:
        """Return the E.164 number for *serial* (1, 2, …): no two serials share one. Raises NumbersExhausted."""


#: Erases, as part of the transaction, what a noun keeps for an identity (account and identity row ids), and returns
#: how much of each kind that was, for the receipt.
Erase = Callable[[Transaction, int, int], Awaitable[dict[str, int]]]


class Identities(Addresses, Acting, PublicKeys):
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

    def on_delete(self, erase: Erase) -> None:
        """Have *erase* called within each deletion, before the identity's row goes."""
        self._erase.append(erase)

    async def create(self, account_id: int, new: NewIdentity) -> tuple[Identity, bool]:
        """
        Return the new identity and True; or, with `reuse`, the live one of that name and False.

        One transaction hands out the address and the number. Raises Invalid, AddressInvalid, AddressTaken for a
        chosen address, UuidTaken for a chosen uuid, and NumbersExhausted when a number was demanded and there is none.
        """
        chosen_uuid = _chosen_uuid(new)
        name = check_name(new.name) if new.name is not None else human_name()
        labels = check_labels(new.labels)
        now = self._now()
        expires_at = now + check_ttl(new.ttl) if new.ttl is not None else None
        async with self._db.begin() as tx:
            if new.reuse and new.name is not None:
                await tx.lock(f"identity-name:{account_id}:{name}")
                found = await storage.find_by_name(tx, account_id, name, at=micros(now))
                if found:
                    return found, False
            identity_uuid = chosen_uuid or str(uuid.uuid4())
            identity_id = await storage.insert(
                tx,
                account_id=account_id,
                uuid=identity_uuid,
                public_key=new.public_key,
                name=name,
                labels=labels,
                workspace=new.workspace,
                expires_at=micros(expires_at) if expires_at else None,
                at=micros(now),
            )
            # Only now, or a deletion in between would go unseen: events, keys and files still name the old one.
            if identity_id is None or await storage.was_deleted(tx, identity_uuid):
                raise UuidTaken("this uuid is taken", details={"uuid": ["taken"]})
            address = await self.give_address(tx, account_id, identity_id, name=name, chosen=new.address)
            number = await self._give_number_by_custom(tx, account_id, identity_id, new.phone)
            identity = Identity(
                id=identity_id,
                uuid=identity_uuid,
                name=name,
                status="active",
                labels=labels,
                workspace=new.workspace,
                expires_at=expires_at,
                created_at=now,
                updated_at=now,
                public_key=new.public_key,
                address=address,
                number=number,
            )
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
    ) -> Identity:
        """
        Change what is given. *ttl* counts from now; *endless* removes the end.

        Raises Invalid and what `get` raises.
        """
        new_name = check_name(name) if name is not None else None
        new_labels = check_labels(labels) if labels is not None else None
        now = self._now()
        async with self._db.begin() as tx:
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

        Its credentials die, its content is erased, its address and number become tombstones. Raises
        IdentityDeleted with the receipt's time when that was done before, IdentityNotFound otherwise.
        """
        identity_uuid = identity_uuid.lower()
        now = self._now()
        async with self._db.begin() as tx:
            found = await storage.find(tx, account_id, identity_uuid)
            if found is None:
                raise await self._missing(account_id, identity_uuid)
            revoked = await self._auth.erase_bound(tx, account_id, found.id)
            erased = {"events": await self._events.purge(tx, account_id, found.id)}
            for erase in self._erase:
                erased |= await erase(tx, account_id, found.id)
            await holdings.release(tx, account_id, found.id, at=micros(now))
            if not await storage.delete(tx, account_id, found.id):
                raise await self._missing(account_id, identity_uuid)
            receipt = Receipt(found.uuid, found.name, found.address, found.number, now, revoked, erased)
            await storage.insert_receipt(tx, account_id, receipt)
            # The row is gone, so the event belongs to the account; its uuid still tells which identity it was.
            data = {"uuid": found.uuid, "name": found.name, "email": found.address, "phone": found.number}
            await self._events.record(tx, account_id, event_types.IDENTITY_DELETED, None, data)
        return receipt

    async def end_expired(self) -> int:
        """Delete identities whose time is over; return how many. Safe to run on several replicas at once."""
        ended = 0
        for account_id, identity_uuid in await storage.list_expired(self._db, at=micros(self._now()), limit=100):
            try:
                await self.delete(account_id, identity_uuid)
            except (IdentityNotFound, IdentityDeleted):
                continue  # another replica was quicker
            ended += 1
        return ended

    async def add_number(self, account_id: int, identity_uuid: str) -> Identity:
        """Give the identity a number. Raises PhoneExists, NumbersExhausted, and what get raises."""
        async with self._db.begin() as tx:
            # The row's lock keeps two requests from both finding no number.
            await tx.lock(f"identity-number:{identity_uuid.lower()}")
            identity = await self.get(account_id, identity_uuid)
            if identity.number is not None:
                raise PhoneExists("This identity already has a phone number.")
            await self._give_number(tx, account_id, identity.id)
            identity = await self.get(account_id, identity_uuid)
            await self._record(tx, account_id, event_types.IDENTITY_PHONE_ADDED, identity)
        return identity

    async def list_numbers(
        self, account_id: int, identity_id: int | None, number_id: int | None = None
    ) -> list[Number]:
        """Return the live numbers of one identity, or of the account; of them only *number_id* if given."""
        return await holdings.list_numbers(self._db, account_id, identity_id, number_id)

    async def _give_number_by_custom(
        self, tx: Transaction, account_id: int, identity_id: int, wanted: bool | None
    ) -> str | None:
        if wanted is False or (wanted is None and not self._numbers.by_default):
            return None
        try:
            return await self._give_number(tx, account_id, identity_id)
        except NumbersExhausted:
            if wanted:
                raise
            await holdings.drop_reserved_number(tx, account_id, identity_id)
            return None  # nobody asked for one

    async def _give_number(self, tx: Transaction, account_id: int, identity_id: int) -> str:
        row_id = await holdings.insert_number(
            tx, account_id=account_id, identity_id=identity_id, carrier=self._numbers.name, at=micros(self._now())
        )
        number = self._numbers.number(row_id)
        await holdings.set_number(tx, account_id, row_id, number)
        return number

    async def _missing(self, account_id: int, identity_uuid: str) -> IdentityNotFound | IdentityDeleted:
        receipt = await storage.find_receipt(self._db, account_id, identity_uuid)
        if receipt is None:
            return IdentityNotFound("no such identity")
        at = rfc3339(receipt.deleted_at)
        return IdentityDeleted(f"this identity was deleted at {at}", details={"deleted_dt": at})

    async def _record(self, tx: Transaction, account_id: int, type: str, identity: Identity) -> None:
        data = {"uuid": identity.uuid, "name": identity.name, "email": identity.address, "phone": identity.number}
        await self._events.record(tx, account_id, type, identity.ref, data)


def _chosen_uuid(new: NewIdentity) -> str | None:
    """Return the uuid that the client has chosen, or None. Raises Invalid."""
    if new.public_key is not None:
        check_public_key("public_key", new.public_key)
        if new.uuid is None:  # it was derived for some uuid, and not for the one that we would invent
            raise invalid(public_key="needs the uuid that it was made for")
    return None if new.uuid is None else check_uuid(new.uuid)
