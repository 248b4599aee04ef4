"""The keys that open vaults: setting up, unlocking, locking, changing PIN and recovery code."""

from __future__ import annotations

import os
from functools import partial

from ravi.client import owner_keys, rewrapping
from ravi.client.core import Compute
from ravi.client.keyring import open_vault
from ravi.client.public_keys import fill, present_root
from ravi.client.references import get
from ravi.crypto import derive
from ravi.errors import VaultKeyDiffers, VaultLocked
from ravi.settings.vault_file import forget_keys, keys_path
from ravi.settings.vault_keys import encode_key, find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.nouns.upgrade import Progress, Upgraded
    from ravi.client.owner_keys import OpenedVault
    from ravi.client.session import Run


class VaultStatus:
    """
    How it stands with the account's vault.

    `format` is 0 before it is set up, 1 in an account of the published client v0.5.2, 2 in the present format;
    `upgrading` says that both are there. `unlocked` is about this machine, and so is `knows_code`: whether it holds
    a recovery code, so that the PIN is enough to unlock. `auth_file` is where its keys are kept.
    """

    __slots__ = ("account_uuid", "auth_file", "format", "knows_code", "root_version", "unlocked", "upgrading")

    def __init__(
        self,
        *,
        account_uuid: str,
        format: int,
        upgrading: bool,
        root_version: int,
        unlocked: bool,
        knows_code: bool,
        auth_file: str,
    ) -> None:
        self.account_uuid = account_uuid
        self.format = format
        self.upgrading = upgrading
        self.root_version = root_version
        self.unlocked = unlocked
        self.knows_code = knows_code
        self.auth_file = auth_file


def _status(core: Core) -> Steps[VaultStatus]:
    meta = yield from owner_keys.fetch(core)
    return VaultStatus(
        account_uuid=meta["account_uuid"],
        format=meta["format"],
        upgrading=meta["upgrading"],
        root_version=meta["root_version"],
        unlocked=find_root(core.settings).root_key is not None,
        knows_code=bool(owner_keys.find_codes(core.settings, meta["account_uuid"])),
        auth_file=keys_path(core.settings),
    )


def _set_up(core: Core, pin: str) -> Steps[str]:
    created = yield from rewrapping.create(core, pin)
    yield from owner_keys.keep(core, created)
    return created.recovery_code or ""


def _unlock(core: Core, pin: str, recovery_code: str | None) -> Steps[None]:
    opened = yield from owner_keys.open_root(core, pin, recovery_code)
    yield from owner_keys.keep(core, opened)


def _upgrade(
    core: Core,
    pin: str,
    recovery_code: str | None,
    leave_unreadable: bool,
    begun: Callable[[str], None] | None,
    progress: Callable[[Progress], None] | None,
) -> Steps[Upgraded]:
    from ravi.client.nouns.upgrade import upgrade

    return (
        yield from upgrade(core, pin, recovery_code, leave_unreadable=leave_unreadable, begun=begun, progress=progress)
    )


def _lock(core: Core) -> Steps[bool]:
    held = []
    for folder in dict.fromkeys((core.settings.config_dir, core.settings.home)):
        path = os.path.join(folder, "auth.json")
        held.append((yield Compute(partial(forget_keys, path))))
    return any(held)


def _change_pin(core: Core, old: str, new: str, recovery_code: str | None) -> Steps[None]:
    owner_keys.check_new_pin(new)
    opened = yield from owner_keys.open_root(core, old, recovery_code)
    changed = yield from rewrapping.wrap_anew(core, opened, new, False)
    if changed.was_pending:
        yield from rewrapping.keep_code(core, changed)


def _new_recovery_code(core: Core, pin: str, recovery_code: str | None) -> Steps[str]:
    opened = yield from owner_keys.open_root(core, pin, recovery_code)
    renewed = yield from rewrapping.wrap_anew(core, opened, pin, True)
    yield from rewrapping.keep_code(core, renewed)
    return renewed.recovery_code or ""


def _identity_key(core: Core, ref: str | None) -> Steps[dict[str, str]]:
    if ref is None:
        ref = yield from core.acting_uuid()
    identity = yield from fill(core, (yield from get(core, ref)))
    uuid = identity["uuid"]
    root_key = yield from present_root(core)
    if root_key is not None:
        key = derive.identity_key(root_key, uuid)
    elif find_root(core.settings).root_key is not None:
        raise VaultLocked("the vault was upgraded on another machine, so that the key of this one is void")
    else:
        given = core.settings.vault_key
        if given is not None and given.value[1] is None and uuid != core.known_uuid():
            raise VaultLocked(f"the vault key from {given.source} is one identity's, and may be another's")
        key = open_vault(core.settings, uuid).identity_key
    registered = identity.get("public_key")
    if registered and registered != encode_key(derive.public_key(key)):
        raise VaultKeyDiffers("the key on this machine is not this identity's present one")
    return {"identity_uuid": uuid, "vault_key": encode_key(key)}


class Vault:
    """
    The owner's keys. Needs a credential of the account; one identity's own gets VaultLocked, except for its own
    `identity_key`.

    PINs and recovery codes are text. A PIN has at least six characters. The Argon2id behind it takes 0.1 s and
    64 MiB, once for each PIN that a method takes or changes, and never otherwise.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def status(self) -> VaultStatus:
        """How it stands with the account's vault, at the server and on this machine."""
        return self._run(_status)

    def set_up(self, pin: str) -> str:
        """
        Set the account's vault up and unlock it on this machine; returns the recovery code, to be shown once.

        The code is in auth.json too; with the PIN it opens the vault on another machine. Raises UsageError for a PIN
        that may not be chosen, VaultSetUp when there is a vault already.
        """
        return self._run(lambda core: _set_up(core, pin))

    def unlock(self, pin: str, recovery_code: str | None = None) -> None:
        """
        Open the vault and save the account's keys in auth.json, for this credential.

        Without *recovery_code* the one in auth.json is used. Raises VaultPinWrong, RecoveryCodeInvalid (before
        anything is computed), VaultLocked when there is no vault or no recovery code; no file is changed then.
        """
        self._run(lambda core: _unlock(core, pin, recovery_code))

    def lock(self) -> bool:
        """Forget the account's keys on this machine, but for the recovery code. True if there were any."""
        return self._run(_lock)

    def change_pin(self, old: str, new: str, recovery_code: str | None = None) -> None:
        """
        Choose another PIN; nothing that is sealed changes, and what is unlocked stays so.

        Raises as `unlock`, UsageError for a *new* that may not be chosen, VaultChanged when somebody else changed
        it at the same time, VaultNotUpgraded in an account of the published client's format.
        """
        self._run(lambda core: _change_pin(core, old, new, recovery_code))

    def new_recovery_code(self, pin: str, recovery_code: str | None = None) -> str:
        """
        Replace the recovery code, and return the new one. Machines that are unlocked go on; each needs it, once,
        when it is next unlocked. Raises as `change_pin`.
        """
        return self._run(lambda core: _new_recovery_code(core, pin, recovery_code))

    def upgrade(
        self,
        pin: str,
        recovery_code: str | None = None,
        *,
        leave_unreadable: bool = False,
        begun: Callable[[str], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Upgraded:
        """
        Seal a vault of the published client v0.5.2 anew, for a root that no PIN alone opens; see `nouns.upgrade`.

        *begun* is given the new recovery code before anything is sealed for it, *progress* what is done by now. May
        be cut off and begun again anywhere. Raises as `unlock`, VaultUnreadable when there are values that nothing
        opens and not *leave_unreadable*, VaultNotUpgraded when others keep writing in the old format.
        """
        return self._run(lambda core: _upgrade(core, pin, recovery_code, leave_unreadable, begun, progress))

    def register_public_keys(self) -> int:
        """Tell the server the public keys of identities that have none registered; how many. Raises VaultLocked."""
        return self._run(rewrapping.register_public_keys)

    def identity_key(self, ref: str | None = None) -> dict[str, str]:
        """
        The key of one identity (the selected one), as its `config.json` holds it: `identity_uuid`, `vault_key`.

        Raises VaultLocked when this machine cannot know it, VaultKeyDiffers when it is not the present one.
        """
        return self._run(lambda core: _identity_key(core, ref))

    def create(self, pin: str) -> OpenedVault:
        """The first half of `set_up`, for who shows the recovery code before `keep` takes it for seen."""
        return self._run(lambda core: rewrapping.create(core, pin))

    def open(self, pin: str, recovery_code: str | None = None) -> OpenedVault:
        """The first half of `unlock`: nothing is saved."""
        return self._run(lambda core: owner_keys.open_root(core, pin, recovery_code))

    def wrap_anew(self, opened: OpenedVault, pin: str, *, new_code: bool = False) -> OpenedVault:
        """The middle of `change_pin` and, with *new_code*, of `new_recovery_code`: between `open` and `keep_code`."""
        return self._run(lambda core: rewrapping.wrap_anew(core, opened, pin, new_code))

    def keep(self, opened: OpenedVault) -> None:
        """The second half of `unlock`: save what was opened, and its recovery code as one that was seen."""
        self._run(lambda core: owner_keys.keep(core, opened))

    def keep_code(self, opened: OpenedVault) -> None:
        """Save the recovery code alone, as one that was seen; what is locked stays locked."""
        self._run(lambda core: rewrapping.keep_code(core, opened))


class AsyncVault:
    """`Vault`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def status(self) -> VaultStatus:
        return await self._run(_status)

    async def set_up(self, pin: str) -> str:
        return await self._run(lambda core: _set_up(core, pin))

    async def unlock(self, pin: str, recovery_code: str | None = None) -> None:
        await self._run(lambda core: _unlock(core, pin, recovery_code))

    async def lock(self) -> bool:
        return await self._run(_lock)

    async def change_pin(self, old: str, new: str, recovery_code: str | None = None) -> None:
        await self._run(lambda core: _change_pin(core, old, new, recovery_code))

    async def new_recovery_code(self, pin: str, recovery_code: str | None = None) -> str:
        return await self._run(lambda core: _new_recovery_code(core, pin, recovery_code))

    async def upgrade(
        self,
        pin: str,
        recovery_code: str | None = None,
        *,
        leave_unreadable: bool = False,
        begun: Callable[[str], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Upgraded:
        return await self._run(lambda core: _upgrade(core, pin, recovery_code, leave_unreadable, begun, progress))

    async def register_public_keys(self) -> int:
        return await self._run(rewrapping.register_public_keys)

    async def identity_key(self, ref: str | None = None) -> dict[str, str]:
        return await self._run(lambda core: _identity_key(core, ref))

    async def create(self, pin: str) -> OpenedVault:
        return await self._run(lambda core: rewrapping.create(core, pin))

    async def open(self, pin: str, recovery_code: str | None = None) -> OpenedVault:
        return await self._run(lambda core: owner_keys.open_root(core, pin, recovery_code))

    async def wrap_anew(self, opened: OpenedVault, pin: str, *, new_code: bool = False) -> OpenedVault:
        return await self._run(lambda core: rewrapping.wrap_anew(core, opened, pin, new_code))

    async def keep(self, opened: OpenedVault) -> None:
        await self._run(lambda core: owner_keys.keep(core, opened))

    async def keep_code(self, opened: OpenedVault) -> None:
        await self._run(lambda core: rewrapping.keep_code(core, opened))
