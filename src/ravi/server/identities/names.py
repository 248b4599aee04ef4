"""Names and the addresses made from them: pure rules, no database."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

from ravi.server.http.errors import invalid
from ravi.server.identities.errors import AddressInvalid

LONGEST_NAME = 100
SHORTEST_LOCAL, LONGEST_LOCAL = 3, 30

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_LABEL_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,62}")

#: RFC 2142 and common custom: mail to these is read by whoever runs the domain, or trusted as if it were.
RESERVED = frozenset(
    """
    abuse admin administrator hostmaster info mailer-daemon marketing noc no-reply noreply postmaster root sales
    security ssladmin support usenet uucp webmaster www
    """.split()
)

_FIRST = """
    Ada Alan Alice Amara Anna Aris Beatriz Ben Carla Carmen Chen Clara Daniel David Elena Elias Emma Erik Eva
    Farah Felix Fiona Grace Hana Hugo Ida Ines Irene Ivan Jana Jonas Julia Kaito Kira Lara Leo Lena Liam Lucia
    Maya Mara Mei Mina Nadia Nina Noah Nora Olga Omar Oskar Paula Pedro Priya Rafael Rosa Ruth Samir Sara Selma
    Simon Sofia Tara Theo Tomas Vera Viktor Yara Yuki Zoe
""".split()
_LAST = """
    Adler Almeida Andersen Bauer Becker Bell Berg Blanc Braun Carter Castro Chen Costa Cruz Dias Dubois Ekman
    Evans Fischer Fontaine Garcia Gomez Haas Hansen Hayes Holm Ito Jensen Keller Kim Klein Koch Kumar Lang
    Larsen Lopez Marin Martin Meyer Mori Moreau Nakamura Novak Okafor Olsen Park Patel Pereira Petrov Quinn
    Ramos Reed Rossi Roy Sato Silva Singh Stone Tanaka Torres Vega Vogel Wagner Weber Wolf Wood Young Zhang
""".split()


def human_name() -> str:
    """Return a realistic first and last name."""
    return f"{secrets.choice(_FIRST)} {secrets.choice(_LAST)}"


def check_name(name: str) -> str:
    """Return *name* without blanks around it. Raises Invalid when it is empty, too long or holds what no name does."""
    name = name.strip()
    if not name:
        raise invalid(name="must not be empty; leave it out to get an invented one")
    if len(name) > LONGEST_NAME:
        raise invalid(name=f"must have at most {LONGEST_NAME} characters")
    # Controls and direction marks would let a name rewrite the line of a terminal or table that shows it; what is
    # invisible could carry words that a person does not see and a language model does.
    if name.isascii() and name.isprintable():
        return name  # nearly always
    if any(unicodedata.category(c) in _REFUSED and c not in _JOINERS for c in name):
        raise invalid(name="must not contain control characters, direction marks or invisible characters")
    return name


#: Controls, formats, halves of pairs, line and paragraph separators.
_REFUSED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
#: Formats that scripts and emoji are written with: the zero-width joiner and non-joiner.
_JOINERS = frozenset("\u200c\u200d")


def check_labels(labels: dict[str, str]) -> dict[str, str]:
    """Return *labels*. Raises Invalid for more than 20 of them, odd keys or long values."""
    if len(labels) > 20:
        raise invalid(labels="at most 20")
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            raise invalid(
                labels=f"the key {key[:70]!r} must be 1 to 63 of A-Z a-z 0-9 _ . / -, starting with one of the first"
            )
        if len(value) > 255 or not value.isprintable():
            raise invalid(labels=f"the value of {key} must be at most 255 printable characters")
    return labels


def check_uuid(uuid: str) -> str:
    """Return *uuid*. Raises Invalid unless it is a random one (RFC 9562 section 5.4) in lower case."""
    if not _UUID4.fullmatch(uuid):
        raise invalid(uuid="must be a uuid of version 4, in lower case")
    return uuid


def check_local_part(local: str) -> str:
    """
    Return *local* in lower case. Raises AddressInvalid with the rule that it breaks.

    The rules are those that published clients print in their help.
    """
    local = local.strip().lower()
    if not SHORTEST_LOCAL <= len(local) <= LONGEST_LOCAL:
        reason = f"must have {SHORTEST_LOCAL} to {LONGEST_LOCAL} characters before the @"
    elif not _LOCAL.fullmatch(local):
        reason = "may hold a-z, 0-9, dots and hyphens, and starts and ends with a letter or digit"
    elif ".." in local or "--" in local:
        reason = "must not repeat dots or hyphens"
    elif local in RESERVED:
        reason = f"{local} is reserved for whoever runs the mail domain"
    else:
        return local
    raise AddressInvalid(f"email: {reason}", details={"email": [reason]})


def local_parts(name: str) -> Iterator[str]:
    """
    Yield local parts for *name*, the plain one first, then with more and more random digits.

    Always valid and never reserved; the caller stops at the first that is free.
    """
    stem = _slug(name)
    if len(stem) >= SHORTEST_LOCAL and stem not in RESERVED:
        yield stem
    for digits in (3, 4, 4, 5, 5, 6, 6, 8, 8, 10):
        room = LONGEST_LOCAL - digits - 1
        suffix = "".join(secrets.choice("0123456789") for _ in range(digits))
        yield f"{stem[:room].rstrip('.-') or 'agent'}-{suffix}"


def _slug(name: str) -> str:
    # NFKD splits accents off, so that "Zoë" becomes "zoe" and not "zo".
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9.]+", "-", plain)
    plain = re.sub(r"[.-]*\.[.-]*", ".", plain) if "." in plain else plain
    return re.sub(r"-{2,}", "-", plain).strip(".-")[:LONGEST_LOCAL].strip(".-")
