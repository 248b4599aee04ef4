"""Passwords of sites over HTTP, and the generator that published clients ask for one."""

from typing import Literal, TypedDict

from ravi import generator
from ravi.errors import Invalid
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.server.vault.passwords_records import NewPassword, Password, PasswordChange, PasswordVersion
from ravi.server.vault.passwords_service import Passwords
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("passwords")

ONE = f"{paths.PASSWORDS}{{entry_uuid}}/"


_SEALED: tuple[Literal["username", "password", "notes", "site"], ...] = ("username", "password", "notes", "site")


class PasswordQuery(TypedDict, total=False):
    """`domain` is a host or URL, reduced to its registrable domain. `values=false` leaves the sealed fields out."""

    domain: str
    values: bool


class GeneratorQuery(TypedDict, total=False):
    """All on, sixteen characters, nothing excluded, unless said otherwise."""

    length: int
    uppercase: bool
    lowercase: bool
    digits: bool
    special: bool
    exclude_chars: str


@routes.get(paths.PASSWORDS, scope=Scope.VAULT_READ, selects=Selects.ACTS, lists=True)
async def list_passwords(who: Principal, query: PasswordQuery, passwords: Passwords) -> list[wire.Password]:
    """List entries by domain; account-wide, those of all identities. Reading values is recorded."""
    found = await passwords.list_(who, domain=query.get("domain"), values=query.get("values", True))
    return [to_wire(entry) for entry in found]


@routes.post(paths.PASSWORDS, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=201, creates=True)
async def create_password(who: Principal, body: wire.PasswordCreate, passwords: Passwords) -> wire.Password:
    """Store a sealed entry."""
    if "domain" not in body:
        raise invalid(domain="is required")
    new = NewPassword(
        domain=body["domain"],
        uuid=body.get("uuid", ""),
        username=body.get("username", ""),
        password=body.get("password", ""),
        notes=body.get("notes", ""),
        site=body.get("site", ""),
    )
    made = await passwords.create(who, new, identity_id=body.get("identity"), sealed_for=body.get("sealed_for"))
    return to_wire(made)


@routes.get(paths.PASSWORDS_GENERATE, scope=Scope.VAULT_READ)
async def generate_password(query: GeneratorQuery) -> wire.GeneratedPassword:
    """Make a password by chance. It is neither stored nor logged."""
    try:
        made = generator.generate(
            query.get("length", generator.DEFAULT_LENGTH),
            uppercase=query.get("uppercase", True),
            lowercase=query.get("lowercase", True),
            digits=query.get("digits", True),
            special=query.get("special", True),
            exclude=query.get("exclude_chars", ""),
        )
    except ValueError as error:
        raise Invalid(str(error)) from None
    return {"password": made}


@routes.get(ONE, scope=Scope.VAULT_READ, selects=Selects.ACTS)
async def get_password(who: Principal, entry_uuid: str, passwords: Passwords) -> wire.Password:
    """Show one entry. Recorded."""
    return to_wire(await passwords.get(who, entry_uuid))


@routes.patch(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS)
async def update_password(
    who: Principal, entry_uuid: str, body: wire.PasswordUpdate, passwords: Passwords
) -> wire.Password:
    """Change an entry; with `revision`, only if nobody else has. What it was goes into its history."""
    sealed: dict[str, str] = {name: body[name] for name in _SEALED if name in body}
    change = PasswordChange(sealed, domain=body.get("domain"), revision=body.get("revision"))
    return to_wire(await passwords.update(who, entry_uuid, change, sealed_for=body.get("sealed_for")))


@routes.delete(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=204)
async def delete_password(who: Principal, entry_uuid: str, passwords: Passwords) -> None:
    """Erase an entry and its history."""
    await passwords.delete(who, entry_uuid)


@routes.get(f"{ONE}history/", scope=Scope.VAULT_READ, selects=Selects.ACTS, lists=True)
async def list_versions(who: Principal, entry_uuid: str, passwords: Passwords) -> list[wire.PasswordVersion]:
    """List what an entry was before, newest first, at most ten. Recorded."""
    return [version_to_wire(version) for version in await passwords.list_versions(who, entry_uuid)]


def to_wire(entry: Password) -> wire.Password:
    return {
        "uuid": entry.uuid,
        "identity": entry.identity_id,
        "identity_uuid": entry.identity_uuid,
        "domain": entry.domain,
        "username": entry.username,
        "password": entry.password,
        "notes": entry.notes,
        "site": entry.site,
        "revision": entry.revision,
        "created_dt": rfc3339(entry.created_at),
        "updated_dt": rfc3339(entry.updated_at),
    }


def version_to_wire(version: PasswordVersion) -> wire.PasswordVersion:
    return {
        "username": version.username,
        "password": version.password,
        "notes": version.notes,
        "replaced_dt": rfc3339(version.replaced_at),
    }
