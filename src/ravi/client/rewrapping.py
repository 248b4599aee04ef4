"""What is done with the account's root once it is there or opened: set up, wrapped anew, told to the server."""

from __future__ import annotations

from ravi.client import owner_keys
from ravi.client.calls import identities
from ravi.client.calls.upgrade import MAX_PUBLIC_KEYS, put_public_keys
from ravi.client.core import Compute
from ravi.client.public_keys import public_key
from ravi.crypto import recovery, root
from ravi.errors import VaultLocked, VaultSetUp
from ravi.settings.vault_file import keys_path, save_code
from ravi.settings.vault_keys import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.client.owner_keys import OpenedVault


def create(core: Core, pin: str) -> Steps[OpenedVault]:
    """
    Give the account a root. The recovery code is on disk as a pending one, and was seen by nobody.

    Raises UsageError for a PIN that may not be chosen, VaultSetUp when there is a vault already, and as
    `owner_keys.fetch` and `owner_keys.write_root`.
    """
    owner_keys.check_new_pin(pin)
    meta = yield from owner_keys.fetch(core)
    if meta["format"] != owner_keys.NOT_SET_UP:
        raise VaultSetUp("this account's vault is set up already")
    secret_key, root_key = recovery.new_secret_key(), root.new()
    meta = yield from owner_keys.write_root(
        core, meta, pin_text=pin, root_key=root_key, secret_key=secret_key, is_new=True
    )
    return owner_keys.OpenedVault(meta, root_key, recovery_code=recovery.encode(secret_key), was_pending=True)


def wrap_anew(core: Core, opened: OpenedVault, pin: str, new_code: bool) -> Steps[OpenedVault]:
    """
    Have the server keep the root in *opened* wrapped for *pin*, and with *new_code* for a new recovery code.

    Raises UsageError for another PIN that may not be chosen, VaultNotUpgraded in an account of the published client's
    format, and as `owner_keys.write_root`.
    """
    if not new_code:
        owner_keys.check_new_pin(pin)
    owner_keys.check_upgraded(opened)
    secret_key = recovery.new_secret_key() if new_code else recovery.decode(opened.recovery_code or "")
    meta = yield from owner_keys.write_root(
        core, opened.meta, pin_text=pin, root_key=opened.root_key, secret_key=secret_key, is_new=new_code
    )
    return owner_keys.OpenedVault(
        meta,
        opened.root_key,
        recovery_code=recovery.encode(secret_key),
        was_pending=new_code or opened.was_pending,
    )


def keep_code(core: Core, opened: OpenedVault) -> Steps[None]:
    """Save the recovery code in *opened* as one that was seen; what is locked stays locked. Raises ConfigInvalid."""
    path, code = keys_path(core.settings), opened.recovery_code or ""
    yield Compute(lambda: save_code(path, account_uuid=opened.account_uuid, recovery_code=code))


def register_public_keys(core: Core) -> Steps[int]:
    """Register the public key of every identity that has none; how many. Raises VaultLocked."""
    held = find_root(core.settings)
    root_key = held.root_key
    if root_key is None:
        raise VaultLocked(f"the vault is locked: {held.silence}")
    rows = yield from core.send(identities.list_())
    without = [row["uuid"] for row in rows if row.get("public_key", "") is None]
    registered = 0
    for at in range(0, len(without), MAX_PUBLIC_KEYS):
        chunk = {uuid: public_key(root_key, uuid) for uuid in without[at : at + MAX_PUBLIC_KEYS]}
        done = yield from core.send(put_public_keys(chunk))
        registered += done["set"]
    return registered
