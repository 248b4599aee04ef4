"""XChaCha20-Poly1305 with a random nonce, and the unambiguous way to write what a ciphertext is bound to."""

from __future__ import annotations

import os

from nacl.bindings.crypto_aead import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from ravi.crypto.derive import KEY_BYTES
from ravi.crypto.encoding import find_base64, to_base64

_NONCE_BYTES = 24
_TAG_BYTES = 16


def bound_to(*parts: str | bytes) -> bytes:
    """Additional data: each part after its length in 4 bytes, big-endian, so that no two lists read alike."""
    # surrogatepass: a server can name a place that has no UTF-8. It gets bytes that nothing was sealed for.
    encoded = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: bytes, plaintext: bytes, additional: bytes) -> str:
    """Standard base64, padded, of nonce ‖ ciphertext ‖ tag. The nonce is random: 192 bits never meet again."""
    _check(key)
    nonce = os.urandom(_NONCE_BYTES)
    return to_base64(nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, additional, nonce, key))


def open_(key: bytes, text: str, additional: bytes) -> bytes | None:
    """The plaintext; None when *text* is no base64 of such bytes, or was not sealed with *key* for *additional*."""
    _check(key)
    sealed = find_base64(text)
    if sealed is None or len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        return None
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, additional, nonce, key))
    except CryptoError:
        return None


def _check(key: bytes) -> None:
    # libsodium's binding reports a key of another length as a CryptoError, which would read as "does not open".
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
