"""The account's root key, wrapped for the server to keep."""

from __future__ import annotations

import os

from ravi.crypto import aead
from ravi.crypto.derive import KEY_BYTES
from ravi.errors import VaultPinWrong

PREFIX = "root2::"


def new() -> bytes:
    """A fresh root: 32 random bytes."""
    return os.urandom(KEY_BYTES)


def wrap(root_key: bytes, unlock_key: bytes, *, account_uuid: str, salt: bytes) -> str:
    """*root_key* as the server may hold it, bound to the account and to the salt that the PIN was stretched with."""
    return PREFIX + aead.seal(unlock_key, root_key, _bound_to(account_uuid, salt))


def unwrap(text: str, unlock_key: bytes, *, account_uuid: str, salt: bytes) -> bytes:
    """
    The root key in *text*.

    Raises VaultPinWrong when it does not open. Nobody can tell why: another PIN, another secret key, another
    account's root, and a flipped bit look the same.
    """
    opened = None
    if text.startswith(PREFIX):
        opened = aead.open_(unlock_key, text[len(PREFIX) :], _bound_to(account_uuid, salt))
    if opened is None or len(opened) != KEY_BYTES:
        raise VaultPinWrong("PIN and recovery code do not fit together")
    return opened


def _bound_to(account_uuid: str, salt: bytes) -> bytes:
    return aead.bound_to("ravi/2/root", account_uuid, salt)
