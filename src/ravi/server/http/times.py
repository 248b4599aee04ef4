"""Times as they travel: RFC 3339, UTC, with a `Z`."""

from datetime import datetime


def rfc3339(moment: datetime) -> str:
    """Return *moment* (aware, UTC) as published clients parse it."""
    return moment.isoformat().removesuffix("+00:00") + "Z"


def rfc3339_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
