"""
Contacts: by hand, and by exchanging messages.

Owns the rules of what identifies a contact, and what an identity thinks of a sender.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from ravi.errors import Forbidden
from ravi.server.audit import Audit
from ravi.server.auth import Auth
from ravi.server.contacts import storage
from ravi.server.contacts.checks import check_email, check_name, check_phone_number, cut_name, is_email
from ravi.server.contacts.errors import ContactExists, ContactNotFound
from ravi.server.contacts.records import Contact, ContactChange
from ravi.server.db import Database, Transaction, micros, new_row_uuid
from ravi.server.http import IdentityRef, Paging, Principal
from ravi.server.http.errors import invalid
from ravi.server.http.paging import EVERYTHING
from ravi.server.identities import Identities
from ravi.server.identities.errors import IdentityNotFound
from ravi.settings.uuids import is_uuid
from ravi.wire.audit import CONTACT_CREATED, CONTACT_DELETED, CONTACT_UPDATED

_MISSING = "Not found."


class Contacts:
    """The contacts of every identity."""

    def __init__(
        self, db: Database, auth: Auth, identities: Identities, audit: Audit, now: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._auth = auth
        self._identities = identities
        self._audit = audit
        self._now = now

    async def list_(
        self, who: Principal, *, search: str = "", paging: Paging = EVERYTHING
    ) -> tuple[list[Contact], int]:
        """
        Return contacts, oldest first, and how many there are without *paging*; account-wide without a selection.

        With *search*, those that have it in a name or the address.
        """
        identity_id = who.identity.id if who.identity else None
        return await storage.list_(
            self._db, who.account_id, identity_id, search=storage.search_text(search.strip()), paging=paging
        )

    async def get(self, who: Principal, contact_uuid: str) -> Contact:
        """Return the contact. Raises ContactNotFound, and IdentityDisabled when its identity is switched off."""
        return await self._get(who, uuid=contact_uuid.lower())

    async def find(self, who: Principal, *, email: str = "", phone_number: str = "") -> Contact:
        """
        Return the contact with exactly this address, this number, or both.

        Raises Invalid when neither is given, and what `get` raises.
        """
        wanted = _identifying(email, phone_number)
        if not wanted:
            raise invalid(email="is required, or phone_number")
        return await self._get(who, **wanted)

    async def create(self, who: Principal, new: ContactChange) -> Contact:
        """
        Write a contact. One that came about by itself is taken over, with what it counts.

        Raises Invalid, ContactExists, and what `Identities.acting` raises.
        """
        new = _checked(new)
        if not new.email and not new.phone_number:
            raise invalid(email="is required, or phone_number")
        identity = await self._identities.acting(who)
        async with self._db.begin() as tx:
            await _lock(tx, identity.id)
            known = await self._known(tx, who.account_id, identity.id, new)
            if known is not None and known.source == "auto":
                return await self._write(tx, who, replace(known, source="manual"), new, CONTACT_CREATED)
            made = str(uuid.uuid4())
            if known is not None or not await storage.insert(
                tx,
                who.account_id,
                identity.id,
                uuid=made,
                email=new.email or None,
                phone_number=new.phone_number or None,
                display_name=new.display_name or "",
                nickname=new.nickname or "",
                is_trusted=bool(new.is_trusted),
                at=micros(self._now()),
            ):
                raise _exists(new)
            found = await storage.find(tx, who.account_id, identity.id, uuid=made)
            assert found is not None  # just written
            await self._note(tx, who, CONTACT_CREATED, found)
        return found

    async def update(self, who: Principal, contact_uuid: str, change: ContactChange) -> Contact:
        """Change what is given. Raises Invalid, ContactExists, and what `get` raises."""
        change = _checked(change)
        async with self._db.begin() as tx:
            contact = await self.get(who, contact_uuid)
            await _lock(tx, contact.identity_id)
            contact = await self.get(who, contact_uuid)  # as whoever held the lock before has left it
            return await self._write(tx, who, contact, change, CONTACT_UPDATED)

    async def delete(self, who: Principal, contact_uuid: str) -> None:
        """Erase the contact for good. Raises what `get` raises."""
        async with self._db.begin() as tx:
            contact = await self.get(who, contact_uuid)
            if not await storage.delete(tx, who.account_id, contact.id):
                raise ContactNotFound(_MISSING)
            await self._note(tx, who, CONTACT_DELETED, contact)

    async def touch(
        self,
        tx: Transaction,
        account_id: int,
        identity_id: int,
        *,
        email: str = "",
        phone_number: str = "",
        name: str = "",
        at: datetime,
    ) -> None:
        """
        Count a message exchanged with *email* or *phone_number* as part of *tx*; whoever is new becomes a contact.

        What has not the form of an address is nobody's.

        *name* is what they call themselves: it never replaces a name that is there, because anybody can write anything.
        """
        value = email.lower() if email else phone_number
        if not value or (email and not is_email(value)):
            return
        await _lock(tx, identity_id)
        now = micros(at)
        await storage.touch(
            tx,
            account_id,
            identity_id,
            uuid=new_row_uuid(now),
            column="email" if email else "phone_number",
            value=value,
            display_name=cut_name(name),
            at=now,
        )

    async def sender_type(
        self, tx: Transaction, account_id: int, identity_id: int, email: str, *, certain: bool
    ) -> Literal["owner", "trusted", "untrusted"]:
        """Return what the identity thinks of a sender; one who is not *certain* to be that is never trusted."""
        if not certain or not email:
            return "untrusted"
        if email.lower() == (await self._auth.get_account(account_id)).email:
            return "owner"
        trusted = await storage.is_trusted(tx, account_id, identity_id, email.lower())
        return "trusted" if trusted else "untrusted"

    async def sender_type_of_number(
        self, tx: Transaction, account_id: int, identity_id: int, number: str, *, certain: bool
    ) -> Literal["owner", "trusted", "untrusted"]:
        """
        Return what the identity thinks of who texts from *number*; one who is not *certain* is never trusted.

        Nothing proves that a text comes from the number that the network says: only texts between identities of this
        server are certain (docs/adr/0031).
        """
        if not certain:
            return "untrusted"
        trusted = await storage.is_trusted(tx, account_id, identity_id, number, column="phone_number")
        return "trusted" if trusted else "untrusted"

    async def acting_as(self, who: Principal, named: str) -> IdentityRef:
        """
        Return the identity that a published SDK calls `identity_id`: by its uuid, or by its number.

        Raises Forbidden, SelectorsDiffer, IdentityNotFound and IdentityDisabled, as `Identities.acting` does.
        """
        if is_uuid(named):
            if who.identity is not None and who.identity.uuid == named.lower():
                return who.identity
            if who.bound:
                raise Forbidden("this credential belongs to another identity")
            return await self._identities.acting(who, (await self._auth.select(who, named.lower())).id)
        if not named.isascii() or not named.isdigit() or not 0 < len(named) <= 18 or int(named) == 0:
            raise IdentityNotFound("no such identity")
        return await self._identities.acting(who, int(named))

    async def erase(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Erase an identity's contacts as part of *tx*; return how many that were."""
        await _lock(tx, identity_id)
        return {"contacts": await storage.erase(tx, account_id, identity_id)}

    async def _get(self, who: Principal, **wanted: str) -> Contact:
        found = await storage.find(self._db, who.account_id, who.identity.id if who.identity else None, **wanted)
        if found is None:
            raise ContactNotFound(_MISSING)
        await self._identities.acting(who, found.identity_id)
        return found

    async def _known(self, tx: Transaction, account_id: int, identity_id: int, new: ContactChange) -> Contact | None:
        """Return the one contact that has the address or number of *new*. Raises ContactExists if there are two."""
        found = {
            contact.id: contact
            for column, value in (("email", new.email), ("phone_number", new.phone_number))
            if value and (contact := await storage.find(tx, account_id, identity_id, **{column: value}))
        }
        if len(found) > 1:
            raise _exists(new)
        return next(iter(found.values()), None)

    async def _note(self, tx: Transaction, who: Principal, action: str, contact: Contact) -> None:
        """Write a change of *contact* by *who* into the audit log."""
        identity = await self._identities.acting(who, contact.identity_id)
        target = {"uuid": contact.uuid, "is_trusted": contact.is_trusted}
        await self._audit.append(tx, who.account_id, action, identity=identity.uuid, target=target)

    async def _write(
        self, tx: Transaction, who: Principal, contact: Contact, change: ContactChange, action: str
    ) -> Contact:
        account_id = who.account_id
        given = {
            name: value
            for name in ("email", "phone_number", "display_name", "nickname", "is_trusted")
            if (value := getattr(change, name)) is not None
        }
        changed = replace(contact, **given)
        if not changed.email and not changed.phone_number:
            raise invalid(email="a contact keeps an address or a number")
        named = ContactChange(changed.email, changed.phone_number)
        known = await self._known(tx, account_id, contact.identity_id, named)
        if known is not None and known.id != contact.id:
            raise _exists(named)
        await storage.update(tx, account_id, changed, at=micros(self._now()))
        found = await storage.find(tx, account_id, contact.identity_id, uuid=contact.uuid)
        if found is None:  # erased in between
            raise ContactNotFound(_MISSING)
        await self._note(tx, who, action, found)
        return found


def _exists(wanted: ContactChange) -> ContactExists:
    named = [name for name in ("email", "phone_number") if getattr(wanted, name)]
    return ContactExists(
        "this identity has a contact with that address or number already",
        details={name: ["taken"] for name in named},
        hint="change the one that is there: find it by its address",
    )


async def _lock(tx: Transaction, identity_id: int) -> None:
    """Let one transaction at a time write contacts of an identity, so that looking for a clash finds it."""
    await tx.lock(f"contacts:{identity_id}")


def _identifying(email: str, phone_number: str) -> dict[str, str]:
    wanted = {}
    if email:
        wanted["email"] = check_email(email)
    if phone_number:
        wanted["phone_number"] = check_phone_number(phone_number)
    return wanted


def _checked(change: ContactChange) -> ContactChange:
    """Return *change* as it is to be stored. Raises Invalid."""
    return ContactChange(
        email=check_email(change.email) if change.email else change.email,
        phone_number=check_phone_number(change.phone_number) if change.phone_number else change.phone_number,
        display_name=check_name("display_name", change.display_name) if change.display_name is not None else None,
        nickname=check_name("nickname", change.nickname) if change.nickname is not None else None,
        is_trusted=change.is_trusted,
    )
