"""
What is stored of a message, whoever's it is: made once for all its recipients, before the transaction begins.

Pure: the same bytes give the same result. Finding codes and words costs more than all the SQL, so it must neither be
repeated nor done while others wait for the database.
"""

import hashlib
import re

import msgspec
from msgspec import Struct

from ravi.server.extraction import find_codes, find_links
from ravi.server.mail import search
from ravi.server.mail.parsed import Address, Parsed, Part

#: Of what somebody else wrote into one header field, in characters; the rest is in the raw message.
MOST_OF_A_FIELD = 2_000
#: In bytes: as long as a line may be (RFC 5322 section 2.1.1). PostgreSQL's index takes more than twice as much.
LONGEST_MESSAGE_ID = 998
MOST_REFERENCES = 100
#: RFC 5321 section 4.5.3.1: 64 octets, the @, 255 octets.
LONGEST_ADDRESS = 320

_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]+>")
#: Fields that whoever passes a message on writes on top of it (RFC 5321 section 4.4).
_TRACE = (b"received:", b"return-path:")
_FOLDED = (b" ", b"\t")

_encode = msgspec.json.Encoder().encode


class Prepared(Struct, frozen=True):
    """A message as it is to be stored. `sender` and texts hold no U+0000 and no lone surrogate."""

    raw: bytes
    columns: dict[str, object]
    """Those columns of the table `messages` that are the same for everybody, by name."""
    sender: Address
    subject: str
    message_id: str
    """Empty when the message has none that can be used."""
    references: tuple[str, ...]
    """References, then In-Reply-To: oldest first."""
    words: tuple[str, ...]
    attachments: tuple[Part, ...]
    content: bytes
    """Hash of the message without the trace of its way here."""

    __repr__ = object.__repr__  # what people write does not belong into tracebacks


def prepare(raw: bytes, parsed: Parsed, *, incoming: bool) -> Prepared:
    """Return what is stored of the message *raw*, which `parsing.parse` made *parsed* of. Never raises."""
    subject = _one_field(parsed.subject)
    sender = Address(_one_field(parsed.sender.name), _address(parsed.sender.email))
    text, html, text_of_html = clean(parsed.text), clean(parsed.html), clean(parsed.text_of_html)
    everything = text if text_of_html == text else f"{text}\n{text_of_html}"
    references = tuple(filter(is_message_id, parsed.references))[-MOST_REFERENCES:]
    in_reply_to = parsed.in_reply_to if is_message_id(parsed.in_reply_to) else ""
    attachments = tuple(_clean_part(part) for part in parsed.attachments)
    to, cc = _addresses(parsed.to), _addresses(parsed.cc)
    columns: dict[str, object] = {
        "direction": "incoming" if incoming else "outgoing",
        "is_read": 0 if incoming else 1,
        "attachment_count": len(attachments),
        "size": len(raw),
        "from_email": sender.email,
        "from_name": sender.name,
        "to_email": to,
        "cc": cc,
        "reply_to": _addresses(parsed.reply_to),
        "subject": subject,
        "preview": _one_field(parsed.preview),
        "in_reply_to": in_reply_to,
        "reference_ids": " ".join(references),
        "defects": _encode([clean(defect) for defect in parsed.defects]).decode(),
        "codes": _encode(find_codes(subject, everything) if incoming else []).decode(),
        "links": _encode(find_links(html, everything) if incoming else []).decode(),
        "text_content": text,
        "html_content": html,
    }
    people = (
        sender.name,
        sender.email,
        *(each for place in (parsed.to, parsed.cc) for one in place for each in (one.name, one.email)),
    )
    return Prepared(
        raw=raw,
        columns=columns,
        sender=sender,
        subject=subject,
        message_id=parsed.message_id if is_message_id(parsed.message_id) else "",
        references=tuple(dict.fromkeys((*references, *([in_reply_to] if in_reply_to else ())))),
        words=tuple(search.words_of((subject, *people, *(part.filename for part in attachments), everything))),
        attachments=attachments,
        content=hashlib.sha256(without_trace(raw)).digest(),
    )


def fingerprint(message: Prepared, sender: str, recipient: str) -> bytes:
    """Return what a delivery shares with its repetitions: who sends it to whom (of the envelope), and what."""
    digest = hashlib.sha256(message.content)
    for address in (sender, recipient):
        part = address.casefold().encode("utf-8", "replace")
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()[:16]


def without_trace(raw: bytes) -> memoryview:
    """*raw* without the trace fields at its top, which differ each time a message is handed on."""
    at = 0
    while raw[at : at + 12].lower().startswith(_TRACE):
        while True:
            end = raw.find(b"\n", at)
            at = len(raw) if end < 0 else end + 1
            if not raw.startswith(_FOLDED, at):
                break
    return memoryview(raw)[at:]


def is_message_id(text: str) -> bool:
    """Whether *text* can be looked up by: in angle brackets, without blanks, and of a size that an index takes."""
    return (
        3 <= len(text) <= LONGEST_MESSAGE_ID
        and _ID.fullmatch(text) is not None
        and is_clean(text)
        and (text.isascii() or len(text.encode()) <= LONGEST_MESSAGE_ID)
    )


def clean(text: str) -> str:
    """*text* as both engines can hold it: without U+0000 and halves of characters."""
    if is_clean(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def is_clean(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_field(text: str) -> str:
    return clean(text[:MOST_OF_A_FIELD])


def _address(email: str) -> str:
    """Addresses are compared, so they are in small letters; nobody has two that differ in this only."""
    return clean(email[:LONGEST_ADDRESS]).lower()


def _addresses(people: tuple[Address, ...]) -> str:
    """Return as many addresses as fit, whole ones only."""
    joined = ", ".join(clean(each.email) for each in people)
    return joined if len(joined) <= MOST_OF_A_FIELD else joined[:MOST_OF_A_FIELD].rpartition(", ")[0]


def _clean_part(part: Part) -> Part:
    texts = (part.filename, part.content_type, part.content_id)
    if all(map(is_clean, texts)):
        return part
    filename, content_type, content_id = map(clean, texts)
    return Part(part.position, filename, content_type, content_id, part.content_hash, part.is_inline, part.size)
