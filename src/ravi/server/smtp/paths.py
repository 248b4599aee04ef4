"""The arguments of MAIL and RCPT (RFC 5321 section 4.1.2)."""

import re

from msgspec import Struct

#: RFC 5321 says 256. Addresses that bounces come back to are often longer than their standard.
LONGEST_PATH = 512

# One way to match each character, so that time is linear.
_PATH = re.compile(r' *<((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>(?: +(.*))?', re.DOTALL)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")


class BadArgument(ValueError):
    """The argument cannot be read; the text is the SMTP reply."""


class Argument(Struct, frozen=True):
    """`address` without angle brackets, empty for `<>`; parameters with names in upper case, None without a value."""

    address: str
    parameters: dict[str, str | None]


def parse_argument(text: str, keyword: str) -> Argument:
    """
    Read `FROM:<address> [parameters]`, or `TO:`, whichever *keyword* says. Raises BadArgument.

    Spaces behind the colon are forgiven, because many programs write them.
    """
    if text[: len(keyword)].upper() != keyword:
        raise BadArgument(f"501 5.5.4 expected {keyword}<address>")
    match = _PATH.fullmatch(text[len(keyword) :])
    if match is None:
        raise BadArgument(f"501 5.5.4 expected {keyword}<address>, with the angle brackets")
    address, rest = match[1], (match[2] or "").strip(" ")
    if len(address) > LONGEST_PATH or not address.replace(" ", "").isprintable():
        raise BadArgument(
            "553 5.1.3 this is not an address" if keyword == "TO:" else "553 5.1.7 this is not an address"
        )
    return Argument(address, _parameters(rest))


def check_sender(address: str, *, utf8: bool) -> None:
    """Raise BadArgument unless *address* is one that mail can come from; empty is the sender of bounces."""
    if not address:
        return
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or address.startswith("@") or " " in domain:
        raise BadArgument("553 5.1.7 this is not an address")
    check_ascii(address, utf8=utf8)


def check_ascii(address: str, *, utf8: bool) -> None:
    """Raise BadArgument for an address that is not ASCII where MAIL did not say SMTPUTF8 (RFC 6531 section 3.5)."""
    if not utf8 and not address.isascii():
        raise BadArgument("553 5.6.7 an address that is not ASCII needs SMTPUTF8")


def _parameters(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in found:
            raise BadArgument("501 5.5.4 a parameter cannot be read")
        found[match[1].upper()] = match[2]
    return found
