"""What a ciphertext is bound to reads in one way only; base64 has one spelling."""

import base64

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.crypto import aead
from ravi.crypto.encoding import find_base64, find_text, find_utf8, is_uuid, to_base64

MANY = settings(max_examples=300, deadline=None)
#: Half surrogate pairs as well, which JSON can carry.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
PART_LISTS = st.lists(st.binary(max_size=6) | st.text(st.characters(exclude_categories=()), max_size=3), max_size=6)


def parts_in(bound: bytes) -> list[bytes]:
    """Read additional data back, which is what makes it unambiguous."""
    found = []
    while bound:
        size = int.from_bytes(bound[:4], "big")
        found.append(bound[4 : 4 + size])
        assert len(found[-1]) == size
        bound = bound[4 + size :]
    return found


@MANY
@given(parts=PART_LISTS)
def test_the_parts_can_be_read_back_so_no_two_lists_give_the_same_bytes(parts: list[str | bytes]) -> None:
    encoded = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]

    assert parts_in(aead.bound_to(*parts)) == encoded


@MANY
@given(one=PART_LISTS, other=PART_LISTS)
@example(one=["a", "b"], other=["ab"])
@example(one=["", "a"], other=["a", ""])
@example(one=["a"], other=["a", ""])
@example(one=[], other=[""])
@example(one=["a\0\0\0\1b"], other=["a", "b"])
def test_different_lists_are_different_bytes(one: list[str | bytes], other: list[str | bytes]) -> None:
    same = parts_in(aead.bound_to(*one)) == parts_in(aead.bound_to(*other))

    assert (aead.bound_to(*one) == aead.bound_to(*other)) is same


@MANY
@given(one=ANY_TEXT, other=ANY_TEXT)
def test_different_texts_are_different_bytes(one: str, other: str) -> None:
    assert (aead.bound_to(one) == aead.bound_to(other)) is (one == other)


@MANY
@given(data=st.binary(max_size=100))
def test_base64_is_the_standard_one_and_read_back(data: bytes) -> None:
    assert to_base64(data) == base64.b64encode(data).decode()
    assert find_base64(to_base64(data)) == data


@MANY
@given(text=st.text("AQgw+/=-_ \n\0é", max_size=12) | ANY_TEXT)
def test_a_text_that_is_read_as_base64_is_the_only_spelling_of_its_bytes(text: str) -> None:
    data = find_base64(text)

    assert data is None or base64.b64encode(data).decode() == text


@pytest.mark.parametrize(
    "text", ["Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm-_", "Zm9v=", "====", "Zg==Zg==", "é"]
)
def test_other_spellings_are_none(text: str) -> None:
    assert find_base64(text) is None


def test_halves_of_surrogate_pairs_and_bytes_that_are_no_text_are_none() -> None:
    assert find_utf8("a\ud800") is None
    assert find_text(b"a\xff") is None
    assert find_text(find_utf8("é🔑") or b"") == "é🔑"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b", True),
        ("00000000-0000-0000-0000-000000000000", True),
        ("5F0C9A4E-7D21-4C36-9B58-1E2A3F4D5C6B", False),
        ("5f0c9a4e7d214c369b581e2a3f4d5c6b", False),
        ("5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6g", False),
        ("5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b\n", False),
        ("5f0c9a4-e7d21-4c36-9b58-1e2a3f4d5c6b", False),
        ("5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6\u0662", False),
        ("", False),
    ],
)
def test_a_uuid_is_canonical_and_in_lower_case(text: str, expected: bool) -> None:
    assert is_uuid(text) is expected
