"""The secret key as a person keeps it: a code of 36 characters, the last four of which catch a typing error."""

from __future__ import annotations

import os

from nacl.bindings.crypto_generichash import generichash_blake2b_salt_personal

from ravi.errors import RecoveryCodeInvalid

SECRET_KEY_BYTES = 20

#: Crockford's base 32: no I, L, O or U, so nothing is read for something else.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_CHARACTERS = 4
_CHARACTERS = SECRET_KEY_BYTES * 8 // 5 + _CHECK_CHARACTERS
_GROUP = 4
#: Without str.upper: of other scripts' letters it makes ones of the alphabet.
_READ_AS = str.maketrans("abcdefghijklmnopqrstuvwxyzILO", "ABCDEFGH1JK1MN0PQRSTUVWXYZ110")
_LEFT_OUT = str.maketrans("", "", "- \t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014")


def new_secret_key() -> bytes:
    """160 random bits that never leave the owner's machines."""
    return os.urandom(SECRET_KEY_BYTES)


def encode(secret_key: bytes) -> str:
    """The recovery code: nine groups of four characters, with dashes between them."""
    if len(secret_key) != SECRET_KEY_BYTES:
        raise ValueError(f"a secret key has {SECRET_KEY_BYTES} bytes, not {len(secret_key)}")
    text = _base32(int.from_bytes(secret_key, "big"), _CHARACTERS - _CHECK_CHARACTERS) + _check(secret_key)
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def decode(code: str) -> bytes:
    """
    The secret key in *code*, however it was grouped, in either case, with I, L and O read as 1, 1 and 0.

    Raises RecoveryCodeInvalid, which says what is wrong and does not repeat the code.
    """
    text = code.translate(_LEFT_OUT).translate(_READ_AS)
    strange = sorted({char for char in text if char not in _ALPHABET})
    if strange:
        shown = ", ".join(repr(char) for char in strange[:5])
        raise RecoveryCodeInvalid(f"the recovery code contains characters that none has: {shown}")
    if len(text) != _CHARACTERS:
        raise RecoveryCodeInvalid(f"the recovery code has {len(text)} characters, not {_CHARACTERS}")
    number = 0
    for char in text[:-_CHECK_CHARACTERS]:
        number = number * 32 + _ALPHABET.index(char)
    secret_key = number.to_bytes(SECRET_KEY_BYTES, "big")
    if _check(secret_key) != text[-_CHECK_CHARACTERS:]:
        raise RecoveryCodeInvalid("the recovery code is mistyped: its last four characters do not fit the others")
    return secret_key


def _check(secret_key: bytes) -> str:
    """The first 20 bits of BLAKE2b-256 of "ravi/2/recovery-code" ‖ 0x00 ‖ *secret_key*."""
    digest = generichash_blake2b_salt_personal(b"ravi/2/recovery-code\0" + secret_key, digest_size=32)
    return _base32(int.from_bytes(digest[:3], "big") >> 4, _CHECK_CHARACTERS)


def _base32(number: int, characters: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(characters)))
