"""Counting attempts: the window, its end, and that nobody slips through at once."""

import asyncio
from datetime import timedelta

import pytest

from ravi.errors import RateLimited
from ravi.server.db import Database
from ravi.server.http.limits import Attempts
from tests.support.clock import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(db: Database, clock: Clock) -> Attempts:
    return Attempts(db, clock)


async def test_as_many_as_allowed_pass_and_the_next_is_told_when_to_come_back(attempts: Attempts, clock: Clock) -> None:
    for _ in range(3):
        await attempts.count("ip:1", most=3, per=MINUTE)
    clock.advance(seconds=17.5)

    with pytest.raises(RateLimited) as refusal:
        await attempts.count("ip:1", most=3, per=MINUTE)

    assert refusal.value.retry_after == 43  # 42.5, rounded up: a client that comes back then is let in
    assert "43 seconds" in refusal.value.hint


async def test_who_comes_back_when_told_is_let_in(attempts: Attempts, clock: Clock) -> None:
    await attempts.count("ip:1", most=1, per=MINUTE)
    with pytest.raises(RateLimited) as refusal:
        await attempts.count("ip:1", most=1, per=MINUTE)
    clock.advance(seconds=refusal.value.retry_after)

    await attempts.count("ip:1", most=1, per=MINUTE)


async def test_being_refused_does_not_make_the_window_longer(attempts: Attempts, clock: Clock) -> None:
    await attempts.count("ip:1", most=1, per=MINUTE)
    for _ in range(5):
        clock.advance(seconds=11)
        with pytest.raises(RateLimited):
            await attempts.count("ip:1", most=1, per=MINUTE)
    clock.advance(seconds=5)

    await attempts.count("ip:1", most=1, per=MINUTE)


async def test_subjects_are_counted_apart(attempts: Attempts) -> None:
    await attempts.count("ip:1", most=1, per=MINUTE)
    await attempts.count("ip:2", most=1, per=MINUTE)


async def test_a_right_answer_starts_afresh(attempts: Attempts) -> None:
    await attempts.count("ip:1", most=1, per=MINUTE)
    await attempts.forget("ip:1")

    await attempts.count("ip:1", most=1, per=MINUTE)


async def test_of_many_at_once_exactly_as_many_as_allowed_pass(attempts: Attempts) -> None:
    results = await asyncio.gather(
        *(attempts.count("ip:1", most=10, per=MINUTE) for _ in range(50)), return_exceptions=True
    )

    assert [type(result) for result in results].count(type(None)) == 10
    assert [type(result) for result in results].count(RateLimited) == 40
