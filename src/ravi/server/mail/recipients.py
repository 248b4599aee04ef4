"""From what RCPT TO names to one of our addresses."""

import re

from ravi.server.mail.errors import BadRecipient, RelayRefused

#: Whoever runs the server. The only recipient that needs no domain (RFC 5321 sections 2.3.5 and 4.5.1).
POSTMASTER = "postmaster"
#: RFC 5321 section 4.5.3.1: 64 octets before the @, 255 after it.
MOST_LOCAL = 64
MOST_DOMAIN = 255
_DOMAIN = re.compile(r"[^\s@:,<>\"()\[\]\\%!]+")


def parse_recipient(given: str) -> str:
    """
    Return the address that *given* (without angle brackets) means: lower case, without a `+tag`. It may be nobody's.
    `postmaster` alone stays without a domain.

    Every spelling that asks for passing mail on is refused as what it is: source routes (`@a,@b:c@d`), the percent
    hack (`a%b@c`), bang paths (`b!a@c`), and the same within quotes. Raises BadRecipient and RelayRefused.
    """
    if given.lower() == POSTMASTER:
        return POSTMASTER
    if not given or len(given) > MOST_LOCAL + MOST_DOMAIN + 1 or not given.isprintable() or " " in given:
        raise BadRecipient
    if given.startswith("@") or ":" in given:
        raise RelayRefused
    local, at, domain = given.rpartition("@")
    if not at or not local or not _DOMAIN.fullmatch(domain):
        raise BadRecipient
    if len(local.encode()) > MOST_LOCAL or len(domain.encode()) > MOST_DOMAIN:
        raise BadRecipient
    if any(char in local for char in "%!@"):
        raise RelayRefused
    return f"{_small(local.partition('+')[0])}@{_small(domain.rstrip('.'))}"


def _small(text: str) -> str:
    """*text* in small letters, if they are all of ASCII: there are others whose small letter is one of ASCII."""
    return text.lower() if text.isascii() else text
