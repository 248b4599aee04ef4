"""Names of secrets: upper case, because they become variables of the environment."""

from __future__ import annotations

from ravi.errors import UsageError

MAX_KEY_CHARACTERS = 128
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_REST = _FIRST | frozenset("0123456789_")


def normalise(key: str) -> str:
    """
    *key* in upper case, without blanks around it.

    Raises UsageError unless that is a letter followed by letters, digits and underscores, all of ASCII. The message
    does not repeat *key*: what stands in the place of a name may be a value that slipped.
    """
    name = key.strip()
    if not name:
        raise UsageError("the secret's name is empty")
    # One by one: some characters outside ASCII turn into letters of ASCII in upper case.
    strange = next((char for char in name if not char.isascii() or char.upper() not in _REST), None)
    if strange is not None:
        raise UsageError(f"a secret's name cannot hold {strange!r}", hint="name it like API_KEY: A to Z, 0 to 9, _")
    upper = name.upper()
    if upper[0] not in _FIRST:
        raise UsageError("a secret's name begins with a letter", hint="name it like API_KEY: A to Z, 0 to 9, _")
    if len(upper) > MAX_KEY_CHARACTERS:
        raise UsageError(f"the secret's name is longer than {MAX_KEY_CHARACTERS} characters")
    return upper


def fits(key: str) -> bool:
    """Whether *key* is a name as it is kept: what `normalise` would leave alone."""
    return 0 < len(key) <= MAX_KEY_CHARACTERS and key[0] in _FIRST and _REST.issuperset(key)
