"""One sealed field of one entry: the format that the server stores and cannot read."""

from __future__ import annotations

from ravi.crypto import aead
from ravi.errors import VaultUnreadable

PREFIX = "e2e2::"

SECRET = "secret"  # noqa: S105 - a kind of entry
PASSWORD = "password"  # noqa: S105 - a kind of entry
TOTP = "totp"


def seal(vault_key: bytes, uuid: str, kind: str, entry: str, field: str, text: str) -> str:
    """
    *text*, sealed for one place: the identity *uuid*, the *kind* of entry, the *entry*, and its *field*.

    *entry* is the KEY of a secret, and the uuid of a password or a TOTP. Opened anywhere else it fails.
    """
    return PREFIX + aead.seal(vault_key, text.encode("utf-8"), _bound_to(uuid, kind, entry, field))


def open_(vault_key: bytes, uuid: str, kind: str, entry: str, field: str, sealed: str) -> str:
    """
    What was sealed for exactly this place. Raises VaultUnreadable.

    Without the prefix *sealed* is refused before it is looked at: what is not sealed must never pass as opened,
    and an old value that the server puts in place of a new one is such a text.
    """
    place = f"{kind} {entry}: {field}"
    if not sealed.startswith(PREFIX):
        what = "is empty" if not sealed else "is not sealed in the present format"
        raise VaultUnreadable(f"{place} {what}, so it is not shown")
    opened = aead.open_(vault_key, sealed[len(PREFIX) :], _bound_to(uuid, kind, entry, field))
    if opened is None:
        raise VaultUnreadable(f"{place} does not open with this identity's key")
    try:
        return opened.decode("utf-8")
    except UnicodeDecodeError:
        raise VaultUnreadable(f"{place} opened, and is not text") from None


def _bound_to(uuid: str, kind: str, entry: str, field: str) -> bytes:
    return aead.bound_to("ravi/2/field", uuid, kind, entry, field)
