"""A sealed field opens in its own place with its own key, and nowhere else."""

import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.crypto import aead, derive, field
from ravi.errors import UsageError, VaultUnreadable

KEY = derive.vault_key(bytes(range(32)))
UUID = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b"
OTHER_UUID = "c2a91f37-08b4-4e6d-a5c3-90d1e7f2b846"
PLACE = (UUID, "secret", "API_KEY", "value")

MANY = settings(max_examples=200, deadline=None)
TEXTS = st.text(max_size=300)
PARTS = st.text(max_size=12)


@MANY
@given(text=TEXTS)
def test_what_is_sealed_opens_in_its_place(text: str) -> None:
    assert field.open_(KEY, *PLACE, field.seal(KEY, *PLACE, text)) == text


@MANY
@given(kind=PARTS, entry=PARTS, name=PARTS, text=st.text(max_size=20))
def test_any_place_will_do(kind: str, entry: str, name: str, text: str) -> None:
    assert field.open_(KEY, UUID, kind, entry, name, field.seal(KEY, UUID, kind, entry, name, text)) == text


def test_sealing_twice_gives_two_texts_and_no_nonce_comes_back() -> None:
    texts = [field.seal(KEY, *PLACE, "same") for _ in range(2000)]
    nonces = {base64.b64decode(text.removeprefix("e2e2::"))[:24] for text in texts}

    assert len(nonces) == len(texts)


@pytest.mark.parametrize("text", ["", "x", "a value of some length, é"])
def test_a_sealed_text_is_the_prefix_and_canonical_base64_of_40_bytes_more(text: str) -> None:
    sealed = field.seal(KEY, *PLACE, text)
    data = base64.b64decode(sealed.removeprefix("e2e2::"), validate=True)

    assert sealed == "e2e2::" + base64.b64encode(data).decode()
    assert len(data) == 40 + len(text.encode())


def test_every_single_bit_counts() -> None:
    sealed = field.seal(KEY, *PLACE, "a value of some length")
    data = base64.b64decode(sealed.removeprefix(field.PREFIX))

    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultUnreadable):
            field.open_(KEY, *PLACE, field.PREFIX + base64.b64encode(changed).decode())


def test_every_truncation_of_the_bytes_and_of_the_text_is_noticed() -> None:
    sealed = field.seal(KEY, *PLACE, "a value of some length")
    data = base64.b64decode(sealed.removeprefix(field.PREFIX))
    shorter = [field.PREFIX + base64.b64encode(data[:size]).decode() for size in range(len(data))]
    shorter += [sealed[:size] for size in range(len(sealed))]
    shorter += [field.PREFIX + base64.b64encode(data[size:]).decode() for size in range(1, len(data))]

    for text in shorter:
        with pytest.raises(VaultUnreadable):
            field.open_(KEY, *PLACE, text)


@MANY
@given(which=st.integers(0, 3), other=PARTS, text=TEXTS)
def test_a_change_of_any_one_part_of_the_place_is_noticed(which: int, other: str, text: str) -> None:
    sealed = field.seal(KEY, *PLACE, text)
    place = [*PLACE]
    place[which] = other if other != place[which] else other + "x"

    with pytest.raises(VaultUnreadable):
        field.open_(KEY, *place, sealed)


@MANY
@given(joined=st.text("AB", min_size=2, max_size=8), data=st.data())
def test_parts_cannot_be_divided_otherwise(joined: str, data: st.DataObject) -> None:
    cuts = st.integers(0, len(joined))
    here, there = data.draw(cuts), data.draw(cuts)
    sealed = field.seal(KEY, UUID, "secret", joined[:here], joined[here:], "text")

    if here == there:
        assert field.open_(KEY, UUID, "secret", joined[:there], joined[there:], sealed) == "text"
    else:
        with pytest.raises(VaultUnreadable):
            field.open_(KEY, UUID, "secret", joined[:there], joined[there:], sealed)


@MANY
@given(bit=st.integers(0, 255), text=TEXTS)
def test_a_key_that_differs_in_one_bit_does_not_open(bit: int, text: str) -> None:
    other = bytearray(KEY)
    other[bit // 8] ^= 1 << bit % 8

    with pytest.raises(VaultUnreadable):
        field.open_(bytes(other), *PLACE, field.seal(KEY, *PLACE, text))


def test_one_identitys_key_opens_nothing_of_anothers() -> None:
    root = os.urandom(32)
    mine, theirs = (derive.vault_key(derive.identity_key(root, uuid)) for uuid in (UUID, OTHER_UUID))
    sealed = field.seal(theirs, OTHER_UUID, *PLACE[1:], "theirs")

    assert field.open_(theirs, OTHER_UUID, *PLACE[1:], sealed) == "theirs"
    for key, uuid in ((mine, UUID), (mine, OTHER_UUID), (theirs, UUID)):
        with pytest.raises(VaultUnreadable):
            field.open_(key, uuid, *PLACE[1:], sealed)


@pytest.mark.parametrize("text", ["plain", "", " ", "e2e::AAAA", "root2::AAAA", "E2E2::", "e2e2:", "e2e2"])
def test_what_lacks_the_prefix_is_never_handed_out_as_opened(text: str) -> None:
    with pytest.raises(VaultUnreadable, match="so it is not shown"):
        field.open_(KEY, *PLACE, text)


def test_bytes_that_are_not_text_are_refused_although_they_open() -> None:
    sealed = field.PREFIX + aead.seal(KEY, b"\xff\xfe", aead.bound_to("ravi/2/field", *PLACE))

    with pytest.raises(VaultUnreadable, match="is not text"):
        field.open_(KEY, *PLACE, sealed)


def test_a_text_without_utf_8_is_refused_before_it_is_sealed() -> None:
    """What Python makes of an argument in Latin-1 on a command line in UTF-8."""
    with pytest.raises(UsageError, match="secret API_KEY: value is not text") as caught:
        field.seal(KEY, *PLACE, os.fsdecode(b"caf\xe9"))

    assert caught.value.__context__ is None  # a UnicodeEncodeError would carry the text along


@pytest.mark.parametrize("uuid", [UUID.upper(), UUID.replace("-", ""), "", UUID + "\n"])
def test_nothing_is_sealed_for_an_identity_that_is_not_named_canonically(uuid: str) -> None:
    with pytest.raises(ValueError, match="lower case"):
        field.seal(KEY, uuid, *PLACE[1:], "text")


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_a_mistake_of_the_caller_and_not_a_value_that_does_not_open(size: int) -> None:
    sealed = field.seal(KEY, *PLACE, "text")

    with pytest.raises(ValueError, match="32 bytes"):
        field.open_(bytes(size), *PLACE, sealed)
    with pytest.raises(ValueError, match="32 bytes"):
        field.seal(bytes(size), *PLACE, "text")
