"""Seeds of one-time codes over HTTP, under the path that a published SDK knows."""

from typing import TypedDict

from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.server.vault.totp_records import NewTotp, Totp
from ravi.server.vault.totp_service import Totps
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("totp")

ONE = f"{paths.TOTP}{{totp_ref}}/"


class TotpQuery(TypedDict, total=False):
    """`name` is the exact service name. `values=false` leaves the sealed fields out."""

    name: str
    values: bool


@routes.get(paths.TOTP, scope=Scope.VAULT_READ, selects=Selects.ACTS, lists=True)
async def list_totps(who: Principal, query: TotpQuery, totps: Totps) -> list[wire.Totp]:
    """List seeds by name; account-wide, those of all identities. Reading values is recorded."""
    found = await totps.list_(who, service_name=query.get("name"), values=query.get("values", True))
    return [to_wire(entry) for entry in found]


@routes.post(paths.TOTP, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=201, creates=True)
async def create_totp(who: Principal, body: wire.TotpCreate, totps: Totps) -> wire.Totp:
    """Store a sealed seed."""
    if "service_name" not in body:
        raise invalid(service_name="is required")
    new = NewTotp(
        service_name=body["service_name"],
        secret=body.get("secret", ""),
        username=body.get("username", ""),
        uuid=body.get("uuid", ""),
    )
    return to_wire(await totps.create(who, new, identity_id=body.get("identity"), sealed_for=body.get("sealed_for")))


@routes.get(ONE, scope=Scope.VAULT_READ, selects=Selects.ACTS)
async def get_totp(who: Principal, totp_ref: str, totps: Totps) -> wire.Totp:
    """Show one seed, by its uuid or its id. Recorded."""
    return to_wire(await totps.get(who, totp_ref))


@routes.patch(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS)
async def update_totp(who: Principal, totp_ref: str, body: wire.TotpUpdate, totps: Totps) -> wire.Totp:
    """Change a seed; another name needs the seed sealed again, because the name is sealed with it."""
    sealed = {}
    if "username" in body:
        sealed["username"] = body["username"]
    if "secret" in body:
        sealed["secret"] = body["secret"]
    changed = await totps.update(
        who, totp_ref, sealed, service_name=body.get("service_name"), sealed_for=body.get("sealed_for")
    )
    return to_wire(changed)


@routes.delete(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=204)
async def delete_totp(who: Principal, totp_ref: str, totps: Totps) -> None:
    """Erase a seed."""
    await totps.delete(who, totp_ref)


def to_wire(entry: Totp) -> wire.Totp:
    return {
        "id": entry.id,
        "uuid": entry.uuid,
        "user_id": None,
        "identity": entry.identity_id,
        "identity_uuid": entry.identity_uuid,
        "service_name": entry.service_name,
        "username": entry.username,
        "secret": entry.secret,
        "revision": entry.revision,
        "created_dt": rfc3339(entry.created_at),
        "updated_dt": rfc3339(entry.updated_at),
    }
