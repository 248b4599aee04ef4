"""Places for those who present no credential."""

import pytest

from ravi.server.http.strangers import Strangers

ADDRESSES = [f"203.0.113.{number}" for number in range(250)]


def places(strangers: Strangers, path: str, addresses: list[str]) -> int:
    """How many get in, one for each of *addresses*, and stay."""
    return sum(strangers.enter(path, address) is not None for address in addresses)


def test_one_route_has_half_of_the_places_and_the_others_go_on() -> None:
    strangers = Strangers(400)

    assert places(strangers, "/upload/", ADDRESSES) == 50
    assert places(strangers, "/sign-in", ADDRESSES) == 50
    assert strangers.enter("/elsewhere/", ADDRESSES[0]) is None, "and all together have a quarter of the server"


def test_one_address_has_an_eighth_and_its_neighbours_have_theirs() -> None:
    strangers = Strangers(400)

    assert places(strangers, "/sign-in", [ADDRESSES[0]] * 100) == 12
    assert places(strangers, "/device", [ADDRESSES[0]] * 100) == 0
    assert places(strangers, "/sign-in", ["2001:db8::1", "2001:db8::2"] * 50) == 12, "one customer has the network"
    assert places(strangers, "/sign-in", [ADDRESSES[1]] * 100) == 12


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_an_address_that_many_may_share_is_not_counted(address: str) -> None:
    assert places(Strangers(400), "/sign-in", [address] * 100) == 50


def test_what_is_given_back_can_be_had_again_and_leaves_nothing_behind() -> None:
    strangers = Strangers(400)
    for _ in range(3):
        entered = [strangers.enter("/sign-in", ADDRESSES[0]) for _ in range(20)]
        assert sum(each is not None for each in entered) == 12
        for each in entered:
            if each is not None:
                strangers.leave(each)
        assert strangers.inside == 0
        assert not strangers._at


def test_there_is_always_a_place() -> None:
    assert places(Strangers(1), "/sign-in", ADDRESSES) == 1
    assert places(Strangers(0), "/sign-in", ADDRESSES) == 250, "0 is no limit"
