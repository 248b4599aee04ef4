"""
What is asked of a text before it is stored: that it is sealed, and for the key that its identity has.

The server cannot open anything, so it cannot tell whether a text was sealed well. It can refuse what is plainly
readable, and what says of itself that it was sealed for another key than the identity's.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ravi.server.db import Transaction
from ravi.server.http import IdentityRef, Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import Identities, hold_identity
from ravi.server.identities.public_keys import check_public_key
from ravi.server.vault import storage
from ravi.server.vault.errors import EntryAmbiguous, NotFound, PlaintextRefused, VaultKeyDiffers
from ravi.server.vault.records import Encryption

PREFIX = "e2e2::"
LEGACY_PREFIX = "e2e::"

#: Characters of one sealed text, prefix included: 96 KiB in base64.
LONGEST_FIELD = 131_072

_SHORTEST = {PREFIX: 24 + 16, LEGACY_PREFIX: 32 + 16}


class Owned(Protocol):
    """An entry of any kind, as far as finding its owner goes."""

    @property
    def identity_id(self) -> int: ...

    @property
    def identity_uuid(self) -> str: ...


Entry = TypeVar("Entry", bound=Owned)


class Sealing:
    """The rules that entries of every kind share."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    async def owner_of(self, who: Principal, identity_id: int | None = None) -> IdentityRef:
        """
        Return the identity that a request on an entry acts as.

        *identity_id* is the row id that a body names, or that of the identity which owns the addressed entry. Who is
        bound or has selected acts as that identity; then comes *identity_id*, then the account's only identity.
        Raises what `Identities.acting` raises: Forbidden, SelectorsDiffer, IdentityNotFound, IdentityDisabled, and
        Malformed (`identity.required`).
        """
        return await self._identities.acting(who, identity_id)

    async def check(
        self,
        tx: Transaction,
        who: Principal,
        identity: IdentityRef,
        fields: Mapping[str, str],
        sealed_for: str | None,
    ) -> None:
        """
        Raise unless every text in *fields* (by name) may be stored for *identity*; call it before writing, in *tx*.

        *sealed_for* is the public key (standard base64) that the client sealed for, or None when it did not say; the
        identity's key is registered from it if there is none yet and *who* is the account. Raises PlaintextRefused
        and Invalid, whose details name the field and never what was in it, and VaultKeyDiffers.
        """
        # Or its deletion would wait for the row that we are about to lock, and our event for the deletion.
        await hold_identity(tx, identity.uuid)
        for name, text in fields.items():
            if text:
                check_sealed(name, text)
        legacy = [name for name, text in fields.items() if text.startswith(LEGACY_PREFIX)]
        if sealed_for is not None:
            check_public_key("sealed_for", sealed_for)
        elif not legacy:
            return
        encryption = await self._settled(tx, who.account_id)
        if legacy and not (encryption and encryption.has_legacy):
            raise _refused(legacy[0], "is sealed in a format that this account does not have")
        if sealed_for is not None:
            await self._check_key(tx, who, identity, encryption, sealed_for)

    async def _settled(self, tx: Transaction, account_id: int) -> Encryption | None:
        """Return the account's metadata, which stays as it is until *tx* ends."""
        found = await storage.find(tx, account_id)
        if found is None or not found.has_legacy:
            return found  # nothing to wait for: keys are replaced and formats change during an upgrade only
        await lock_keys(tx, account_id)
        return await storage.find(tx, account_id)

    async def _check_key(
        self, tx: Transaction, who: Principal, identity: IdentityRef, encryption: Encryption | None, key: str
    ) -> None:
        if encryption is None or encryption.format == 0:
            raise VaultKeyDiffers("this was sealed for a key, and the account's vault is not set up")
        known = await self._identities.find_public_key(tx, who.account_id, identity.id)
        if known is None and not who.bound:
            if await self._identities.register_public_key(tx, who.account_id, identity.id, key):
                return
            known = await self._identities.find_public_key(tx, who.account_id, identity.id)
        # A bound caller may write before the account has registered a key, and has no say in which one it will be.
        if known is not None and known != key:
            raise VaultKeyDiffers("this was sealed with a key that is not this identity's")


async def lock_keys(tx: Transaction, account_id: int) -> None:
    """Let one transaction at a time write sealed texts, or change formats and keys, while the account upgrades."""
    await tx.lock(f"vault:{account_id}")


def by(who: Principal) -> dict[str, Any]:
    """Return what an event's data say under `by`: the kind of credential, and which."""
    return {"kind": who.kind, "credential": who.credential_uuid}


def only(found: Sequence[Entry], missing: str) -> Entry:
    """
    Return the one entry that was found.

    Raises NotFound with the message *missing* when there is none, and EntryAmbiguous when a name or uuid means
    entries of several identities, which details list.
    """
    if not found:
        raise NotFound(missing)
    if len(found) > 1:
        raise EntryAmbiguous(
            "several identities have an entry of that name",
            details={"identities": [entry.identity_uuid for entry in found]},
            hint="say which identity's is meant: --identity <name>",
        )
    return found[0]


def shared_owner(entries: Sequence[Owned]) -> tuple[int, str] | None:
    """Return the identity (row id, uuid) that all *entries* are of, for an event; None when they are of several."""
    owners = {(entry.identity_id, entry.identity_uuid) for entry in entries}
    return owners.pop() if len(owners) == 1 else None


def check_sealed(name: str, text: str, *prefixes: str) -> None:
    """
    Raise PlaintextRefused unless *text* has the shape of a sealed one, of one of the formats *prefixes* if given.

    Raises Invalid when it is too long. Details name the field *name*.
    """
    if len(text) > LONGEST_FIELD:
        raise invalid(**{name: f"is longer than {LONGEST_FIELD} characters"})
    prefix = next((prefix for prefix in prefixes or _SHORTEST if text.startswith(prefix)), None)
    if prefix is None:
        raise _refused(name, "is not sealed")
    size = _decoded_size(text[len(prefix) :])
    if size is None or size < _SHORTEST[prefix]:
        raise _refused(name, "is not sealed: what follows the prefix is no ciphertext")


def _decoded_size(text: str) -> int | None:
    """Return how many bytes *text* is standard base64 of; None when it is not, or not in the one canonical spelling."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return len(decoded) if base64.b64encode(decoded).decode("ascii") == text else None


def _refused(name: str, reason: str) -> PlaintextRefused:
    return PlaintextRefused(f"{name}: {reason}", details={name: [reason]})
