"""
Reading what the published client v0.5.2 wrote: sealed boxes under a key that is made of the PIN alone.

Whoever holds the server's database can try every PIN against it, which is why nothing here seals. An account in
this state works, and `ravi vault upgrade` ends it.
"""

from __future__ import annotations

from nacl.bindings import crypto_box_seal_open, crypto_box_seed_keypair
from nacl.exceptions import CryptoError

from ravi.crypto.derive import derive
from ravi.crypto.encoding import find_base64, find_text, to_base64
from ravi.crypto.pin import SALT_BYTES, stretch
from ravi.errors import VaultPinWrong

PREFIX = "e2e::"
_VERIFIED = b"ravi-e2e-verify"


def seed(pin: str, *, salt: str, verifier: str, public_key: str) -> bytes:
    """
    The seed (32 bytes) of the account's pair, from the metadata as the server holds it, all standard base64.

    Raises VaultPinWrong unless the *verifier* opens and the *public_key* is the seed's: the check of the published
    client, which only knows PINs of six digits.
    """
    salted, proof = find_base64(salt), find_base64(verifier)
    if salted is None or len(salted) != SALT_BYTES or proof is None:
        raise VaultPinWrong("the account's encryption metadata is damaged")
    found = stretch(pin, salted)
    public, _ = crypto_box_seed_keypair(found)
    if to_base64(public) != public_key or _open(found, proof) != _VERIFIED:
        raise VaultPinWrong("the PIN is wrong")
    return found


def root_key(seed: bytes) -> bytes:
    """The root of an account that was set up by the published client, until it is upgraded."""
    return derive(seed, "v1-root")


def open_(seed: bytes, sealed: str) -> str | None:
    """
    The text in a field of the old format; None when it has not its prefix or does not open.

    That it opens says nothing about who wrote it, or for which entry: the server can seal boxes, too.
    """
    box = find_base64(sealed[len(PREFIX) :]) if sealed.startswith(PREFIX) else None
    opened = None if box is None else _open(seed, box)
    return None if opened is None else find_text(opened)


def _open(seed: bytes, box: bytes) -> bytes | None:
    public, secret = crypto_box_seed_keypair(seed)
    try:
        return bytes(crypto_box_seal_open(box, public, secret))
    except CryptoError:  # also what the binding raises for bytes that are shorter than a sealed box
        return None
