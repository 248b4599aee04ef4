"""One sealed field of one entry: the format that the server stores and cannot read."""

from __future__ import annotations

from ravi.crypto import aead
from ravi.crypto.encoding import find_text, find_utf8, is_uuid
from ravi.errors import UsageError, VaultUnreadable

PREFIX = "e2e2::"

_MAX_SHOWN = 80


def seal(vault_key: bytes, uuid: str, kind: str, entry: str, field: str, text: str) -> str:
    """
    *text*, sealed for one place: the identity *uuid*, the *kind* of entry, the *entry*, and its *field*.

    *entry* is the KEY of a secret, and the uuid of a password or a TOTP. Opened anywhere else it fails. Raises
    UsageError for a text that has no UTF-8, such as an argument of the command line in another encoding.
    """
    if not is_uuid(uuid):
        raise ValueError("an identity is named by its uuid in lower case")  # in upper case nobody would open it again
    plaintext = find_utf8(text)
    if plaintext is None:
        raise UsageError(f"{_place(kind, entry, field)} is not text in UTF-8")
    return PREFIX + aead.seal(vault_key, plaintext, _bound_to(uuid, kind, entry, field))


def open_(vault_key: bytes, uuid: str, kind: str, entry: str, field: str, sealed: str) -> str:
    """
    What was sealed for exactly this place. Raises VaultUnreadable.

    Without the prefix *sealed* is refused before it is looked at: what is not sealed must never pass as opened,
    and an old value that the server puts in place of a new one is such a text.
    """
    if not sealed.startswith(PREFIX):
        what = "is empty" if not sealed else "is not sealed in the present format"
        raise VaultUnreadable(f"{_place(kind, entry, field)} {what}, so it is not shown")
    opened = aead.open_(vault_key, sealed[len(PREFIX) :], _bound_to(uuid, kind, entry, field))
    if opened is None:
        raise VaultUnreadable(f"{_place(kind, entry, field)} does not open with this identity's key")
    text = find_text(opened)
    if text is None:
        raise VaultUnreadable(f"{_place(kind, entry, field)} opened, and is not text")
    return text


def _bound_to(uuid: str, kind: str, entry: str, field: str) -> bytes:
    return aead.bound_to("ravi/2/field", uuid, kind, entry, field)


def _place(kind: str, entry: str, field: str) -> str:
    """For messages. The server names entries, so what cannot be in a KEY or a uuid is not repeated."""
    shown = "".join(char if " " <= char <= "~" else "?" for char in entry[:_MAX_SHOWN])
    return f"{kind} {shown}: {field}"
