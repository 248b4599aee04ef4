"""Times are stored as whole microseconds since 1970 UTC: one type that both engines compare exactly."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return *moment* (aware) as microseconds since the epoch."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Return the aware UTC time that `micros` was given."""
    return _EPOCH + timedelta(microseconds=value)
