"""How what is refused is counted until it is written."""

from ravi.server.audit.refusals import MOST_KINDS, WINDOW, Refusals
from ravi.server.http.origin import Origin
from tests.support.clock import Clock

SOMEBODY = Origin("identity_key", "key", "192.0.2.1")


def times(refusals: Refusals, account_id: int | None = None, **how: bool) -> list[int]:
    return [refusal.times for refusal in refusals.take_due(account_id, **how)]


def test_the_first_is_due_at_once_and_the_rest_when_the_minute_is_over() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for _ in range(3):
        refusals.note(1, SOMEBODY, "request.refused", "auth.forbidden")
    assert times(refusals) == [3]
    for _ in range(5):
        refusals.note(1, SOMEBODY, "request.refused", "auth.forbidden")
    assert times(refusals) == []
    clock.advance(seconds=WINDOW.total_seconds())
    assert times(refusals) == [5]
    refusals.note(1, SOMEBODY, "request.refused", "auth.forbidden")
    assert times(refusals) == [], "the next minute has begun"
    assert times(refusals, everything=True) == [1]


def test_what_nobody_repeats_is_forgotten() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    refusals.note(1, SOMEBODY, "request.refused", "auth.forbidden")
    assert times(refusals) == [1]
    for _ in range(3):
        clock.advance(seconds=WINDOW.total_seconds())
        assert times(refusals) == []

    assert refusals._accounts == {}


def test_memory_and_entries_are_bounded_for_each_account_by_itself() -> None:
    refusals = Refusals(Clock())
    for number in range(1000):
        refusals.note(1, Origin("visitor", peer=f"192.0.2.{number}"), "auth.sign_in_refused", "auth.bad_credentials")
    refusals.note(2, SOMEBODY, "request.refused", "auth.forbidden")

    first, second = refusals.take_due(1), refusals.take_due(2)

    assert len(first) == MOST_KINDS + 1
    assert (first[-1].who, first[-1].times) == (Origin("visitor"), 1000 - MOST_KINDS)
    assert [(refusal.who, refusal.times) for refusal in second] == [(SOMEBODY, 1)]


def test_other_codes_and_other_addresses_are_counted_apart() -> None:
    refusals = Refusals(Clock())
    refusals.note(1, SOMEBODY, "request.refused", "auth.forbidden")
    refusals.note(1, SOMEBODY, "request.refused", "identity.disabled")
    refusals.note(1, Origin("identity_key", "key", "192.0.2.2"), "request.refused", "auth.forbidden")

    assert times(refusals) == [1, 1, 1]
