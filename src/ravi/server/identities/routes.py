"""Identities over HTTP. What they hold (addresses, numbers, domains) is in `holdings_routes.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from ravi.errors import Forbidden, IdentityNotFound
from ravi.server.auth import Auth
from ravi.server.http import Answer, IdentityRef, Principal, Routes
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339, rfc3339_or_none, ttl_or_none
from ravi.server.identities.records import Identity, NewIdentity, Place, Receipt
from ravi.server.identities.service import Identities
from ravi.wire import identities as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("identities")

ONE = f"{paths.IDENTITIES}{{identity_uuid}}/"

#: What a key is called that is made with its identity.
KEY_LABEL = "created with the identity"


class IdentityQuery(TypedDict, total=False):
    """Filters; all must fit. `label` is `key=value` and may be repeated."""

    name: str
    prefix: str
    label: list[str]


@routes.get(paths.IDENTITIES, scope=Scope.IDENTITIES_READ, lists=True)
async def list_identities(who: Principal, query: IdentityQuery, identities: Identities) -> list[wire.Identity]:
    """List identities, oldest first, never cut short; an identity sees itself."""
    found = await identities.list_(
        who.account_id,
        identity_id=who.identity.id if who.bound and who.identity else None,
        name=query.get("name"),
        prefix=query.get("prefix"),
        labels=labels_of(query),
    )
    return [to_wire(identity) for identity in found]


@asynccontextmanager
async def _number_for_new(body: wire.IdentityCreate, identities: Identities, **_: object) -> AsyncIterator[None]:
    wanted = body.get("provision_phone")
    async with identities.number_ready(country=country_of(body.get("country_code")), wanted=wanted):
        yield


@routes.post(paths.IDENTITIES, scope=Scope.IDENTITIES_CREATE, status=201, creates=True, around=_number_for_new)
async def create_identity(
    who: Principal, body: wire.IdentityCreate, identities: Identities, auth: Auth
) -> Answer[wire.Identity]:
    """Create an identity with an address and, by custom or on request, a number. 200 when `reuse` found one."""
    identity, created = await identities.create(who.account_id, from_wire(body))
    answer = to_wire(identity)
    if body.get("api_key", created):  # who finds an identity again has its key, or asks for one outright
        ref = IdentityRef(identity.id, identity.uuid, identity.name, disabled=False)
        answer["api_key"] = (await auth.mint_identity_key(who.account_id, ref, KEY_LABEL)).secret
    return Answer(answer, 201 if created else 200)


@routes.get(ONE, scope=Scope.IDENTITIES_READ)
async def get_identity(who: Principal, identity_uuid: str, identities: Identities) -> wire.Identity:
    """Show one identity."""
    return to_wire(await identities.get(who.account_id, in_reach(who, identity_uuid)))


@routes.patch(ONE, scope=Scope.IDENTITIES_WRITE)
async def update_identity(
    who: Principal, identity_uuid: str, body: wire.IdentityUpdate, identities: Identities
) -> wire.Identity:
    """Rename, relabel, limit, or move the end. An identity's own credential may only rename it."""
    return await _update(who, identity_uuid, body, identities)


@routes.put(ONE, scope=Scope.IDENTITIES_WRITE)
async def replace_identity(
    who: Principal, identity_uuid: str, body: wire.IdentityUpdate, identities: Identities
) -> wire.Identity:
    """The older spelling of PATCH."""
    return await _update(who, identity_uuid, body, identities)


async def _update(
    who: Principal, identity_uuid: str, body: wire.IdentityUpdate, identities: Identities
) -> wire.Identity:
    identity_uuid = in_reach(who, identity_uuid)
    if who.bound and ("ttl_seconds" in body or "labels" in body or "allowed_recipients" in body):
        # These are how the owner finds, stops and limits it: not for the one that is limited.
        raise Forbidden("an identity's own credential cannot change its labels, its end or its allowed recipients")
    ttl, allowed = body.get("ttl_seconds"), body.get("allowed_recipients")
    identity = await identities.update(
        who.account_id,
        identity_uuid,
        name=body.get("name"),
        labels=body.get("labels"),
        ttl=ttl_or_none(ttl),
        endless="ttl_seconds" in body and ttl is None,
        allowed_recipients=allowed,
        anybody="allowed_recipients" in body and allowed is None,
    )
    return to_wire(identity)


@routes.delete(ONE, scope=Scope.IDENTITIES_DELETE)
async def delete_identity(who: Principal, identity_uuid: str, identities: Identities) -> wire.IdentityDeleted:
    """End an identity for good; the answer is the receipt."""
    return receipt_to_wire(await identities.delete(who.account_id, identity_uuid))


@routes.post(f"{ONE}disable/", scope=Scope.IDENTITIES_SWITCH)
async def disable_identity(who: Principal, identity_uuid: str, identities: Identities) -> wire.Identity:
    """Switch an identity off: its credentials stop with the next request. Reversible."""
    return to_wire(await identities.switch(who.account_id, identity_uuid, "disabled"))


@routes.post(f"{ONE}enable/", scope=Scope.IDENTITIES_SWITCH)
async def enable_identity(who: Principal, identity_uuid: str, identities: Identities) -> wire.Identity:
    """Switch an identity on again."""
    return to_wire(await identities.switch(who.account_id, identity_uuid, "active"))


@asynccontextmanager
async def _number_to_add(
    who: Principal, identity_uuid: str, body: wire.PhoneRequest, identities: Identities
) -> AsyncIterator[None]:
    identity = await identities.get(who.account_id, in_reach(who, identity_uuid))
    wanted = identity.number is None  # otherwise it is refused below, and need not be bought
    async with identities.number_ready(country=country_of(body.get("country_code")), wanted=wanted):
        yield


@routes.post(f"{ONE}provision-phone/", scope=Scope.IDENTITIES_WRITE, creates=True, around=_number_to_add)
async def provision_phone(
    who: Principal, identity_uuid: str, body: wire.PhoneRequest, identities: Identities
) -> wire.Identity:
    """Give an identity a number. `country_code` is a wish that some carriers cannot follow."""
    uuid = in_reach(who, identity_uuid)
    return to_wire(await identities.add_number(who.account_id, uuid, country=country_of(body.get("country_code"))))


@routes.post(f"{ONE}release-phone/", scope=Scope.PHONE_RELEASE)
async def release_phone(who: Principal, identity_uuid: str, identities: Identities) -> wire.Identity:
    """Take an identity's number away for good: nobody here gets it again. Its texts stay."""
    return to_wire(await identities.release_number(who.account_id, in_reach(who, identity_uuid)))


def labels_of(query: IdentityQuery) -> dict[str, str]:
    """Return the labels that *query* asks for. Raises Invalid."""
    labels = {}
    for label in query.get("label", []):
        key, equals, value = label.partition("=")
        if not equals:
            raise invalid(label=f"{label[:80]!r} must be key=value")
        labels[key] = value
    return labels


def in_reach(who: Principal, identity_uuid: str) -> str:
    """Return the uuid. Raises IdentityNotFound when the caller is bound to another identity: it must look absent."""
    if who.bound and who.identity and identity_uuid.lower() != who.identity.uuid:
        raise IdentityNotFound("no such identity")
    return identity_uuid.lower()


def from_wire(body: wire.IdentityCreate) -> NewIdentity:
    """Merge the published spellings. Raises Invalid when they contradict each other."""
    workspace, allowed = body.get("workspace"), body.get("allowed_recipients")
    return NewIdentity(
        name=body.get("name"),
        uuid=body.get("uuid") or None,  # published CLIs send an empty one
        public_key=body.get("public_key"),
        address=_address_wish(body),
        phone=body.get("provision_phone"),
        country=country_of(body.get("country_code")),
        labels=body.get("labels", {}),
        ttl=ttl_or_none(body.get("ttl_seconds")),
        workspace=_place(workspace) if workspace else None,
        reuse=body.get("reuse", False),
        allowed_recipients=None if allowed is None else tuple(allowed),
    )


def to_wire(identity: Identity) -> wire.Identity:
    """The one place where records get their frozen wire names: the address travels as `inbox`."""
    return {
        "id": identity.id,
        "uuid": identity.uuid,
        "name": identity.name,
        "inbox": identity.address or "",
        "email": identity.address or "",
        "phone": identity.number,
        "phone_number": identity.number,
        "status": identity.status,
        "labels": identity.labels,
        "public_key": identity.public_key,
        "workspace": (
            {"host": identity.workspace.host, "path": identity.workspace.path} if identity.workspace else None
        ),
        "allowed_recipients": None if identity.allowed_recipients is None else list(identity.allowed_recipients),
        "expires_dt": rfc3339_or_none(identity.expires_at),
        "created_dt": rfc3339(identity.created_at),
        "updated_dt": rfc3339(identity.updated_at),
    }


def receipt_to_wire(receipt: Receipt) -> wire.IdentityDeleted:
    return {
        "status": "deleted",
        "uuid": receipt.uuid,
        "name": receipt.name,
        "email": receipt.address or "",
        "phone_number": receipt.number,
        "deleted_dt": rfc3339(receipt.deleted_at),
        "revoked": receipt.revoked,
        "erased": receipt.erased,
    }


def _address_wish(body: wire.IdentityCreate) -> str | None:
    domain = body.get("domain")
    locals_ = [body[key] for key in ("email", "email_identifier", "email_local") if body.get(key)]
    if domain and not locals_:
        raise invalid(domain="needs email_identifier beside it")
    wishes = {f"{wish}@{domain}" if domain and "@" not in wish else wish for wish in map(str.lower, locals_)}
    if len({wish.partition("@")[0] for wish in wishes}) > 1:
        raise invalid(email="email and email_identifier name different addresses")
    if domain and any(wish.partition("@")[2] != domain.lower() for wish in wishes):
        raise invalid(domain="differs from the domain in email")
    return max(wishes, key=len, default=None)


def country_of(code: str | None) -> str:
    """Return an ISO 3166 code; published clients leave it out, or send an empty one. Raises Invalid."""
    country = (code or "US").strip().upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise invalid(country_code="must be two letters, such as US")
    return country


def _place(workspace: wire.Workspace) -> Place:
    host, path = workspace["host"].strip(), workspace["path"]
    if not host or len(host) > 255 or not host.isprintable():
        raise invalid(workspace="host must be 1 to 255 printable characters")
    if not path or len(path) > 4096 or "\0" in path:
        raise invalid(workspace="path must be 1 to 4096 characters")
    return Place(host, path)
