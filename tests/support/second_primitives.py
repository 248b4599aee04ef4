"""
The vault's primitives without libsodium: hashlib, OpenSSL (through `cryptography`), and the two cores that it lacks.

XChaCha20-Poly1305 and NaCl's sealed box are put together here from their descriptions, slowly and in the open, so
that what the tests compare with shares no code with what they test. `tests/unit/crypto/test_second_path.py` holds
all of it against the vectors of the RFCs and of NaCl.
"""

import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.poly1305 import Poly1305

_CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")


class Mismatch(Exception):
    """An authentication tag is not the right one."""


def blake2b(message: bytes, *, size: int, key: bytes = b"") -> bytes:
    """RFC 7693."""
    return hashlib.blake2b(message, digest_size=size, key=key).digest()


def argon2id(password: bytes, salt: bytes, *, passes: int, kibibytes: int, size: int) -> bytes:
    """RFC 9106, one lane."""
    return Argon2id(salt=salt, length=size, iterations=passes, lanes=1, memory_cost=kibibytes).derive(password)


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """draft-irtf-cfrg-xchacha-03 section 2.2: 32 bytes of *key* and 16 of *nonce* to a subkey."""
    state = [*_CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)]

    def quarter(a: int, b: int, c: int, d: int) -> None:
        for into, added, turned, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[into] = (state[into] + state[added]) & 0xFFFFFFFF
            state[turned] = _rotated(state[turned] ^ state[into], by)

    for _ in range(10):
        for at in range(4):
            quarter(at, at + 4, at + 8, at + 12)
        for at in range(4):
            quarter(at, (at + 1) % 4 + 4, (at + 2) % 4 + 8, (at + 3) % 4 + 12)
    return struct.pack("<8I", *state[:4], *state[12:])


def xchacha20_poly1305_seal(key: bytes, nonce: bytes, plaintext: bytes, additional: bytes) -> bytes:
    """The draft's section 2: HChaCha20 of the first 16 bytes of *nonce*, then RFC 8439 with the other 8."""
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], plaintext, additional)


def xchacha20_poly1305_open(key: bytes, nonce: bytes, sealed: bytes, additional: bytes) -> bytes:
    """The inverse. Raises Mismatch."""
    try:
        return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], sealed, additional)
    except InvalidTag:
        raise Mismatch from None


def box_secret(seed: bytes) -> bytes:
    """NaCl's X25519 secret of a seed: the first half of SHA-512, unclamped (X25519 clamps it)."""
    return hashlib.sha512(seed).digest()[:32]


def x25519_public(secret: bytes) -> bytes:
    """RFC 7748."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def x25519(secret: bytes, public: bytes) -> bytes:
    """RFC 7748."""
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def sealed_box(plaintext: bytes, public: bytes, *, ephemeral_secret: bytes) -> bytes:
    """libsodium's crypto_box_seal with a given ephemeral secret: public half ‖ tag ‖ ciphertext."""
    ephemeral = x25519_public(ephemeral_secret)
    key, nonce = _box_key(x25519(ephemeral_secret, public)), blake2b(ephemeral + public, size=24)
    return ephemeral + xsalsa20_poly1305_seal(key, nonce, plaintext)


def sealed_box_open(box: bytes, secret: bytes) -> bytes:
    """The inverse. Raises Mismatch, also for fewer than 48 bytes."""
    if len(box) < 48:
        raise Mismatch
    try:
        shared = x25519(secret, box[:32])
    except ValueError:  # a point of small order; libsodium refuses it, too
        raise Mismatch from None
    nonce = blake2b(box[:32] + x25519_public(secret), size=24)
    return xsalsa20_poly1305_open(_box_key(shared), nonce, box[32:])


def xsalsa20_poly1305_seal(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """NaCl's crypto_secretbox: tag ‖ ciphertext."""
    stream = _xsalsa20(key, nonce, 32 + len(plaintext))
    ciphertext = _xored(plaintext, stream[32:])
    return Poly1305.generate_tag(stream[:32], ciphertext) + ciphertext


def xsalsa20_poly1305_open(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """The inverse. Raises Mismatch."""
    tag, ciphertext = sealed[:16], sealed[16:]
    stream = _xsalsa20(key, nonce, 32 + len(ciphertext))
    if not hmac.compare_digest(Poly1305.generate_tag(stream[:32], ciphertext), tag):
        raise Mismatch
    return _xored(ciphertext, stream[32:])


def hsalsa20(key: bytes, block: bytes) -> bytes:
    """Bernstein, "Extending the Salsa20 nonce", section 2: 32 bytes of *key* and 16 of *block* to a subkey."""
    state = _salsa20_state(key, block)
    _salsa20_rounds(state)
    return struct.pack("<8I", *(state[at] for at in (0, 5, 10, 15, 6, 7, 8, 9)))


def _box_key(shared: bytes) -> bytes:
    return hsalsa20(shared, bytes(16))


def _xsalsa20(key: bytes, nonce: bytes, size: int) -> bytes:
    subkey = hsalsa20(key, nonce[:16])
    return b"".join(_salsa20_block(subkey, nonce[16:], counter) for counter in range(-(-size // 64)))[:size]


def _salsa20_block(key: bytes, nonce: bytes, counter: int) -> bytes:
    before = _salsa20_state(key, nonce + counter.to_bytes(8, "little"))
    after = list(before)
    _salsa20_rounds(after)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(before, after, strict=True)))


def _salsa20_state(key: bytes, block: bytes) -> list[int]:
    k, b, c = struct.unpack("<8I", key), struct.unpack("<4I", block), _CONSTANTS
    return [c[0], *k[:4], c[1], *b, c[2], *k[4:], c[3]]


def _salsa20_rounds(state: list[int]) -> None:
    for _ in range(10):
        for at in range(4):  # columns, each from its diagonal on
            _salsa20_quarter(state, [(5 * at + 4 * step) % 16 for step in range(4)])
        for at in range(4):  # rows, each from its diagonal on
            _salsa20_quarter(state, [4 * at + (at + step) % 4 for step in range(4)])


def _salsa20_quarter(state: list[int], places: list[int]) -> None:
    for step, by in enumerate((7, 9, 13, 18)):
        total = state[places[step]] + state[places[(step + 3) % 4]]
        state[places[(step + 1) % 4]] ^= _rotated(total & 0xFFFFFFFF, by)


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & 0xFFFFFFFF


def _xored(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
