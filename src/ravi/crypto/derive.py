"""The key schedule: every key is BLAKE2b of the one above it, a label, and what it is for."""

from __future__ import annotations

from nacl.bindings import crypto_box_seed_keypair
from nacl.bindings.crypto_generichash import generichash_blake2b_salt_personal

from ravi.crypto.encoding import is_uuid
from ravi.errors import VaultUnreadable

KEY_BYTES = 32


def derive(key: bytes, label: str, context: bytes = b"") -> bytes:
    """
    BLAKE2b-256 (RFC 7693), keyed with the 32 bytes *key*, of "ravi/2/" ‖ *label* ‖ 0x00 ‖ *context*.

    One-way: nobody gets from a derived key to *key*, or to one with another label or context. *label* is ASCII
    without NUL, so that no two pairs of label and context make the same message.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    if "\0" in label:
        raise ValueError("a label has no NUL")
    message = b"ravi/2/" + label.encode("ascii") + b"\0" + context
    digest: bytes = generichash_blake2b_salt_personal(message, digest_size=KEY_BYTES, key=key)
    return digest


def identity_key(root_key: bytes, uuid: str) -> bytes:
    """
    The key of the identity *uuid* (lower-case text with dashes): all that one workspace needs, and no more.

    Raises VaultUnreadable for any other text: it came from the server, and the key would be nobody's.
    """
    if not is_uuid(uuid):
        raise VaultUnreadable("the identity is named by something that is no uuid in lower case")
    return derive(root_key, "identity", uuid.encode("ascii"))


def vault_key(identity_key: bytes) -> bytes:
    """The key that seals an identity's fields."""
    return derive(identity_key, "vault")


def public_key(identity_key: bytes) -> bytes:
    """The public half (32 bytes) of an identity's X25519 pair; the server knows an identity's key by it."""
    public, _ = crypto_box_seed_keypair(derive(identity_key, "box"))
    return bytes(public)
