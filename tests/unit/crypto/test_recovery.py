"""A recovery code survives how people write it down, and typing errors do not survive it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.crypto import recovery
from ravi.errors import RecoveryCodeInvalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEYS = st.binary(min_size=20, max_size=20)
MANY = settings(max_examples=200, deadline=None)


def is_refused(code: str) -> bool:
    try:
        recovery.decode(code)
    except RecoveryCodeInvalid:
        return True
    return False


@MANY
@given(key=KEYS)
def test_a_code_is_nine_groups_of_four_and_gives_the_key_back(key: bytes) -> None:
    code = recovery.encode(key)

    assert recovery.decode(code) == key
    assert [len(group) for group in code.split("-")] == [4] * 9
    assert set(code) <= {*ALPHABET, "-"}


@MANY
@given(key=KEYS, draw=st.randoms(use_true_random=False))
def test_case_grouping_and_misread_letters_do_not_matter(key: bytes, draw: random.Random) -> None:
    spellings = {"0": "0Oo", "1": "1IiLl"}
    written = ""
    for char in recovery.encode(key).replace("-", ""):
        written += draw.choice(spellings.get(char, char + char.lower()))
        written += draw.choice(["", "", "", "-", " ", "\t", "\r\n", "\u2011", "\u2013", "\u00a0", " - "])

    assert recovery.decode(written) == key


def test_every_single_substitution_is_caught() -> None:
    """The check has 20 bits: one in a million would pass. Of these 27,900, which are the same each time, none does."""
    some = random.Random(20)
    tried = 0
    for _ in range(25):
        code = recovery.encode(some.randbytes(20)).replace("-", "")
        for at, right in enumerate(code):
            for wrong in ALPHABET:
                if wrong != right:
                    tried += 1
                    assert is_refused(code[:at] + wrong + code[at + 1 :])
    assert tried == 25 * 36 * 31


def test_every_exchange_of_two_neighbours_is_caught() -> None:
    some = random.Random(21)
    tried = 0
    for _ in range(500):
        code = recovery.encode(some.randbytes(20)).replace("-", "")
        for at in range(35):
            if code[at] != code[at + 1]:
                tried += 1
                assert is_refused(code[:at] + code[at + 1] + code[at] + code[at + 2 :])
    assert tried > 15_000


def test_an_error_in_the_check_itself_is_always_caught() -> None:
    """No chance is left here: the key is read right, so only one check fits."""
    code = recovery.encode(bytes(range(20))).replace("-", "")
    assert sum(not is_refused(code[:32] + f"{a}{b}{code[34:]}") for a in ALPHABET for b in ALPHABET) == 1
    assert sum(not is_refused(code[:34] + f"{a}{b}") for a in ALPHABET for b in ALPHABET) == 1


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("", "0 characters, not 36"),
        ("7" * 35, "35 characters"),
        ("7" * 37, "37 characters"),
        ("7" * 100_000, "100000 characters"),
        ("U" + "7" * 35, "characters that none has: 'U'"),
        ("\0" + "7" * 35, r"'\\x00'"),
        ("\ud800" + "7" * 35, r"'\\ud800'"),
        ("\u017f" * 36, "none has"),
        ("\uff17" * 36, "none has"),
        ("ravi_mgmt_" + "7" * 26, "none has"),
    ],
)
def test_what_is_no_code_is_refused_with_what_is_wrong_with_it(code: str, complaint: str) -> None:
    with pytest.raises(RecoveryCodeInvalid, match=complaint) as caught:
        recovery.decode(code)

    assert len(caught.value.message) < 120


def test_a_refusal_does_not_repeat_the_code() -> None:
    code = recovery.encode(bytes(range(20)))
    mistyped = "Z" + code[1:]

    with pytest.raises(RecoveryCodeInvalid, match="mistyped") as caught:
        recovery.decode(mistyped)

    assert not any(group in str(caught.value) for group in mistyped.split("-"))


def test_new_secret_keys_have_160_bits_and_differ() -> None:
    keys = {recovery.new_secret_key() for _ in range(1000)}

    assert {len(key) for key in keys} == {20}
    assert len(keys) == 1000
    for bit in range(160):  # no bit stands still
        assert {key[bit // 8] >> bit % 8 & 1 for key in keys} == {0, 1}


@pytest.mark.parametrize("size", [0, 16, 19, 21])
def test_a_key_of_another_length_is_not_written(size: int) -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        recovery.encode(bytes(size))
