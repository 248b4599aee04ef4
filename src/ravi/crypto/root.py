"""The account's root key, wrapped for the server to keep."""

from __future__ import annotations

import os

from ravi.crypto import aead
from ravi.crypto import pin as pins
from ravi.crypto.derive import KEY_BYTES
from ravi.crypto.encoding import find_base64
from ravi.errors import VaultPinWrong

PREFIX = "root2::"


def new() -> bytes:
    """A fresh root: 32 random bytes."""
    return os.urandom(KEY_BYTES)


def wrap(root_key: bytes, unlock_key: bytes, *, account_uuid: str, salt: bytes) -> str:
    """*root_key* as the server may hold it, bound to the account and to the salt that the PIN was stretched with."""
    if len(root_key) != KEY_BYTES:
        raise ValueError(f"a root key has {KEY_BYTES} bytes, not {len(root_key)}")
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


def unlock(pin: str, secret_key: bytes, *, account_uuid: str, root_salt: str, wrapped_root: str) -> bytes:
    """
    The root key, from what the owner has and from the metadata as the server holds it (*root_salt* in base64).

    Raises VaultPinWrong, also for metadata that is damaged. Costs one `stretch`.
    """
    salt = find_base64(root_salt)
    if salt is None or len(salt) != pins.SALT_BYTES:
        raise VaultPinWrong("the account's encryption metadata is damaged")
    key = pins.unlock_key(pin, salt, secret_key)
    return unwrap(wrapped_root, key, account_uuid=account_uuid, salt=salt)


def _bound_to(account_uuid: str, salt: bytes) -> bytes:
    return aead.bound_to("ravi/2/root", account_uuid, salt)
