"""What the server's memory of a carrier means: silence, refusals, and when neither is worth a word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ravi.server.command.phone_doctor import arrivals
from ravi.server.phone.records import DeviceRecord

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def record(device: str = "d1", **more: Any) -> DeviceRecord:
    known: dict[str, Any] = {
        "detail": "",
        "last_seen_at": None,
        "last_text_at": None,
        "last_refused_at": None,
        "last_refusal": "",
        "refused": 0,
    }
    return DeviceRecord("android", device, **{**known, **more})


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def test_a_carrier_that_was_never_heard_of_is_not_fine():
    (finding,) = arrivals([], NOW)
    assert (finding.fine, finding.detail) == (False, "nothing has ever arrived")
    assert finding.advice


@pytest.mark.parametrize(
    ("seen", "words", "fine"),
    [
        ({"seconds": 3}, "just now", True),
        ({"minutes": 1}, "1 minute ago", True),
        ({"minutes": 59}, "59 minutes ago", True),
        ({"hours": 23}, "23 hours ago", True),
        ({"days": 3}, "3 days ago", False),
        ({"minutes": -2}, "just now", True),  # another machine's clock
    ],
)
def test_a_device_is_missed_after_a_day(seen: dict[str, float], words: str, fine: bool):
    (finding,) = arrivals([record(last_seen_at=ago(**seen), detail="battery 94 %")], NOW)
    assert finding.fine is fine
    assert finding.detail == f"last sign of life {words}, never a text, battery 94 %"


def test_a_carrier_without_devices_may_be_silent_for_days():
    (finding,) = arrivals([record("", last_seen_at=ago(days=9), last_text_at=ago(days=9))], NOW)
    assert finding.fine


def test_refusals_count_until_something_good_comes():
    refused = record("", last_refused_at=ago(hours=2), last_refusal="the signature does not fit", refused=12)
    before, after = record(last_seen_at=ago(hours=3)), record(last_seen_at=ago(hours=1))
    _, bad = arrivals([refused, before], NOW)
    assert not bad.fine
    assert bad.detail == "12 webhooks were refused, last 2 hours ago: the signature does not fit"
    assert "public_url" in bad.advice
    _, good = arrivals([refused, after], NOW)
    assert good.fine
    only, bad = arrivals([refused], NOW)
    assert (only.detail, bad.fine) == ("nothing has ever arrived", False)
