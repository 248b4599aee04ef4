"""An identity's own resources over HTTP: its address, its number, and the domains there are."""

from typing import TypedDict

from ravi.errors import AddressInvalid, NotFound
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.server.identities.records import Inbox, Number
from ravi.server.identities.service import Identities
from ravi.wire import identities as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("own resources")


class AvailabilityQuery(TypedDict, total=False):
    email: str


@routes.get(paths.EMAIL, scope=Scope.IDENTITIES_READ, selects=Selects.ACTS, lists=True)
async def list_inboxes(who: Principal, identities: Identities) -> list[wire.Inbox]:
    """Show the identity's address; account-wide, all of them."""
    found = await identities.list_inboxes(who.account_id, who.identity.id if who.identity else None)
    return [inbox_to_wire(inbox) for inbox in found]


@routes.get(f"{paths.EMAIL}{{inbox_id}}/", scope=Scope.IDENTITIES_READ, selects=Selects.ACTS)
async def get_inbox(who: Principal, inbox_id: int, identities: Identities) -> wire.Inbox:
    """Show one address by its id."""
    found = await identities.list_inboxes(who.account_id, who.identity.id if who.identity else None, inbox_id)
    if not found:
        raise NotFound("Not found.")
    return inbox_to_wire(found[0])


@routes.post(paths.EMAIL, scope=Scope.IDENTITIES_WRITE, selects=Selects.ACTS, status=201, creates=True)
async def create_inbox(who: Principal, body: wire.InboxCreate, identities: Identities) -> wire.Inbox:
    """Give the identity its one address, if it has none."""
    identity = await identities.acting(who)
    inbox = await identities.add_inbox(who.account_id, identity.id, identity.name, body.get("email") or None)
    return inbox_to_wire(inbox)


@routes.get(paths.EMAIL_AVAILABILITY, scope=Scope.DOMAINS_READ)
async def check_availability(who: Principal, query: AvailabilityQuery, identities: Identities) -> wire.Availability:
    """Tell whether an address could be had."""
    wish = query.get("email")
    if not wish:
        raise invalid(email="is required")
    try:
        address, free = await identities.available(who.account_id, wish)
    except AddressInvalid as error:
        return {"email": wish, "available": False, "reason": error.message}
    return {"email": address, "available": True} if free else {"email": address, "available": False, "reason": "taken"}


@routes.get(paths.PHONE, scope=Scope.IDENTITIES_READ, selects=Selects.ACTS, lists=True)
async def list_numbers(who: Principal, identities: Identities) -> list[wire.Phone]:
    """Show the identity's number; account-wide, all of them."""
    found = await identities.list_numbers(who.account_id, who.identity.id if who.identity else None)
    return [number_to_wire(number) for number in found]


@routes.get(f"{paths.PHONE}{{number_id}}/", scope=Scope.IDENTITIES_READ, selects=Selects.ACTS)
async def get_number(who: Principal, number_id: int, identities: Identities) -> wire.Phone:
    """Show one number by its id."""
    found = await identities.list_numbers(who.account_id, who.identity.id if who.identity else None, number_id)
    if not found:
        raise NotFound("Not found.")
    return number_to_wire(found[0])


@routes.get(paths.DOMAINS, scope=Scope.DOMAINS_READ, lists=True)
async def list_domains(who: Principal, identities: Identities) -> list[wire.Domain]:
    """List the domains that addresses can be on, the default first."""
    return [
        {
            "uuid": domain.uuid,
            "domain": domain.domain,
            "is_platform": domain.is_platform,
            # The operator's own domains need no proof; accounts cannot bring theirs yet.
            "is_verified": domain.is_platform,
            "created_dt": rfc3339(domain.created_at),
        }
        for domain in await identities.list_domains(who.account_id)
    ]


def inbox_to_wire(inbox: Inbox) -> wire.Inbox:
    return {"id": inbox.id, "uuid": inbox.uuid, "email": inbox.address, "created_dt": rfc3339(inbox.created_at)}


def number_to_wire(number: Number) -> wire.Phone:
    return {
        "id": number.id,
        "url": f"{paths.PHONE}{number.id}/",
        "phone_number": number.number,
        "provider": "twilio",  # published SDKs reject any name but four; the true one is beside it
        "carrier": number.carrier,
        "created_dt": rfc3339(number.created_at),
    }
