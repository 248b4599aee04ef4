"""Times, against the datetime module that the client must not import."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.settings.rfc3339 import find_epoch

FIRST, LAST = datetime(1000, 1, 1), datetime(9000, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES, min_value=FIRST, max_value=LAST))
def test_every_time_is_read_as_datetime_reads_it(moment) -> None:
    whole = moment.replace(microsecond=0)

    assert find_epoch(moment.isoformat()) == whole.timestamp()
    assert find_epoch(whole.astimezone(UTC).isoformat().replace("+00:00", "Z")) == whole.timestamp()


@pytest.mark.parametrize(
    "text", ["2026-02-25T10:30:00Z", "2026-02-25t10:30:00.123456789z", "2026-02-25 12:30:00+02:00"]
)
def test_the_forms_that_the_rfc_allows(text) -> None:
    assert find_epoch(text) == 1772015400


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "2026-02-25",
        "2026-02-25T10:30:00",
        "2026-02-25T10:30Z",
        "2026-02-25T10:30:00.Z",
        "2026-13-25T10:30:00Z",
        "2026-00-25T10:30:00Z",
        "2026-02-25T24:30:00Z",
        "2026-02-25T10:60:00Z",
        "2026-02-25T10:30:00+2:00",
        "2026-02-25T10:30:00ZZ",
        "٢٠٢٦-02-25T10:30:00Z",
        "-026-02-25T10:30:00Z",
    ],
)
def test_what_is_no_time_is_none(text) -> None:
    assert find_epoch(text) is None


@given(st.text(max_size=40))
def test_any_text_is_read_without_a_fault(text) -> None:
    assert find_epoch(text) is None or text
