"""What we are compared with is right: the second path against vectors that others published."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ravi.crypto import totp
from tests.support import second_path as second
from tests.support import second_primitives as primitives

SUNSCREEN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)

ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

NACL_NONCE = bytes.fromhex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
NACL_MESSAGE = bytes.fromhex(
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c6129"
    "6cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde"
    "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705"
)
NACL_BOX = (
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a"
    "c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae"
    "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74"
    "e355a5"
)

#: RFC 6238 appendix B: time, then the codes of eight digits with SHA-1, SHA-256 and SHA-512.
RFC_6238 = """\
59          94287082 46119246 90693936
1111111109  07081804 68084774 25091201
1111111111  14050471 67062674 99943326
1234567890  89005924 91819424 93441116
2000000000  69279037 90698825 38618901
20000000000 65353130 77737706 47863826
"""
CODES = [
    pytest.param(algorithm, size, int(time), code, id=f"{algorithm} at {time}")
    for time, *codes in (line.split() for line in RFC_6238.splitlines())
    for (algorithm, size), code in zip((("SHA1", 20), ("SHA256", 32), ("SHA512", 64)), codes, strict=True)
]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_blake2b_is_that_of_rfc_7693() -> None:
    """Appendix A, and the first keyed vector of the reference implementation."""
    abc = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    keyed = "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"

    assert primitives.blake2b(b"abc", size=64).hex()[:64] == abc
    assert primitives.blake2b(b"", size=64, key=bytes(range(64))).hex()[:64] == keyed


def test_argon2id_is_that_of_rfc_9106() -> None:
    """Section 5.3. It has four lanes, a secret and associated data, so this is the library under ours."""
    argon2 = Argon2id(
        salt=b"\x02" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\x04" * 12, secret=b"\x03" * 8
    )

    found = argon2.derive(b"\x01" * 32).hex()

    assert found == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_hchacha20_is_that_of_the_draft() -> None:
    """draft-irtf-cfrg-xchacha-03 section 2.2.1."""
    found = primitives.hchacha20(bytes(range(32)), unhex("000000090000004a0000000031415927"))

    assert found.hex() == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"


def test_chacha20_poly1305_is_that_of_rfc_8439() -> None:
    """Section 2.8.2."""
    key, additional = bytes(range(0x80, 0xA0)), unhex("50515253c0c1c2c3c4c5c6c7")
    sealed = ChaCha20Poly1305(key).encrypt(unhex("070000004041424344454647"), SUNSCREEN, additional)

    assert sealed[:16].hex() == "d31a8d34648e60db7b86afbc53ef7ec2"
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"


def test_xchacha20_poly1305_is_that_of_the_draft() -> None:
    """Appendix A.3.1."""
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    additional = unhex("50515253c0c1c2c3c4c5c6c7")
    sealed = primitives.xchacha20_poly1305_seal(key, nonce, SUNSCREEN, additional)

    assert sealed[:16].hex() == "bd6d179d3e83d43b9576579493c0e939"
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert primitives.xchacha20_poly1305_open(key, nonce, sealed, additional) == SUNSCREEN


def test_x25519_is_that_of_rfc_7748() -> None:
    """Section 6.1."""
    assert primitives.x25519_public(ALICE).hex() == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert primitives.x25519(BOB, primitives.x25519_public(ALICE)).hex() == SHARED
    assert primitives.x25519(ALICE, primitives.x25519_public(BOB)).hex() == SHARED


def test_the_salsa20_family_is_that_of_nacl() -> None:
    """The example of "Cryptography in NaCl": from those two keys to a box."""
    key = primitives.hsalsa20(unhex(SHARED), bytes(16))
    sealed = primitives.xsalsa20_poly1305_seal(key, NACL_NONCE, NACL_MESSAGE)

    assert key.hex() == "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"
    assert sealed.hex() == NACL_BOX
    assert primitives.xsalsa20_poly1305_open(key, NACL_NONCE, sealed) == NACL_MESSAGE


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 64, 1000])
def test_what_the_second_path_seals_it_opens_and_nothing_that_was_changed(size: int) -> None:
    key, nonce, secret = bytes(range(32)), bytes(range(24)), primitives.box_secret(b"s" * 32)
    text = hashlib.shake_128(b"text").digest(size)
    sealed = primitives.xchacha20_poly1305_seal(key, nonce, text, b"here")
    box = primitives.sealed_box(text, primitives.x25519_public(secret), ephemeral_secret=bytes(range(1, 33)))

    assert primitives.xchacha20_poly1305_open(key, nonce, sealed, b"here") == text
    assert primitives.sealed_box_open(box, secret) == text
    with pytest.raises(primitives.Mismatch):
        primitives.xchacha20_poly1305_open(key, nonce, sealed, b"there")
    with pytest.raises(primitives.Mismatch):
        primitives.sealed_box_open(box[:-1] + bytes([box[-1] ^ 1]), secret)


@pytest.mark.parametrize(("algorithm", "size", "time", "code"), CODES)
def test_codes_are_those_of_rfc_6238(algorithm: str, size: int, time: int, code: str) -> None:
    secret = (b"1234567890" * 7)[:size]
    seed = totp.Seed(secret, algorithm=algorithm, digits=8)

    assert seed.code(time) == code
    assert second.totp_code(secret, algorithm, 8, 30, time) == code
    for digits in (6, 7):
        assert totp.Seed(secret, algorithm=algorithm, digits=digits).code(time) == code[-digits:]


def test_its_base64_is_the_canonical_one() -> None:
    for data in (b"", b"f", b"fo", b"foo", bytes(range(256))):
        assert second.decode(base64.b64encode(data).decode()) == data
    for text in ("Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm-_", "Zm9v=", "====", "é===", "Zm9vZg==Zg=="):
        with pytest.raises(second.Refused):
            second.decode(text)
