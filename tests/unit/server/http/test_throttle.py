"""How much of a server one caller may take."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ravi.errors import Forbidden, NotFound, RateLimited, Unauthenticated
from ravi.server.http import IdentityRef, Principal, Routes, Selects, throttle
from ravi.server.http.routing import Route
from ravi.server.http.throttle import RequestLimits, ServerBusy, Throttle, Visit, left
from ravi.wire.scopes import ACCOUNT_SCOPES, IDENTITY_SCOPES, Scope

MINE = IdentityRef(1, "aaaaaaaa-0000-4000-8000-000000000001", "mine", disabled=False)
OTHER = IdentityRef(2, "bbbbbbbb-0000-4000-8000-000000000002", "other", disabled=False)
OWNER = Principal(1, "management_key", 11, "c-account", ACCOUNT_SCOPES)
AGENT = Principal(1, "identity_key", 12, "c-identity", IDENTITY_SCOPES, identity=MINE, bound=True)

routes = Routes("things")


@routes.get("/api/things/", scope=Scope.SESSION, selects=Selects.ACTS)
async def plain(who: Principal) -> None: ...


@routes.get("/api/held/", scope=Scope.SESSION, selects=Selects.ACTS, holds=True)
async def held(who: Principal) -> None: ...


@routes.get("/api/open/", scope=None)
async def anybody() -> None: ...


@routes.get("/api/health/", scope=None, unlimited=True)
async def health() -> None: ...


PLAIN, HELD, OPEN, HEALTH = routes.all
HOME = "127.0.0.1"
LIMITS = RequestLimits(credential_per_second=5, identity_per_second=8, at_once=3, held=2, server_at_once=4)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counting(clock: Clock) -> Throttle:
    return Throttle(LIMITS, clock)


def ask(counting: Throttle, who: Principal, route: Route = PLAIN, *, stay: bool = False) -> Visit:
    visit = counting.arrive(route, HOME)
    try:
        visit.recognised(who)
    finally:
        if not stay:
            visit.leave()
    return visit


def saved_up(counting: Throttle, who: Principal) -> int:
    """How many requests are answered at once."""
    for number in range(1000):
        try:
            ask(counting, who)
        except RateLimited:
            return number
    raise AssertionError("there is no end to it")


def test_a_credential_has_four_seconds_worth_saved_up_and_then_its_pace(counting: Throttle, clock: Clock) -> None:
    assert saved_up(counting, AGENT) == 20
    with pytest.raises(RateLimited, match="more than 5 requests a second by this credential") as refusal:
        ask(counting, AGENT)
    assert refusal.value.retry_after == 1
    assert "ravi limits" in refusal.value.hint

    clock.now += 1
    assert saved_up(counting, AGENT) == 5
    clock.now += 3600
    assert saved_up(counting, AGENT) == 20, "no more is saved up than that"


def test_an_identity_has_a_pace_over_all_its_credentials(counting: Throttle) -> None:
    keys = [replace(AGENT, credential_id=number) for number in range(10)]

    assert sum(saved_up(counting, key) for key in keys) == 32
    assert saved_up(counting, replace(AGENT, credential_id=99, identity=OTHER)) == 20


def test_who_shares_the_owners_credential_shares_no_pace(counting: Throttle) -> None:
    """Fifty workspaces may work with one sign-in: one that runs wild must not stop the others."""
    assert saved_up(counting, OWNER.acting_as(MINE)) == 20
    assert saved_up(counting, OWNER.acting_as(OTHER)) == 20
    assert saved_up(counting, OWNER) == 20


def test_a_renewed_access_token_brings_no_new_pace(counting: Throttle) -> None:
    session = replace(OWNER, kind="session", sign_in_id=7)
    saved_up(counting, session)

    with pytest.raises(RateLimited):
        ask(counting, replace(session, credential_id=99))
    ask(counting, replace(session, sign_in_id=8))


def test_only_so_many_are_under_way_for_one_credential(counting: Throttle) -> None:
    under_way = [ask(counting, AGENT, stay=True) for _ in range(3)]

    with pytest.raises(RateLimited, match="3 requests by this credential are under way"):
        ask(counting, AGENT)
    under_way[0].leave()
    under_way[0].leave()  # twice is fine
    ask(counting, AGENT, stay=True)
    with pytest.raises(RateLimited):
        ask(counting, AGENT)


def test_held_requests_are_counted_apart_and_for_the_identity(counting: Throttle) -> None:
    first = ask(counting, AGENT, HELD, stay=True)
    ask(counting, OWNER.acting_as(MINE), HELD, stay=True)

    with pytest.raises(RateLimited, match="2 waits and streams are open already"):
        ask(counting, AGENT, HELD)
    assert counting.working == 0, "they are not under way"
    ask(counting, AGENT)
    ask(counting, OWNER.acting_as(OTHER), HELD)
    first.leave()
    ask(counting, AGENT, HELD)


def test_a_busy_server_refuses_those_first_who_have_most_under_way(counting: Throttle) -> None:
    others = [replace(AGENT, credential_id=100 + n, identity=replace(MINE, id=100 + n)) for n in range(20)]
    for other in others[:4]:
        ask(counting, other, stay=True)

    with pytest.raises(ServerBusy):
        ask(counting, others[0])
    ask(counting, others[5])
    for other in others[4:8]:
        ask(counting, other, stay=True)
    with pytest.raises(ServerBusy):
        ask(counting, others[9])
    counting.arrive(HEALTH, HOME).leave()
    assert counting.working == 8


def test_those_without_a_credential_have_a_part_of_the_server_and_cannot_fill_it(counting: Throttle) -> None:
    stranger = counting.arrive(OPEN, HOME)
    with pytest.raises(ServerBusy):
        counting.arrive(OPEN, HOME)
    counting.arrive(HEALTH, HOME).leave()
    for _ in range(3):
        ask(counting, AGENT, stay=True)
    assert counting.working == 3, "what strangers do is not counted with the others"
    stranger.leave()
    counting.arrive(OPEN, HOME)


def look(counting: Throttle, address: str) -> Visit:
    visit = counting.arrive_at_page("/", address)
    try:
        visit.seen_at(address)
    finally:
        visit.leave()
    return visit


def pages_saved_up(counting: Throttle, address: str) -> int:
    for number in range(1000):
        try:
            look(counting, address)
        except RateLimited:
            return number
    raise AssertionError("there is no end to it")


def test_an_address_has_a_pace_at_the_pages_and_its_neighbours_have_theirs(counting: Throttle, clock: Clock) -> None:
    saved = throttle.PAGES_PER_SECOND * throttle.SAVED_SECONDS

    assert pages_saved_up(counting, "203.0.113.5") == saved
    assert pages_saved_up(counting, "203.0.113.6") == saved
    assert pages_saved_up(counting, "2001:db8::1") == saved
    assert pages_saved_up(counting, "2001:db8::2") == 0, "one customer has the whole network"
    clock.now += 1
    assert pages_saved_up(counting, "203.0.113.5") == throttle.PAGES_PER_SECOND
    assert saved_up(counting, AGENT) == 20


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", ""])
def test_an_address_that_many_may_share_has_no_pace_at_the_pages(counting: Throttle, address: str) -> None:
    for _ in range(1000):
        look(counting, address)


def test_pages_are_a_part_of_what_strangers_may_have(counting: Throttle) -> None:
    page = counting.arrive_at_page("/", HOME)
    for arrive in (lambda: counting.arrive_at_page("/", HOME), lambda: counting.arrive(OPEN, HOME)):
        with pytest.raises(ServerBusy):
            arrive()
    ask(counting, AGENT)
    page.leave()
    counting.arrive(OPEN, HOME).leave()
    assert counting.strangers.inside == 0


async def test_whoever_goes_on_loading_pages_is_refused_late(
    counting: Throttle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> bool:
        visit = counting.arrive_at_page("/", HOME)
        with pytest.raises(RateLimited) as refusal:
            visit.seen_at("203.0.113.5")
        late = await was_late(visit, refusal.value, monkeypatch)
        visit.leave()
        return late

    pages_saved_up(counting, "203.0.113.5")
    assert [await refused() for _ in range(throttle.PROMPT_REFUSALS + 1)] == [False] * throttle.PROMPT_REFUSALS + [True]
    assert counting.strangers.inside == 0


async def test_a_server_that_lags_behind_is_busy_until_it_has_caught_up(counting: Throttle, clock: Clock) -> None:
    ask(counting, AGENT, stay=True)
    await counting.look_at_clock()
    clock.now += 2
    await counting.look_at_clock()
    ask(counting, AGENT)  # once may be anything
    clock.now += 2
    await counting.look_at_clock()
    with pytest.raises(ServerBusy):
        ask(counting, AGENT)
    ask(counting, OWNER)
    clock.now += throttle.LOOK_SECONDS
    await counting.look_at_clock()
    ask(counting, AGENT)


async def was_late(visit: Visit, error: Any, monkeypatch: pytest.MonkeyPatch) -> bool:
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await visit.be_late(error, "203.0.113.5")
    return bool(waited)


async def test_who_does_not_wait_as_told_is_told_late(
    counting: Throttle, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> bool:
        visit = counting.arrive(PLAIN, HOME)
        with pytest.raises(RateLimited) as refusal:
            visit.recognised(AGENT)
        late = await was_late(visit, refusal.value, monkeypatch)
        assert counting.late == 0
        assert counting.working == (0 if late else 1), "a late answer costs nothing until it is told"
        visit.leave()
        return late

    saved_up(counting, AGENT)
    said = [await refused() for _ in range(throttle.PROMPT_REFUSALS + 1)]
    assert said == [False] * throttle.PROMPT_REFUSALS + [True]
    clock.now += 0.1  # not enough for a request, nor for a prompt refusal
    assert await refused()


@pytest.mark.parametrize("error", [Unauthenticated("no"), Forbidden("no")])
async def test_bad_credentials_are_counted_by_address_and_cost_the_good_ones_nothing(
    counting: Throttle, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def failed() -> bool:
        visit = counting.arrive(PLAIN, HOME)
        late = await was_late(visit, error, monkeypatch)
        visit.leave()
        return late

    assert [await failed() for _ in range(throttle.PROMPT_FAILURES + 1)] == [False] * throttle.PROMPT_FAILURES + [True]
    assert saved_up(counting, AGENT) == 20


async def test_other_errors_are_told_at_once(counting: Throttle, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(200):
        visit = counting.arrive(PLAIN, HOME)
        assert not await was_late(visit, NotFound("no"), monkeypatch)
        visit.leave()


def test_zero_is_no_limit(clock: Clock) -> None:
    counting = Throttle(RequestLimits(0, 0, 0, 0, 0), clock)
    for _ in range(2000):
        look(counting, "203.0.113.5")
        ask(counting, AGENT, stay=True)
        ask(counting, AGENT, HELD, stay=True)


def test_what_is_left_is_what_can_be_had(counting: Throttle, clock: Clock) -> None:
    for number in range(20):
        assert left(counting.credential(AGENT), 5, clock()) == 20 - number
        ask(counting, AGENT)
    assert left(counting.credential(AGENT), 5, clock()) == 0
    clock.now += 0.41
    assert left(counting.credential(AGENT), 5, clock()) == 2


def test_callers_that_are_gone_are_forgotten_and_those_at_work_are_not(counting: Throttle, clock: Clock) -> None:
    kept, open_wait = ask(counting, AGENT, stay=True), ask(counting, AGENT.acting_as(OTHER), HELD, stay=True)
    usage, waiting = counting.credential(AGENT), counting.credential(AGENT.acting_as(OTHER)).identity
    for number in range(5 * throttle.FEW):
        look(counting, f"203.0.{number // 250}.{number % 250}")
        ask(counting, replace(OWNER, credential_id=1000 + number, identity=replace(MINE, id=1000 + number)))
        clock.now += 0.1
    assert len(counting._credentials) <= throttle.FEW
    assert len(counting._identities) <= throttle.FEW
    assert len(counting._visitors) <= throttle.FEW
    assert counting.credential(AGENT) is usage
    assert counting.credential(replace(AGENT, credential_id=77)).identity is usage.identity
    assert counting.credential(AGENT.acting_as(OTHER)).identity is waiting
    kept.leave()
    open_wait.leave()
    assert usage.working == 0
    assert waiting is not None
    assert waiting.held == 0
