"""Who may be connected."""

import pytest

from ravi.server.http import connections
from ravi.server.http.connections import Connections


class Connection:
    def __init__(self) -> None:
        self.ended = False

    def make_room(self) -> None:
        self.ended = True

    def give_up(self) -> None:
        self.ended = True


def test_one_address_gets_its_share_and_no_more() -> None:
    door = Connections(100, 2)
    first, second = Connection(), Connection()
    assert [door.enter(each, "203.0.113.5") for each in (first, second)] == ["", ""]

    assert "from your address" in door.enter(Connection(), "203.0.113.5")
    assert door.enter(Connection(), "203.0.113.6") == ""
    door.leave(first, "203.0.113.5")
    assert door.enter(Connection(), "203.0.113.5") == ""
    assert door.inside == 3


def test_an_ipv6_network_is_one_address() -> None:
    door = Connections(100, 1)
    door.enter(Connection(), "2001:db8::1")

    assert "from your address" in door.enter(Connection(), "2001:db8::2")
    assert door.enter(Connection(), "2001:db8:0:1::2") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.4.5", "::1", "::ffff:127.0.0.1"])
def test_all_on_this_machine_share_an_address_and_are_not_counted_by_it(host: str) -> None:
    door = Connections(100, 1)

    assert [door.enter(Connection(), host) for _ in range(5)] == [""] * 5


def test_neither_is_what_comes_through_a_proxy() -> None:
    door = Connections(100, 1, by_address=False)

    assert [door.enter(Connection(), "10.0.0.7") for _ in range(5)] == [""] * 5


def test_only_who_never_asked_for_anything_makes_room() -> None:
    door = Connections(3, 3)
    spoke, silent, other = Connection(), Connection(), Connection()
    for each in (spoke, silent, other):
        door.enter(each, "")
    door.spoke(spoke)

    assert door.enter(newcomer := Connection(), "") == ""
    assert (spoke.ended, silent.ended, other.ended, newcomer.ended) == (False, True, False, False)
    door.leave(silent, "")
    assert door.inside == 3


def test_where_everybody_has_asked_for_something_the_next_is_refused() -> None:
    door = Connections(2, 2)
    for _ in range(2):
        door.enter(connection := Connection(), "")
        door.spoke(connection)

    assert door.enter(Connection(), "") == "there are too many connections"
    assert door.inside == 2


def test_when_answers_that_nobody_takes_fill_the_memory_the_slowest_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "MOST_UNTAKEN_BYTES", 100)
    door = Connections(10, 10)
    first, second, third, fourth = (Connection() for _ in range(4))
    door.slow(first, 60)
    door.slow(second, 40)
    assert not first.ended
    door.slow(first, 30)  # it has taken something, and is slow all the same
    door.quick(second)
    door.slow(third, 60)
    assert not first.ended

    door.slow(fourth, 20)
    assert (first.ended, third.ended, fourth.ended) == (True, False, False)
    door.slow(third, 80)
    door.quick(third)
    door.quick(fourth)
    door.quick(first)  # it is gone, too: twice is fine
    door.slow(second, 1000)
    assert not second.ended, "one alone may be as large as it likes"
