"""From a PIN and a secret key to the key that opens the root. Costs 64 MiB and 0.1 s, once per unlocking."""

from __future__ import annotations

import unicodedata

from nacl.bindings.crypto_pwhash import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from ravi.crypto.derive import KEY_BYTES, derive

SALT_BYTES = 16
MIN_PIN_CHARACTERS = 6

#: Fixed by the format on purpose: a server that could name cheaper ones could have the PIN guessed.
_PASSES = 3
_MEMORY_BYTES = 64 * 1024 * 1024


def stretch(pin: str, salt: bytes) -> bytes:
    """Argon2id (RFC 9106) of *pin* in UTF-8, NFC: 3 passes, 64 MiB, 1 lane; 32 bytes. *salt* has 16 bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    password = unicodedata.normalize("NFC", pin).encode("utf-8")
    stretched: bytes = crypto_pwhash_alg(
        KEY_BYTES, password, salt, _PASSES, _MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13
    )
    return stretched


def unlock_key(pin: str, salt: bytes, secret_key: bytes) -> bytes:
    """The key that wraps the root. Neither the PIN nor the *secret_key* (20 bytes) alone is of any use."""
    return derive(stretch(pin, salt), "unlock", secret_key)


def find_fault(pin: str) -> str | None:
    """What is wrong with *pin* as a new one, worded for its owner; None when nothing is."""
    if len(unicodedata.normalize("NFC", pin)) < MIN_PIN_CHARACTERS:
        return f"the PIN is shorter than {MIN_PIN_CHARACTERS} characters"
    if pin != pin.strip():
        return "the PIN begins or ends with a blank"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in pin):
        return "the PIN contains a control character"
    return None
