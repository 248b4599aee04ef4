"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time (aware, UTC); services take it where they take `now`."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> datetime:
        """Move forward by `timedelta(**span)` and return the new time."""
        self.at += timedelta(**span)
        return self.at
