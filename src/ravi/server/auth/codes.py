"""One-time codes that a person may have to type: Crockford's base 32, no look-alikes, in groups of four."""

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_code(groups: int) -> str:
    """Return a code of *groups* groups of four characters: 20 random bits each."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(groups))


def normal(code: str) -> str:
    """Return *code* as it is compared: case, hyphens, blanks and look-alikes make no difference."""
    return code.strip().upper().translate(_READ_AS)
