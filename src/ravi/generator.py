"""Passwords made by chance: one generator for the server, which published clients ask, and for the client."""

from __future__ import annotations

import secrets
import string

MIN_LENGTH = 4
MAX_LENGTH = 256
DEFAULT_LENGTH = 16

#: What most sites accept: no quotes, backslash, backtick or space, which break in shells and forms.
SPECIAL = "!@#$%^&*()-_=+[]{};:,.?"


def generate(
    length: int = DEFAULT_LENGTH,
    *,
    uppercase: bool = True,
    lowercase: bool = True,
    digits: bool = True,
    special: bool = True,
    exclude: str = "",
) -> str:
    """
    Make a password of `length` ASCII characters, with at least one of each class that is on and none of `exclude`.

    Every password that fits is equally likely. Randomness is the operating system's.

    Raises ValueError, with a message for people, for a length outside 4 to 256, when all classes are off, and when
    `exclude` leaves nothing of a class that is on.
    """
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise ValueError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    wanted = (
        ("uppercase letters", string.ascii_uppercase, uppercase),
        ("lowercase letters", string.ascii_lowercase, lowercase),
        ("digits", string.digits, digits),
        ("special characters", SPECIAL, special),
    )
    classes = {name: "".join(char for char in chars if char not in exclude) for name, chars, on in wanted if on}
    if not classes:
        raise ValueError("every class of characters is off: leave at least one on")
    for name, chars in classes.items():
        if not chars:
            raise ValueError(f"the excluded characters leave no {name}: exclude fewer, or turn that class off")
    alphabet = "".join(classes.values())
    # Drawn again until it fits: putting one of each class in first would make some passwords likelier than others.
    # The worst case (length 4; 26, 1, 1 and 1 characters) takes some 1,100 draws of four, a few milliseconds.
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(length))
        if all(any(char in chars for char in password) for chars in classes.values()):
            return password
