"""What the published client v0.5.2 wrote opens, with its own checks, and nothing here can write it."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from ravi.crypto import legacy
from ravi.errors import VaultPinWrong

SOURCES = sorted((Path(__file__).resolve().parents[3] / "src" / "ravi").rglob("*.py"))


class Account:
    """An account as the published client sets it up, made with PyNaCl's own classes."""

    def __init__(self, seed: bytes, salt: bytes = bytes(16)) -> None:
        self.seed = seed
        self.key = PrivateKey.from_seed(seed)
        self.meta = {
            "salt": b64(salt),
            "verifier": b64(self.sealed(b"ravi-e2e-verify")),
            "public_key": b64(bytes(self.key.public_key)),
        }

    def sealed(self, text: bytes) -> bytes:
        return SealedBox(self.key.public_key).encrypt(text)

    def field(self, text: str) -> str:
        return "e2e::" + b64(self.sealed(text.encode()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


#: The seed of PIN 123456 with a salt of zeros.
SEED = bytes.fromhex("0b96de1459ef98f53394a55e5589fe75d1a18b422cc5de1ce217d0b29ddd39a0")
ACCOUNT = Account(SEED)


def test_the_pin_gives_the_seed_when_verifier_and_public_key_agree() -> None:
    assert legacy.seed("123456", **ACCOUNT.meta) == SEED


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=300))
def test_what_the_published_client_sealed_opens(text: str) -> None:
    assert legacy.open_(SEED, ACCOUNT.field(text)) == text


def test_a_text_of_the_largest_field_opens() -> None:
    text = "é" * 40_000

    assert legacy.open_(SEED, ACCOUNT.field(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "AAAA", "e2e2::AAAA", "E2E::AAAA", "e2e:", "e2e::", "e2e::AAAA"])
def test_what_is_not_of_the_format_is_not_opened(text: str) -> None:
    assert legacy.open_(SEED, text) is None


def test_bytes_without_the_prefix_do_not_open_although_they_are_a_box() -> None:
    whole = ACCOUNT.field("text")

    assert legacy.open_(SEED, whole.removeprefix("e2e::")) is None


def test_every_single_bit_and_every_truncation_of_a_box_counts() -> None:
    box = ACCOUNT.sealed(b"a value")
    broken = [box[:size] for size in range(len(box))]
    for bit in range(len(box) * 8):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        broken.append(bytes(changed))

    assert [each for each in broken if legacy.open_(SEED, "e2e::" + b64(each)) is not None] == []


def test_another_accounts_box_and_bytes_that_are_no_text_do_not_open() -> None:
    assert legacy.open_(SEED, Account(bytes(32)).field("text")) is None
    assert legacy.open_(SEED, "e2e::" + b64(ACCOUNT.sealed(b"\xff"))) is None


@pytest.mark.parametrize("pin", ["123457", "", "1234567", "\uff11\uff12\uff13\uff14\uff15\uff16", "12345\udcff"])
def test_a_wrong_pin_is_one(pin: str) -> None:
    with pytest.raises(VaultPinWrong, match="PIN"):
        legacy.seed(pin, **ACCOUNT.meta)


WRONG_META = {
    "another public key": ("public_key", b64(bytes(32))),
    "the public key without padding": ("public_key", ACCOUNT.meta["public_key"].rstrip("=")),
    "no public key": ("public_key", ""),
    "half of a surrogate pair for a public key": ("public_key", "\ud800"),
    "a longer proof": ("verifier", b64(ACCOUNT.sealed(b"ravi-e2e-verify\0"))),
    "an empty proof": ("verifier", b64(ACCOUNT.sealed(b""))),
    "a proof for another key": ("verifier", b64(Account(bytes(32)).sealed(b"ravi-e2e-verify"))),
    "a proof of zeros": ("verifier", b64(bytes(63))),
    "no proof": ("verifier", ""),
    "another salt": ("salt", b64(bytes(15) + b"\x01")),
}


@pytest.mark.parametrize(("name", "value"), WRONG_META.values(), ids=WRONG_META)
def test_verifier_and_public_key_are_both_checked(name: str, value: str) -> None:
    with pytest.raises(VaultPinWrong, match="the PIN is wrong"):
        legacy.seed("123456", **{**ACCOUNT.meta, name: value})


@pytest.mark.parametrize("name", ["salt", "verifier"])
@pytest.mark.parametrize(
    "value", ["%", "AAA", "AAAA\n", "é", "\ud800", "\0", "A" * 1_000_001], ids=lambda v: repr(v[:5])
)
def test_metadata_that_the_server_damaged_is_no_crash(name: str, value: str) -> None:
    with pytest.raises(VaultPinWrong, match="damaged"):
        legacy.seed("123456", **{**ACCOUNT.meta, name: value})


@pytest.mark.parametrize("size", [0, 15, 17])
def test_neither_is_a_salt_of_another_length(size: int) -> None:
    with pytest.raises(VaultPinWrong, match="damaged"):
        legacy.seed("123456", **{**ACCOUNT.meta, "salt": b64(bytes(size))})


def test_the_root_of_such_an_account_is_not_its_seed() -> None:
    found = {SEED, legacy.root_key(SEED), legacy.root_key(bytes(32))}

    assert len(found) == 3
    assert {len(each) for each in found} == {32}


def test_the_module_only_opens() -> None:
    public = {name for name in vars(legacy) if not name.startswith("_")}
    ours = {name for name in public if getattr(getattr(legacy, name), "__module__", "") == legacy.__name__}

    assert ours == {"seed", "root_key", "open_"}


def test_nothing_in_the_program_can_seal_in_the_old_format() -> None:
    """Neither libsodium's call nor PyNaCl's class that make sealed boxes, nor the boxes that they are made of."""
    sealing = re.compile(r"crypto_box_seal(?!_open)|crypto_box_easy|crypto_box\b|SealedBox|nacl\.public")
    found = {str(path): sealing.findall(path.read_text(encoding="utf-8")) for path in SOURCES}

    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}
    assert sealing.search("from nacl.bindings import crypto_box_seal\n")
