"""Values that several commands read: how long, labels, recipients, and paths."""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid, UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(text: str | None, flag: str) -> int | None:
    """
    Seconds from `90`, `45s`, `30m`, `2h`, `7d` or `1w`; None when the flag was not given.

    Raises UsageError when *text* is none of these, or is zero.
    """
    if text is None:
        return None
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    if not (number.isascii() and number.isdecimal()) or len(number) > 9 or int(number) == 0:
        raise UsageError(
            f"{flag} does not understand {text!r}", hint="write it like 2h, 30m, 7d, or as a number of seconds"
        )
    return int(number) * _UNITS[unit]


def labels(pairs: list[str] | None) -> dict[str, str] | None:
    """
    Labels from `k=v` words; None when there are none.

    Raises UsageError for a word without `=`, an empty key, or one key with two values.
    """
    if not pairs:
        return None
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise UsageError(f"--label does not understand {pair!r}", hint="write it like --label team=research")
        if found.setdefault(key, value) != value:
            raise UsageError(f"--label gives {key!r} two values")
    return found


def patterns(texts: list[str] | None, flag: str) -> list[str] | None:
    """
    Each of the patterns in *texts*, which may hold several with commas; None when the flag was not given.

    Raises UsageError when there is none in them, which would mean nobody.
    """
    if texts is None:
        return None
    found = [each.strip() for text in texts for each in text.split(",") if each.strip()]
    if not found:
        raise UsageError(f"{flag} is empty", hint=f"{flag} example.com")
    return found


def absolute(path: str) -> str:
    """
    *path* from the root, counted from the working directory.

    Raises ConfigInvalid when that is needed and was deleted under us, as happens to agents in worktrees.
    """
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        message = "the working directory no longer exists"
        raise ConfigInvalid(message, hint="change to another directory, or give an absolute path") from None
