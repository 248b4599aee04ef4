"""
The mailboxes of From, To and their like (RFC 5322 section 3.4), read once, in linear time, without recursion.

Structure comes before decoding: an encoded word is a name and can never become an address. Who a message is from
decides whom it is believed to be from, so what can be read in two ways is not guessed at.
"""

import re

from ravi import domains
from ravi.server.mail import charsets
from ravi.server.mail.parsed import Address
from ravi.server.mail.words import decode_words

MOST_MAILBOXES = 500
#: What 500 mailboxes need, and more; a field of nothing but brackets has a hundred times as many.
MOST_TOKENS = 20_000
MOST_NAME = 256
#: RFC 5321 section 4.5.3.1, with the octets of both sides of the @.
MOST_EMAIL = 320

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]++)
    |(?P<quoted>"(?:[^"\\]++|\\.)*+"?+)
    |(?P<literal>\[[^\[\]\\]*+\]?+)
    |(?P<special>[()<>,;:@])
    |(?P<atom>(?:[^ \t\r\n"\[()<>,;:@\\]|\\.?+)++)""",
    re.VERBOSE | re.DOTALL,
)
#: One mailbox without anything that could be read in two ways, as most fields have it.
_PLAIN = re.compile(
    rb"(?:([A-Za-z0-9]++(?: [A-Za-z0-9]++)*+) )?<([A-Za-z0-9]++(?:[._+-][A-Za-z0-9]++)*+)"
    rb"@([A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)*+)>"
)
_MOST_PLAIN = 256
_COMMENT_CHARS = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_AROUND_DOTS = re.compile(r" ?([.@]) ?")
_LOCAL = re.compile(r'[^\s"()<>\[\]:;,@\\\x00-\x1f\x7f]+|"(?:[^"\\\x00-\x1f\x7f]++|\\[^\x00-\x1f\x7f])*+"')
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.\-]*[a-z0-9_])?\.?|\[[a-z0-9_:.\-]+\]", re.ASCII)


def parse_mailboxes(value: bytes) -> tuple[Address, ...]:
    """
    Return the mailboxes of an unfolded field value, groups opened, in order.

    `email` is in lower case, its domain in A-labels. What is no address is left out. Never raises.
    """
    if not value:
        return ()
    if len(value) <= _MOST_PLAIN and (plain := _PLAIN.fullmatch(value)):  # a quarter of the time
        name, local, domain = plain.groups(b"")
        return (Address(name.decode("ascii"), f"{local.decode('ascii')}@{domain.decode('ascii')}".lower()),)
    reading = _Reading()
    text = charsets.decode(value)[0]
    at = 0
    for _ in range(MOST_TOKENS):
        token = _TOKEN.match(text, at)
        if token is None or len(reading.found) == MOST_MAILBOXES:
            break
        kind, piece, at = token.lastgroup, token[0], token.end()
        if piece == "(":
            start, at = at, _end_of_comment(text, at)
            reading.comment(text[start : at - 1])
        elif kind == "special":
            reading.special(piece)
        else:
            reading.piece(kind, piece)
    reading.flush()
    return tuple(reading.found[:MOST_MAILBOXES])


class _Reading:
    """What was read of the mailbox at hand, and the mailboxes before it."""

    def __init__(self) -> None:
        self.found: list[Address] = []
        self._clear()

    def _clear(self) -> None:
        self._outside: list[tuple[str | None, str]] = []
        self._inside: list[tuple[str | None, str]] | None = None
        self._closed = False
        self._comment = ""

    def piece(self, kind: str | None, text: str) -> None:
        if self._inside is None or self._closed:
            self._outside.append((kind, text))
        else:
            self._inside.append((kind, text))

    def comment(self, text: str) -> None:
        self._comment = self._comment or text
        self.piece("blank", " ")

    def special(self, char: str) -> None:
        open_ = self._inside is not None and not self._closed
        if char == "<":
            if self._inside is not None:
                # A second address without a comma: two mailboxes, so that neither hides behind the other.
                self.flush()
            self._inside = []
        elif char == ">":
            self._closed = self._inside is not None
        elif open_ and char == ":":
            # A source route in front of the address: obsolete, and nothing but the address counts.
            self._inside = []
        elif open_ and char == "," and self._inside and self._inside[0][1] == "@":
            self._inside = [("atom", "@")]
        elif char in ",;":
            self.flush()
        elif char == ":":
            # What came before was the name of a group, unless it was an address, which does not vanish.
            if self._inside is None:
                self._clear()
            else:
                self.flush()
        else:
            self.piece("atom", char)

    def flush(self) -> None:
        """End the mailbox at hand."""
        if self._inside is not None:
            email = _email(_closed_up(self._inside))
            name = _phrase(self._outside)
        else:
            email = _email(_closed_up(self._outside))
            name = ""
        if email:
            name = name or decode_words(_QUOTED_PAIR.sub(r"\1", self._comment))
            self.found.append(Address(charsets.clean_line(name, MOST_NAME), email))
        self._clear()


def _end_of_comment(text: str, at: int) -> int:
    """Return where the comment ends in which *at* is. Comments nest; one without end goes to the end."""
    depth = 1
    for found in _COMMENT_CHARS.finditer(text, at):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return found.end()
    return len(text) + 1


def _closed_up(pieces: list[tuple[str | None, str]]) -> str:
    """Return an address without the blanks that may stand around its dots and its @; others make it none."""
    spaced = "".join(" " if kind == "blank" else text for kind, text in pieces)
    return _AROUND_DOTS.sub(r"\1", " ".join(spaced.split())) if " " in spaced else spaced


def _phrase(pieces: list[tuple[str | None, str]]) -> str:
    """Return a display name: quotes removed, encoded words decoded where they stand free."""
    text = "".join(
        _QUOTED_PAIR.sub(r"\1", piece[1:].removesuffix('"')) if kind == "quoted" else piece for kind, piece in pieces
    )
    return decode_words(text.strip())


def _email(text: str) -> str:
    """Return an address in one spelling, empty when it is none."""
    if len(text) > MOST_EMAIL:
        return ""
    local, at, domain = text.rpartition("@")
    # Invisible characters would make two addresses look the same.
    if not at or not local.isprintable() or not _LOCAL.fullmatch(local):
        return ""
    if not domain.isascii():
        try:
            domain = domains.host(domain)
        except ValueError:
            return ""
    domain = domain.lower()
    if not _DOMAIN.fullmatch(domain) or ".." in domain:
        return ""
    return f"{local.lower()}@{domain.rstrip('.')}"
