"""
Reading what the published client v0.5.2 wrote: sealed boxes under a key that is made of the PIN alone.

Whoever holds the server's database can try every PIN against it, which is why nothing here seals. An account in
this state works, and `ravi vault upgrade` ends it.
"""

from __future__ import annotations

import base64
import binascii

from nacl.bindings import crypto_box_seal_open, crypto_box_seed_keypair
from nacl.exceptions import CryptoError

from ravi.crypto.derive import derive
from ravi.crypto.pin import stretch
from ravi.errors import VaultPinWrong

PREFIX = "e2e::"
_VERIFIED = b"ravi-e2e-verify"


def seed(pin: str, *, salt: str, verifier: str, public_key: str) -> bytes:
    """
    The seed (32 bytes) of the account's pair, from the metadata as the server holds it, all standard base64.

    Raises VaultPinWrong unless the *verifier* opens and the *public_key* is the seed's: the check of the published
    client, which only knows PINs of six digits.
    """
    try:
        found = stretch(pin, base64.b64decode(salt, validate=True))
        proof = base64.b64decode(verifier, validate=True)
    except (binascii.Error, ValueError):
        raise VaultPinWrong("the account's encryption metadata is damaged") from None
    public, _ = crypto_box_seed_keypair(found)
    if base64.b64encode(public).decode("ascii") != public_key or _open(found, proof) != _VERIFIED:
        raise VaultPinWrong("the PIN is wrong")
    return found


def root_key(seed: bytes) -> bytes:
    """The root of an account that was set up by the published client, until it is upgraded."""
    return derive(seed, "v1-root")


def open_(seed: bytes, sealed: str) -> str | None:
    """The text in a field of the old format; None when it does not open."""
    try:
        box = base64.b64decode(sealed.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    opened = _open(seed, box)
    try:
        return None if opened is None else opened.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _open(seed: bytes, box: bytes) -> bytes | None:
    public, secret = crypto_box_seed_keypair(seed)
    try:
        return bytes(crypto_box_seal_open(box, public, secret))
    except (CryptoError, TypeError):  # TypeError: shorter than a sealed box is
        return None
