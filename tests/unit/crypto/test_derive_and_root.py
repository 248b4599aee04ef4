"""The key schedule goes one way, and the wrapped root belongs to one account."""

import base64
import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.crypto import derive, pin, recovery, root
from ravi.errors import VaultPinWrong, VaultUnreadable

ACCOUNT = "0d9b3c6e-41fa-4b7c-8e25-6a7f1c0d2e93"
ALICE = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b"
BOB = "c2a91f37-08b4-4e6d-a5c3-90d1e7f2b846"
SALT = bytes(range(16))
MANY = settings(max_examples=200, deadline=None)
KEYS = st.binary(min_size=32, max_size=32)
LABELS = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=12)


@MANY
@given(key=KEYS, label=LABELS, context=st.binary(max_size=40))
def test_derive_is_keyed_blake2b_of_label_and_context(key: bytes, label: str, context: bytes) -> None:
    message = b"ravi/2/" + label.encode() + b"\0" + context

    assert derive.derive(key, label, context) == hashlib.blake2b(message, key=key, digest_size=32).digest()


@MANY
@given(one=st.tuples(LABELS, st.binary(max_size=12)), other=st.tuples(LABELS, st.binary(max_size=12)))
def test_no_two_pairs_of_label_and_context_share_a_key(one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
    key = bytes(32)

    assert (derive.derive(key, *one) == derive.derive(key, *other)) is (one == other)


def test_a_label_with_nul_which_could_pass_for_another_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        derive.derive(bytes(32), "identity\0x")
    with pytest.raises(UnicodeEncodeError):
        derive.derive(bytes(32), "identité")


def test_all_keys_of_an_account_differ() -> None:
    key = os.urandom(32)
    mine, theirs = derive.identity_key(key, ALICE), derive.identity_key(key, BOB)
    found = [key, mine, theirs]
    for each in (mine, theirs):
        found += [derive.vault_key(each), derive.derive(each, "box"), derive.public_key(each)]

    assert len(set(found)) == len(found)
    assert {len(each) for each in found} == {32}


@pytest.mark.parametrize("uuid", ["", ALICE.upper(), "é" * 36, "\ud800", ALICE + " ", "0" * 100_000])
def test_an_identity_that_a_server_names_by_something_else_gets_no_key(uuid: str) -> None:
    with pytest.raises(VaultUnreadable) as caught:
        derive.identity_key(bytes(32), uuid)

    assert len(caught.value.message) < 100


def test_a_root_comes_back_from_what_the_server_keeps() -> None:
    secret_key, key = recovery.new_secret_key(), root.new()
    unlock = pin.unlock_key("correct horse", SALT, secret_key)
    text = root.wrap(key, unlock, account_uuid=ACCOUNT, salt=SALT)
    kept = {"account_uuid": ACCOUNT, "root_salt": base64.b64encode(SALT).decode(), "wrapped_root": text}

    assert root.unwrap(text, unlock, account_uuid=ACCOUNT, salt=SALT) == key
    assert root.unlock("correct horse", secret_key, **kept) == key
    with pytest.raises(VaultPinWrong):
        root.unlock("correct horsf", secret_key, **kept)
    with pytest.raises(VaultPinWrong):
        root.unlock("correct horse", recovery.new_secret_key(), **kept)


def test_every_single_bit_and_every_truncation_of_a_wrapped_root_counts() -> None:
    unlock = bytes(range(32))
    text = root.wrap(root.new(), unlock, account_uuid=ACCOUNT, salt=SALT)
    data = base64.b64decode(text.removeprefix("root2::"))
    broken = [data[:size] for size in range(len(data))]
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        broken.append(bytes(changed))

    assert len(data) == 24 + 32 + 16
    for each in broken:
        with pytest.raises(VaultPinWrong):
            root.unwrap("root2::" + base64.b64encode(each).decode(), unlock, account_uuid=ACCOUNT, salt=SALT)


@pytest.mark.parametrize("account", [BOB, ACCOUNT.upper(), "", "\ud800"])
def test_a_root_of_another_account_does_not_open(account: str) -> None:
    text = root.wrap(root.new(), bytes(32), account_uuid=ACCOUNT, salt=SALT)

    with pytest.raises(VaultPinWrong):
        root.unwrap(text, bytes(32), account_uuid=account, salt=SALT)


@pytest.mark.parametrize("salt", ["", "AAAA", "\ud800", base64.b64encode(bytes(15)).decode(), "é" * 24, "\0" * 24])
def test_a_salt_that_the_server_damaged_is_no_crash(salt: str) -> None:
    with pytest.raises(VaultPinWrong, match="damaged"):
        root.unlock("123456", bytes(20), account_uuid=ACCOUNT, root_salt=salt, wrapped_root="root2::")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_root_of_another_length_is_not_wrapped(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        root.wrap(bytes(size), bytes(32), account_uuid=ACCOUNT, salt=SALT)


def test_new_roots_differ() -> None:
    assert len({root.new() for _ in range(1000)}) == 1000
