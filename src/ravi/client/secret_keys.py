"""Names of secrets: upper case, because they become variables of the environment."""

from __future__ import annotations

from ravi.errors import UsageError

MAX_KEY_CHARACTERS = 128
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_REST = _FIRST | frozenset("0123456789_")


def normalise(key: str) -> str:
    """*key* in upper case. Raises UsageError unless that is a letter followed by letters, digits and underscores."""
    upper = key.strip().upper()
    if not upper:
        raise UsageError("the secret's name is empty")
    if upper[0] not in _FIRST or not _REST.issuperset(upper):
        raise UsageError(f"{key[:80]!r} cannot name a secret: a letter, then letters, digits and underscores (API_KEY)")
    if len(upper) > MAX_KEY_CHARACTERS:
        raise UsageError(f"the secret's name is longer than {MAX_KEY_CHARACTERS} characters")
    return upper
