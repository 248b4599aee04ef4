"""
Reading RFC 3339 times without `datetime`, which would cost every start-up more than this page.
"""

from __future__ import annotations


def find_epoch(text: object) -> float | None:
    """
    The seconds since 1970 that *text* (RFC 3339 section 5.6) stands for; None when it is no such time.

    A fraction is dropped: ends of tokens are not that precise. A time without a zone is none.
    """
    if not isinstance(text, str) or not text.isascii() or len(text) < 20 or text[10] not in "Tt ":
        return None
    date, clock, rest = text[:10], text[11:19], text[19:]
    if date[4] != "-" or date[7] != "-" or clock[2] != ":" or clock[5] != ":":
        return None
    digits = date[:4], date[5:7], date[8:], clock[:2], clock[3:5], clock[6:]
    if not all(part.isdigit() for part in digits):
        return None
    year, month, day, hour, minute, second = map(int, digits)
    offset = _find_offset(rest)
    if offset is None or not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return None
    return _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset


def _find_offset(rest: str) -> int | None:
    """Seconds east of UTC in `Z`, `.123Z`, `+02:00`; None when it is none of these."""
    if rest.startswith("."):
        kept = rest[1:].lstrip("0123456789")
        if len(kept) == len(rest) - 1:
            return None
        rest = kept
    if rest in ("Z", "z"):
        return 0
    if len(rest) != 6 or rest[0] not in "+-" or rest[3] != ":":
        return None
    hours, minutes = rest[1:3], rest[4:]
    if not (hours.isdigit() and minutes.isdigit()):
        return None
    east = int(hours) * 3600 + int(minutes) * 60
    return -east if rest[0] == "-" else east


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, counting years from March so that leap days come last."""
    if month <= 2:
        year -= 1
    since_march = (month + 9) % 12
    leaps = year // 4 - year // 100 + year // 400
    return year * 365 + leaps + (153 * since_march + 2) // 5 + day - 1 - 719468
