"""The account's encryption metadata over HTTP. Entries of each kind have a file of their own."""

from dataclasses import replace
from typing import Any

from ravi.server.http import Principal, Routes
from ravi.server.http.errors import invalid
from ravi.server.vault.records import Encryption
from ravi.server.vault.service import Root, Vault
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("vault")


@routes.get(paths.ENCRYPTION, scope=Scope.ENCRYPTION_READ)
async def get_encryption(who: Principal, vault: Vault) -> wire.EncryptionMeta:
    """Show the encryption metadata, with nulls until a client has set it up. An identity sees the format alone."""
    return await _shown(who, vault)


@routes.patch(paths.ENCRYPTION, scope=Scope.ENCRYPTION_WRITE)
async def set_encryption(who: Principal, body: wire.EncryptionUpdate, vault: Vault) -> wire.EncryptionMeta:
    """Set up the encryption as the published client v0.5.2 does: once, by the account's own client."""
    missing = {name: "is required" for name in ("salt", "verifier", "public_key") if name not in body}
    if missing:
        raise invalid(**missing)
    await vault.set_encryption(
        who.account_id, salt=body["salt"], verifier=body["verifier"], public_key=body["public_key"]
    )
    return await _shown(who, vault)


@routes.put(paths.ENCRYPTION_ROOT, scope=Scope.ENCRYPTION_WRITE)
async def put_root(who: Principal, body: wire.RootWrite, vault: Vault) -> wire.EncryptionMeta:
    """Set or replace the wrapped root, if it still is of the version that the client has seen (0: none yet)."""
    await vault.set_root(who, Root(body["root_salt"], body["wrapped_root"]), replacing=body["expected_version"])
    return await _shown(who, vault)


@routes.post(paths.ENCRYPTION_UPGRADED, scope=Scope.ENCRYPTION_WRITE)
async def end_upgrade(who: Principal, vault: Vault) -> wire.EncryptionMeta:
    """Forget what the format of the published client needs, once nothing is sealed in it any more."""
    await vault.end_upgrade(who)
    return await _shown(who, vault)


async def _shown(who: Principal, vault: Vault) -> wire.EncryptionMeta:
    encryption, account_uuid = await vault.get_encryption(who.account_id)
    return to_wire(encryption, account_uuid, key_material=not who.bound)


def to_wire(encryption: Encryption, account_uuid: str, *, key_material: bool) -> wire.EncryptionMeta:
    """Without *key_material* what a PIN could be guessed against stays here: no identity needs it."""
    hidden: dict[str, Any] = (
        {} if key_material else dict.fromkeys(("salt", "verifier", "public_key", "root_salt", "wrapped_root"))
    )
    shown = replace(encryption, **hidden)
    return {
        "id": encryption.id,
        "account_uuid": account_uuid,
        "format": encryption.format,
        "upgrading": encryption.upgrading,
        "salt": shown.salt,
        "verifier": shown.verifier,
        "public_key": shown.public_key,
        "root_salt": shown.root_salt,
        "wrapped_root": shown.wrapped_root,
        "root_version": encryption.root_version,
        "managed_master_key": "",  # parsed by a published client, used by none
    }
