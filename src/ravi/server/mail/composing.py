"""
From what is to be said to the bytes of a message (RFC 5322, RFC 2045 to 2047). Pure: the same in, the same out.

The fields on top are written here and the parts below by the standard library, whose folding of long Message-IDs and
of names with quotes in them is not to be relied on. Everything is ASCII in lines of CRLF, so that no relay on the way
has a reason to change it and break a signature.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import MIMEPart
from email.utils import format_datetime

from ravi.server.mail.parsed import Address

#: RFC 5322 section 2.1.1 asks for 78.
_LINE = 76
#: In bytes of UTF-8: an encoded word may have 75 characters (RFC 2047 section 2).
_ENCODED = 42
#: A longer word of ASCII would come near the 998 characters that a line may have, so it is encoded.
_LONGEST_WORD = 400

_POLICY = policy.SMTP.clone(cte_type="7bit")
_BREAKS = re.compile(r"[\r\n\0]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
#: Their bytes may not be encoded, and what stands in them would be read as our own structure.
_STRUCTURE = ("message/", "multipart/")


@dataclass(frozen=True, slots=True)
class File:
    """One attachment. `filename` is safe to write into a header; `content_id` is with angle brackets, or empty."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """
    What is to be sent. Addresses are ASCII; Message-IDs are with angle brackets; `at` has a zone.

    `text` is what programs without HTML show. `html` may be empty, and then there is the text alone.
    """

    message_id: str
    at: datetime
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    html: str = ""
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


def compose(letter: Letter) -> bytes:
    """
    Return the message as it goes over the wire.

    Raises ValueError when something that belongs into a header holds a line break or U+0000, or an address is not
    ASCII: whoever calls has refused that before.
    """
    fields = [
        _field("Date", [format_datetime(letter.at)]),
        _field("From", _mailbox(letter.sender)),
        _field("To", _listed(letter.to)) if letter.to else _field("To", ["undisclosed-recipients:;"]),
    ]
    if letter.cc:
        fields.append(_field("Cc", _listed(letter.cc)))
    fields.append(_field("Subject", _phrase(letter.subject)))
    fields.append(_field("Message-ID", [letter.message_id]))
    if letter.in_reply_to:
        fields.append(_field("In-Reply-To", [letter.in_reply_to]))
    if letter.references:
        fields.append(_field("References", list(letter.references)))
    fields.append(_field("MIME-Version", ["1.0"]))
    return "".join(fields).encode("ascii") + _body(letter)


def _field(name: str, pieces: list[str]) -> str:
    """Return a field, with line breaks between *pieces* where they are needed."""
    lines, line = [], f"{name}:"
    for piece in pieces:
        if _BREAKS.search(piece):
            raise ValueError(f"{name} holds a line break")
        # Never before an empty piece, which is one of several blanks: a line of blanks alone would end the header.
        if piece and len(line) + 1 + len(piece) > _LINE and line.strip() != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {piece}"
    return "\r\n".join([*lines, line]) + "\r\n"


def _phrase(text: str) -> list[str]:
    """Return *text* as words: its own, or encoded ones when it holds more than plain ASCII (RFC 2047)."""
    if _BREAKS.search(text):
        raise ValueError("a text for a header holds a line break")
    words = text.split(" ")
    if text.isascii() and text.isprintable() and "=?" not in text and max(map(len, words)) <= _LONGEST_WORD:
        return words
    return _encoded(text)


def _encoded(text: str) -> list[str]:
    words, chunk = [], b""
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _ENCODED:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return [f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in [*words, chunk]]


def _listed(people: tuple[Address, ...]) -> list[str]:
    pieces: list[str] = []
    for person in people:
        if pieces:
            pieces[-1] += ","
        pieces += _mailbox(person)
    return pieces


def _mailbox(person: Address) -> list[str]:
    """Return the pieces of `"name" <address>`, to be joined by blanks or line breaks."""
    if not person.email.isascii() or not person.email.isprintable() or set(person.email) & set(" <>,"):
        raise ValueError("an address is not as it goes over the wire")
    if not person.name:
        return [person.email]
    if _BREAKS.search(person.name):
        raise ValueError("a name holds a line break")
    if person.name.isascii() and person.name.isprintable() and "=?" not in person.name and len(person.name) < 100:
        escaped = person.name.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"', f"<{person.email}>"]
    return [*_encoded(person.name), f"<{person.email}>"]


def _body(letter: Letter) -> bytes:
    """Return the fields about the content, the empty line, and the content."""
    # The same message has the same boundaries, which nobody can write into its text beforehand.
    mark = hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]
    part = MIMEPart(policy=_POLICY)
    part.set_content(letter.text, charset="utf-8")
    if letter.html:
        part.make_alternative(boundary=f"=_a_{mark}")
        part.add_alternative(letter.html, subtype="html", charset="utf-8")
    if letter.files:
        part.make_mixed(boundary=f"=_m_{mark}")
        for file in letter.files:
            _attach(part, file)
    return bytes(part)


def _attach(part: MIMEPart, file: File) -> None:
    kind = file.content_type.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(_STRUCTURE):
        kind = "application/octet-stream"
    maintype, _, subtype = kind.partition("/")
    part.add_attachment(
        file.content,
        maintype=maintype,
        subtype=subtype,
        disposition="inline" if file.is_inline else "attachment",
        filename=file.filename,
        cid=file.content_id or None,
    )
