"""The numbers that the built-in carrier gives out."""

import re

import pytest

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.loopback import CAPACITY, number_of


def test_no_two_serials_share_a_number() -> None:
    numbers = {number_of(serial) for serial in range(1, CAPACITY + 1)}
    assert len(numbers) == CAPACITY


def test_there_are_enough_for_a_hundred_thousand_identities() -> None:
    assert CAPACITY >= 150_000


#: The reservations that the module cites, written down a second time.
RESERVED = re.compile(
    r"\+1[2-9]\d{2}55501\d{2}"
    r"|\+61[2378](?:5550|7010)\d{4}"
    r"|\+33(?:19900|26191|35301|46571|53649|63998)\d{4}"
)


def test_every_number_is_reserved_for_fiction() -> None:
    outside = [n for serial in range(1, CAPACITY + 1) if not RESERVED.fullmatch(n := number_of(serial))]
    assert outside == []


def test_what_is_used_up_is_refused_and_not_repeated() -> None:
    number_of(CAPACITY)
    with pytest.raises(NumbersExhausted):
        number_of(CAPACITY + 1)
