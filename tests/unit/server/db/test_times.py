"""Times in the database: whole microseconds, exact in both directions."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from ravi.server.db import from_micros, micros

MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    assert from_micros(micros(moment)) == moment


@given(MOMENTS, MOMENTS)
def test_numbers_sort_as_moments_do(first: datetime, second: datetime) -> None:
    assert (micros(first) < micros(second)) == (first < second)


@given(MOMENTS)
def test_a_number_fits_the_column(moment: datetime) -> None:
    assert -(2**63) <= micros(moment) < 2**63


def test_the_zone_makes_no_difference() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    assert micros(moment.astimezone(timezone(timedelta(hours=5, minutes=30)))) == micros(moment)
    assert from_micros(micros(moment)).tzinfo is UTC
