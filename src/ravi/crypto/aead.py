"""XChaCha20-Poly1305 with a random nonce, and the unambiguous way to write what a ciphertext is bound to."""

from __future__ import annotations

import base64
import binascii
import os

from nacl.bindings.crypto_aead import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

_NONCE_BYTES = 24
_TAG_BYTES = 16


def bound_to(*parts: str | bytes) -> bytes:
    """Additional data: each part after its length in 4 bytes, big-endian, so that no two lists read alike."""
    encoded = [part.encode("utf-8") if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: bytes, plaintext: bytes, additional: bytes) -> str:
    """Standard base64, padded, of nonce ‖ ciphertext ‖ tag. The nonce is random: 192 bits never meet again."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, additional, nonce, key)
    return base64.b64encode(nonce + sealed).decode("ascii")


def open_(key: bytes, text: str, additional: bytes) -> bytes | None:
    """The plaintext; None when *text* is no base64 of such bytes, or was not sealed with *key* for *additional*."""
    try:
        sealed = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES or base64.b64encode(sealed).decode("ascii") != text:
        return None  # also other spellings of the same bytes: one value, one text
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, additional, nonce, key))
    except CryptoError:
        return None
