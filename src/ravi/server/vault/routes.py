"""The account's encryption metadata over HTTP."""

from ravi.server.http import Principal, Routes
from ravi.server.http.errors import invalid
from ravi.server.vault.records import Encryption
from ravi.server.vault.service import Vault
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("vault")


@routes.get(paths.ENCRYPTION, scope=Scope.ENCRYPTION_READ)
async def get_encryption(who: Principal, vault: Vault) -> wire.EncryptionMeta:
    """Show the encryption metadata; nulls until a client has set it up."""
    return to_wire(await vault.get_encryption(who.account_id))


@routes.patch(paths.ENCRYPTION, scope=Scope.ENCRYPTION_WRITE)
async def set_encryption(who: Principal, body: wire.EncryptionUpdate, vault: Vault) -> wire.EncryptionMeta:
    """Set up the encryption: once, by the account's own client."""
    missing = {name: "is required" for name in ("salt", "verifier", "public_key") if name not in body}
    if missing:
        raise invalid(**missing)
    return to_wire(
        await vault.set_encryption(
            who.account_id, salt=body["salt"], verifier=body["verifier"], public_key=body["public_key"]
        )
    )


def to_wire(encryption: Encryption) -> wire.EncryptionMeta:
    return {
        "id": encryption.id,
        "salt": encryption.salt,
        "verifier": encryption.verifier,
        "public_key": encryption.public_key,
        "managed_master_key": "",  # parsed by a published client, used by none
    }
