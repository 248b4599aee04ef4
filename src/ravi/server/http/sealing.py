"""
Sealing under a secret that only the client holds.

An answer that must be readable again for a minute contains tokens; sealed like this, the database that keeps it
cannot read it, because it holds only a hash of the secret.
"""

import hashlib

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox


def seal(secret: str, data: bytes) -> bytes:
    """Return *data* readable only with *secret*, which must have at least 128 random bits."""
    return bytes(_box(secret).encrypt(data))


def unseal(secret: str, sealed: bytes) -> bytes:
    """Return what was sealed. Raises ValueError when *secret* is another one or the bytes were changed."""
    try:
        return _box(secret).decrypt(sealed)
    except CryptoError as error:
        raise ValueError("the sealed answer does not open") from error


def _box(secret: str) -> SecretBox:
    return SecretBox(hashlib.sha256(b"ravi/sealed-answer\0" + secret.encode()).digest())
