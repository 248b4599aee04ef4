"""From a PIN and a secret key to the key that opens the root. Costs 64 MiB and 0.1 s, once per unlocking."""

from __future__ import annotations

import unicodedata

from nacl.bindings.crypto_pwhash import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13
from nacl.exceptions import CryptoError

from ravi.crypto.derive import KEY_BYTES, derive
from ravi.crypto.encoding import find_utf8
from ravi.crypto.recovery import SECRET_KEY_BYTES
from ravi.errors import VaultError, VaultPinWrong

SALT_BYTES = 16
MIN_PIN_CHARACTERS = 6

#: Fixed by the format on purpose: a server that could name cheaper ones could have the PIN guessed.
_PASSES = 3
_MEMORY_BYTES = 64 * 1024 * 1024


def stretch(pin: str, salt: bytes) -> bytes:
    """
    Argon2id (RFC 9106) of *pin* in UTF-8, NFC: 3 passes, 64 MiB, 1 lane; 32 bytes. *salt* has 16 bytes.

    Raises VaultPinWrong for a PIN that has no UTF-8, and VaultError where the memory cannot be had.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    password = find_utf8(unicodedata.normalize("NFC", pin))
    if password is None:
        raise VaultPinWrong("the PIN is not text")
    try:
        stretched: bytes = crypto_pwhash_alg(
            KEY_BYTES, password, salt, _PASSES, _MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13
        )
    except CryptoError:
        raise VaultError(
            f"there is too little memory to check the PIN, which takes {_MEMORY_BYTES >> 20} MiB",
            hint="raise the memory limit of this process or container",
        ) from None
    return stretched


def unlock_key(pin: str, salt: bytes, secret_key: bytes) -> bytes:
    """The key that wraps the root. Neither the PIN nor the *secret_key* (20 bytes) alone is of any use."""
    if len(secret_key) != SECRET_KEY_BYTES:
        raise ValueError(f"a secret key has {SECRET_KEY_BYTES} bytes, not {len(secret_key)}")
    return derive(stretch(pin, salt), "unlock", secret_key)


def find_fault(pin: str) -> str | None:
    """What is wrong with *pin* as a new one, worded for its owner; None when nothing is."""
    if len(unicodedata.normalize("NFC", pin)) < MIN_PIN_CHARACTERS:
        return f"the PIN is shorter than {MIN_PIN_CHARACTERS} characters"
    if pin != pin.strip():
        return "the PIN begins or ends with a blank"
    categories = {unicodedata.category(char) for char in pin}
    if categories & {"Cc", "Cs"}:
        return "the PIN contains a control character"
    if "Cn" in categories:  # a later Unicode may compose it with its neighbour, and NFC give other bytes than today
        return "the PIN contains a character that Unicode does not know yet"
    return None
