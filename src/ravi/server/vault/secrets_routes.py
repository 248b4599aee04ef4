"""Secrets over HTTP. A secret is named by its key, or by its uuid where a published client does so."""

from typing import TypedDict

from ravi.server.http import Answer, Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.server.vault.records import Secret
from ravi.server.vault.secrets_service import Item, Secrets
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("secrets")

ONE = f"{paths.SECRETS}{{secret_ref}}/"

#: A hundred values of 64 KiB, sealed and in base64, with room to spare.
LARGEST_IMPORT = 16 * 1024 * 1024


class SecretsQuery(TypedDict, total=False):
    """`key` may be repeated. With `values=false` the sealed fields come empty."""

    key: list[str]
    values: bool


@routes.get(paths.SECRETS, scope=Scope.VAULT_READ, selects=Selects.ACTS, lists=True)
async def list_secrets(who: Principal, query: SecretsQuery, secrets: Secrets) -> list[wire.Secret]:
    """List the identity's secrets by key, sealed; account-wide, all of them."""
    found = await secrets.list_(who, keys=query.get("key", []), values=query.get("values", True))
    return [to_wire(secret) for secret in found]


@routes.post(paths.SECRETS, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=201, creates=True)
async def create_secret(who: Principal, body: wire.SecretCreate, secrets: Secrets) -> wire.Secret:
    """Add a secret; one of that key is an error. To set it whether or not it is there, PUT it."""
    if "key" not in body:
        raise invalid(key="is required")
    return to_wire(
        await secrets.create(
            who,
            key=body["key"],
            value=body.get("value", ""),
            notes=body.get("notes", ""),
            identity_id=body.get("identity"),
            sealed_for=body.get("sealed_for"),
        )
    )


@routes.put(paths.SECRETS, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, largest_body=LARGEST_IMPORT)
async def put_secrets(who: Principal, body: wire.SecretsPut, secrets: Secrets) -> list[wire.Secret]:
    """Set many secrets, all or none. Absent notes stay as they are."""
    items = [Item(item["key"], item["value"], item.get("notes")) for item in body["secrets"]]
    return [to_wire(secret) for secret in await secrets.put_many(who, items, body.get("sealed_for"))]


@routes.get(ONE, scope=Scope.VAULT_READ, selects=Selects.ACTS)
async def get_secret(who: Principal, secret_ref: str, secrets: Secrets) -> wire.Secret:
    """Show one secret, sealed."""
    return to_wire(await secrets.get(who, secret_ref))


@routes.put(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS)
async def put_secret(who: Principal, secret_ref: str, body: wire.SecretPut, secrets: Secrets) -> Answer[wire.Secret]:
    """Set the secret of this key, new (201) or not. Absent notes stay as they are."""
    secret, new = await secrets.put(who, Item(secret_ref, body["value"], body.get("notes")), body.get("sealed_for"))
    return Answer(to_wire(secret), 201 if new else 200)


@routes.patch(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS)
async def update_secret(who: Principal, secret_ref: str, body: wire.SecretUpdate, secrets: Secrets) -> wire.Secret:
    """Change a secret. A new key needs value and notes sealed for it beside it."""
    return to_wire(
        await secrets.update(
            who,
            secret_ref,
            key=body.get("key"),
            value=body.get("value"),
            notes=body.get("notes"),
            sealed_for=body.get("sealed_for"),
        )
    )


@routes.delete(ONE, scope=Scope.VAULT_WRITE, selects=Selects.ACTS, status=204)
async def delete_secret(who: Principal, secret_ref: str, secrets: Secrets) -> None:
    """Erase a secret for good."""
    await secrets.delete(who, secret_ref)


def to_wire(secret: Secret) -> wire.Secret:
    return {
        "uuid": secret.uuid,
        "identity": secret.identity_id,
        "identity_uuid": secret.identity_uuid,
        "key": secret.key,
        "value": secret.value,
        "notes": secret.notes,
        "revision": secret.revision,
        "created_dt": rfc3339(secret.created_at),
        "updated_dt": rfc3339(secret.updated_at),
    }
