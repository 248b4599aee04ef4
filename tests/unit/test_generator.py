"""Passwords made by chance."""

import string
from collections import Counter

import pytest

from ravi.generator import SPECIAL, generate

CLASSES = {
    "uppercase": string.ascii_uppercase,
    "lowercase": string.ascii_lowercase,
    "digits": string.digits,
    "special": SPECIAL,
}


def test_sixteen_characters_unless_asked_otherwise() -> None:
    assert len(generate()) == 16


@pytest.mark.parametrize("length", [4, 5, 64, 256])
def test_every_class_is_there_at_every_length(length) -> None:
    for _ in range(50):
        password = generate(length)

        assert len(password) == length
        assert all(set(password) & set(chars) for chars in CLASSES.values())


@pytest.mark.parametrize("off", CLASSES)
def test_a_class_that_is_off_does_not_appear(off) -> None:
    password = generate(256, **{off: False})

    assert not set(password) & set(CLASSES[off])
    assert all(set(password) & set(chars) for name, chars in CLASSES.items() if name != off)


def test_excluded_characters_do_not_appear() -> None:
    password = generate(256, exclude="Il1O0" + SPECIAL[1:])

    assert not set(password) & set("Il1O0" + SPECIAL[1:])
    assert SPECIAL[0] in password


def test_one_character_of_a_class_is_enough() -> None:
    password = generate(4, exclude=string.digits[1:] + SPECIAL[1:] + string.ascii_uppercase[1:])

    assert {"0", SPECIAL[0], "A"} < set(password)


@pytest.mark.parametrize("length", [-1, 0, 3, 257, 10**9])
def test_a_length_out_of_bounds_is_refused(length) -> None:
    with pytest.raises(ValueError, match="4 to 256"):
        generate(length)


def test_no_class_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="every class"):
        generate(uppercase=False, lowercase=False, digits=False, special=False)


def test_an_exclusion_that_empties_a_class_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no digits"):
        generate(exclude="0123456789")

    assert generate(digits=False, exclude="0123456789")


def test_every_character_and_every_place_is_as_likely_as_the_others() -> None:
    """Chi-square over what comes out at length 64; a generator that favours a place or a class is far outside."""
    passwords = [generate(64) for _ in range(400)]
    alphabet = "".join(CLASSES.values())
    counts = Counter("".join(passwords))
    expected = 400 * 64 / len(alphabet)

    chi_square = sum((counts[char] - expected) ** 2 / expected for char in alphabet)
    digits_by_place = [sum(password[place].isdigit() for password in passwords) for place in range(64)]

    assert set(counts) <= set(alphabet)
    # 84 degrees of freedom: mean 84, deviation 13. Eight deviations are passed once in many millions of runs.
    assert chi_square < 84 + 8 * 13
    assert max(digits_by_place) < 400 * 10 / len(alphabet) + 8 * 7


def test_a_thousand_passwords_are_a_thousand() -> None:
    assert len({generate(12) for _ in range(1000)}) == 1000
