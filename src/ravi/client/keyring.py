"""
Which key opens what: one identity's vault, seen from this machine.

The server names entries; it never decides with which key, for which identity, or in which format they are opened.
"""

from __future__ import annotations

import base64

from ravi.client.public_keys import present_root
from ravi.crypto import derive, field, legacy
from ravi.errors import ServerNonsense, VaultLocked, VaultUnreadable
from ravi.settings.vault_keys import find_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ravi.client.core import Core, Steps
    from ravi.settings.values import Settings


class IdentityVault:
    """
    Seals and opens the fields of the identity *uuid*, and of no other.

    *legacy_seed* is there only while the account has not been upgraded from the format of the published client;
    without it a value in that format is refused, because anybody can make one, and so is what was sealed with the
    root that is made of the seed.
    """

    __slots__ = ("_legacy_seed", "_public_key", "_vault_key", "identity_key", "uuid")

    def __init__(self, uuid: str, identity_key: bytes, legacy_seed: bytes | None = None) -> None:
        self.uuid = uuid
        self.identity_key = identity_key
        self._vault_key = derive.vault_key(identity_key)
        self._legacy_seed = legacy_seed
        self._public_key: str | None = None

    @property
    def reads_old_entries(self) -> bool:
        """Whether entries of the published client are read, which lack what later ones have to have."""
        return self._legacy_seed is not None

    @property
    def may_be_replaced(self) -> bool:
        """Whether another machine may have upgraded the account, which gives every identity another key."""
        return self._legacy_seed is not None

    @property
    def sealed_for(self) -> str:
        """The identity's public key in base64: goes along with what was sealed, so that a stale key is refused."""
        if self._public_key is None:
            self._public_key = base64.b64encode(derive.public_key(self.identity_key)).decode("ascii")
        return self._public_key

    def seal(self, kind: str, entry: str, name: str, text: str) -> str:
        """*text* for the field *name* of *entry*: see `ravi.crypto.field`."""
        return field.seal(self._vault_key, self.uuid, kind, entry, name, text)

    def seal_given(self, kind: str, entry: str, texts: dict[str, str | None]) -> dict[str, str]:
        """Those of *texts* that are not None, each sealed for the field of its name."""
        return {name: self.seal(kind, entry, name, text) for name, text in texts.items() if text is not None}

    def open(self, kind: str, entry: str, name: str, sealed: str) -> str:
        """What was sealed for this place. Raises VaultUnreadable."""
        if self._legacy_seed is not None:
            if not sealed:
                return ""  # the published client leaves an empty text as it is
            if sealed.startswith(legacy.PREFIX):
                opened = legacy.open_(self._legacy_seed, sealed)
                if opened is None:
                    raise VaultUnreadable(f"{kind} {entry}: {name} does not open with the account's old key")
                return opened
        try:
            return field.open_(self._vault_key, self.uuid, kind, entry, name, sealed)
        except VaultUnreadable:
            if self._legacy_seed is None:
                raise
        # An upgrade was begun here and not finished: this may be from before it.
        former = derive.identity_key(legacy.root_key(self._legacy_seed), self.uuid)
        return field.open_(derive.vault_key(former), self.uuid, kind, entry, name, sealed)

    def open_given(self, kind: str, entry: str, name: str, sealed: str) -> str:
        """As `open`, for a field that need not be there: an absent one is empty."""
        return self.open(kind, entry, name, sealed) if sealed else ""


def open_vault(settings: Settings, uuid: str) -> IdentityVault:
    """The vault of the identity *uuid*, with the keys that this machine holds. Raises VaultLocked, ConfigInvalid."""
    held = find_keys(settings, uuid)
    if held.identity_key is not None:
        return IdentityVault(uuid, held.identity_key)
    if held.root_key is not None:
        return IdentityVault(uuid, derive.identity_key(held.root_key, uuid), held.legacy_seed)
    raise VaultLocked(f"the vault is locked: {held.silence}")


def acting_vault(core: Core) -> Steps[IdentityVault]:
    """
    The vault of the identity that calls act as, to seal for. Raises IdentityRequired, and as `open_vault` does;
    VaultLocked also when the account was upgraded since this machine was unlocked.
    """
    uuid = yield from core.acting_uuid()
    vault = open_vault(core.settings, uuid)
    if vault.may_be_replaced and (yield from present_root(core)) is None:
        raise VaultLocked("the vault was upgraded on another machine, so that the key of this one is void")
    return vault


def answering_vault(core: Core, uuids: Iterable[str]) -> IdentityVault:
    """
    The vault that entries of the identities *uuids*, as the server names them, are opened with.

    Raises ServerNonsense unless they are all of the one identity that was asked for. Where the credential alone says
    which that is, the server's word is taken: the key at hand opens its own identity's entries and nothing else.
    """
    found = set(uuids)
    expected = core.known_uuid()
    if len(found) != 1 or (expected is not None and found != {expected}):
        raise ServerNonsense("the server answered with entries of another identity")
    return open_vault(core.settings, found.pop())
