"""What passes for a sealed text or a public key, and which of several entries is meant."""

import base64
import os
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from ravi.crypto import derive, field
from ravi.errors import EntryAmbiguous, Invalid, NotFound, PlaintextRefused
from ravi.server.identities.public_keys import check_public_key
from ravi.server.vault.sealing import LEGACY_PREFIX, LONGEST_FIELD, PREFIX, check_sealed, only, shared_owner


@dataclass
class Entry:
    identity_id: int
    identity_uuid: str


UUID = "d1b2c3d4-0000-4000-8000-000000000001"
MESSAGES = {"notes: is not sealed", "notes: is not sealed: what follows the prefix is no ciphertext"}
MINE, SIBLINGS = Entry(1, "mine"), Entry(2, "sibling")


@given(st.text())
def test_what_our_client_seals_passes(text: str) -> None:
    sealed = field.seal(b"k" * 32, UUID, "secret", "KEY", "value", text)

    check_sealed("value", sealed)
    check_sealed("value", sealed, PREFIX)
    with pytest.raises(PlaintextRefused):
        check_sealed("value", sealed, LEGACY_PREFIX)


def test_what_the_published_client_seals_passes_unless_only_the_present_format_is_taken() -> None:
    box = SealedBox(PrivateKey.generate().public_key).encrypt(b"x")
    sealed = "e2e::" + base64.b64encode(box).decode()

    check_sealed("value", sealed)
    with pytest.raises(PlaintextRefused):
        check_sealed("value", sealed, PREFIX)


@given(st.text())
def test_readable_text_does_not_pass_and_is_not_repeated(text: str) -> None:
    for refused in (text, PREFIX + text, LEGACY_PREFIX + text):
        with pytest.raises(PlaintextRefused) as caught:
            check_sealed("notes", refused)
        # Two messages, whatever the text is: nothing of it can be in them.
        assert caught.value.message in MESSAGES
        assert caught.value.details == {"notes": [caught.value.message.removeprefix("notes: ")]}


@given(st.binary(min_size=40, max_size=80), st.integers(min_value=0), st.characters())
def test_no_second_spelling_of_the_same_bytes_passes(raw: bytes, at: int, char: str) -> None:
    text = base64.b64encode(raw).decode()
    at %= len(text)
    other = text[:at] + char + text[at + 1 :]
    if other == text:
        return
    try:
        check_sealed("value", PREFIX + other)
    except PlaintextRefused:
        return
    assert base64.b64decode(other) != raw


def test_length_is_counted_in_characters_with_the_prefix() -> None:
    longest = PREFIX + base64.b64encode(b"x" * ((LONGEST_FIELD - len(PREFIX)) // 4 * 3)).decode()
    check_sealed("value", longest)
    with pytest.raises(Invalid, match=f"longer than {LONGEST_FIELD}") as caught:
        check_sealed("value", longest + "A" * 4)
    assert not isinstance(caught.value, PlaintextRefused)


def test_the_clients_public_key_passes() -> None:
    key = base64.b64encode(derive.public_key(os.urandom(32))).decode()

    assert check_public_key("sealed_for", key) == key


@pytest.mark.parametrize("key", ["", "x", "eHh4", "A" * 44, "é" * 44, "A" * 43 + "\n", "A" * 42 + "B="])
def test_what_is_no_public_key_is_refused_under_its_fields_name(key: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_public_key("sealed_for", key)
    assert caught.value.details.keys() == {"sealed_for"}


def test_one_entry_is_the_entry_and_of_several_none_is() -> None:
    assert only([MINE], "missing") is MINE
    with pytest.raises(NotFound, match="missing"):
        only([], "missing")
    with pytest.raises(EntryAmbiguous) as caught:
        only([MINE, SIBLINGS], "missing")
    assert caught.value.details == {"identities": ["mine", "sibling"]}


def test_entries_have_an_owner_when_they_are_all_of_one_identity() -> None:
    assert shared_owner([MINE, MINE]) == (1, "mine")
    assert shared_owner([MINE, SIBLINGS]) is None
    assert shared_owner([]) is None
