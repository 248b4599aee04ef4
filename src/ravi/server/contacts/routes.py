"""Contacts over HTTP."""

from typing import TypedDict

from ravi.server.contacts.records import Contact, ContactChange
from ravi.server.contacts.service import Contacts
from ravi.server.http import Page, Paging, Principal, Routes, Selects
from ravi.server.http.times import rfc3339, rfc3339_or_none
from ravi.wire import contacts as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("contacts")

ONE = f"{paths.CONTACTS}{{contact_uuid}}/"


class ContactsQuery(TypedDict, total=False):
    """`identity_id` is what one published SDK calls `identity`: a uuid, or a number."""

    search: str
    identity_id: str


class FindQuery(TypedDict, total=False):
    """Exactly these; both, if both are given."""

    email: str
    phone_number: str


class SearchQuery(TypedDict, total=False):
    """`q` is a part of a name, a nickname or an address."""

    q: str


@routes.get(paths.CONTACTS, scope=Scope.CONTACTS_READ, selects=Selects.ACTS, lists=True)
async def list_contacts(who: Principal, query: ContactsQuery, paging: Paging, contacts: Contacts) -> Page[wire.Contact]:
    """List the identity's contacts, oldest first; account-wide, all of them."""
    if named := query.get("identity_id"):
        identity = await contacts.acting_as(who, named)
        who = who if who.identity is not None else who.acting_as(identity)
    found, count = await contacts.list_(who, search=query.get("search", ""), paging=paging)
    return Page([to_wire(contact) for contact in found], count)


@routes.post(paths.CONTACTS, scope=Scope.CONTACTS_WRITE, selects=Selects.ACTS, status=201, creates=True)
async def create_contact(who: Principal, body: wire.ContactWrite, contacts: Contacts) -> wire.Contact:
    """Add a contact, by address, number or both."""
    return to_wire(await contacts.create(who, _change(body)))


@routes.get(paths.CONTACTS_FIND, scope=Scope.CONTACTS_READ, selects=Selects.ACTS)
async def find_contact(who: Principal, query: FindQuery, contacts: Contacts) -> wire.Contact:
    """Show the contact with exactly this address or number."""
    email, number = query.get("email", ""), query.get("phone_number", "")
    return to_wire(await contacts.find(who, email=email, phone_number=number))


@routes.get(paths.CONTACTS_SEARCH, scope=Scope.CONTACTS_READ, selects=Selects.ACTS, lists=True)
async def search_contacts(who: Principal, query: SearchQuery, paging: Paging, contacts: Contacts) -> Page[wire.Contact]:
    """List the contacts that have these letters in a name, a nickname or the address."""
    found, count = await contacts.list_(who, search=query.get("q", ""), paging=paging)
    return Page([to_wire(contact) for contact in found], count)


@routes.get(ONE, scope=Scope.CONTACTS_READ, selects=Selects.ACTS)
async def get_contact(who: Principal, contact_uuid: str, contacts: Contacts) -> wire.Contact:
    """Show one contact."""
    return to_wire(await contacts.get(who, contact_uuid))


@routes.patch(ONE, scope=Scope.CONTACTS_WRITE, selects=Selects.ACTS)
async def update_contact(
    who: Principal, contact_uuid: str, body: wire.ContactWrite, contacts: Contacts
) -> wire.Contact:
    """Change a contact. An empty text takes away what it names."""
    return to_wire(await contacts.update(who, contact_uuid, _change(body)))


@routes.delete(ONE, scope=Scope.CONTACTS_WRITE, selects=Selects.ACTS, status=204)
async def delete_contact(who: Principal, contact_uuid: str, contacts: Contacts) -> None:
    """Erase a contact for good."""
    await contacts.delete(who, contact_uuid)


def to_wire(contact: Contact) -> wire.Contact:
    return {
        "uuid": contact.uuid,
        "identity": contact.identity_id,
        "email": contact.email,
        "phone_number": contact.phone_number,
        "display_name": contact.display_name,
        "nickname": contact.nickname,
        "is_trusted": contact.is_trusted,
        "source": contact.source,
        "interaction_count": contact.interaction_count,
        "last_interaction_dt": rfc3339_or_none(contact.last_interaction_at),
        "created_dt": rfc3339(contact.created_at),
        "updated_dt": rfc3339(contact.updated_at),
    }


def _change(body: wire.ContactWrite) -> ContactChange:
    return ContactChange(
        email=body.get("email"),
        phone_number=body.get("phone_number"),
        display_name=body.get("display_name"),
        nickname=body.get("nickname"),
        is_trusted=body.get("is_trusted"),
    )
