"""Times as they travel: RFC 3339, UTC, with a `Z`; spans in whole seconds."""

from datetime import datetime, timedelta

from ravi.server.http.errors import invalid


def rfc3339(moment: datetime) -> str:
    """Return *moment* (aware, UTC) as published clients parse it."""
    return moment.isoformat().removesuffix("+00:00") + "Z"


def rfc3339_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def ttl_or_none(seconds: int | None) -> timedelta | None:
    """Return a body's `ttl_seconds` as a span. Raises Invalid when it is not positive or too large to be one."""
    if seconds is None:
        return None
    if not 0 < seconds < 10**10:
        raise invalid(ttl_seconds="must be a positive number of seconds")
    return timedelta(seconds=seconds)
