"""What may be written as an address, a number or a name of a contact."""

import re

from ravi.server.http.errors import invalid

LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
LONGEST_NAME = 200

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PUNCTUATION = re.compile(r"[\s().\-\u2010-\u2015/]")


def check_email(email: str) -> str:
    """Return *email* in small letters. Raises Invalid."""
    email = email.strip().lower()
    if not is_email(email):
        raise invalid(email="must be an address such as ada@example.org")
    return email


def is_email(text: str) -> bool:
    """Whether *text* has the form of an address."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None and text.isprintable()


def check_phone_number(number: str) -> str:
    """Return *number* in E.164, without the punctuation that people write. Raises Invalid."""
    bare = _PUNCTUATION.sub("", number)
    if number[:1] == " " and bare[:1].isdigit():
        bare = f"+{bare}"  # in a query, a plus sign that was not encoded means a blank
    if not _E164.fullmatch(bare):
        raise invalid(phone_number="must be a number with its country code, such as +15550100123")
    return bare


def check_name(field: str, name: str) -> str:
    """Return *name* with blanks at its ends removed. Raises Invalid, whose details name *field*."""
    name = name.strip()
    if len(name) > LONGEST_NAME or any(not char.isprintable() for char in name):
        raise invalid(**{field: f"at most {LONGEST_NAME} printable characters"})
    return name


def cut_name(name: str) -> str:
    """Return what can be kept of a name that a stranger wrote."""
    return "".join(char for char in name if char.isprintable()).strip()[:LONGEST_NAME].strip()
