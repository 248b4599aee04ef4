"""
From the bytes of a message to what can be shown of it (RFC 5322, RFC 2045 to 2049).

Pure, linear in the length of the message, and never raising: whatever somebody sends has to become something that its
recipient can look at, with `defects` saying what was wrong with it. The bounds are in the modules that do the work:
`headers`, `mime`, `words`, `addresses`, `html_tokens`.
"""

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ravi.server.mail import charsets
from ravi.server.mail.addresses import parse_mailboxes
from ravi.server.mail.bounces import read_bounce
from ravi.server.mail.filenames import safe_filename
from ravi.server.mail.flowed import unflow
from ravi.server.mail.headers import Headers, read_headers
from ravi.server.mail.html import read_html
from ravi.server.mail.identifiers import message_id, message_ids
from ravi.server.mail.mime import Leaf, decoded, find_leaves
from ravi.server.mail.parameters import Valued, parse_parameters
from ravi.server.mail.parsed import Address, Parsed, Part
from ravi.server.mail.words import decode_value

MOST_TEXT_BYTES = 1024 * 1024
MOST_SUBJECT = 998
MOST_PREVIEW = 200
MOST_DEFECTS = 30

#: Text for special programs, beside the same for everybody.
_OTHER_ALTERNATIVES = {"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"}
_ONCE = (b"from", b"sender", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to")
_AUTOMATIC_PRECEDENCE = {b"bulk", b"junk", b"list", b"auto_reply", b"auto-reply"}
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_LINK_TARGET = re.compile(r" ?<(?:https?://|mailto:)[^<>\s]++>")


def parse(raw: bytes) -> Parsed:
    """Return what *raw* says, as far as it can be understood. Never raises."""
    headers = read_headers(raw)
    leaves, defects = find_leaves(raw, headers)
    defects += [f"there is more than one {name.decode()}" for name in _ONCE if len(headers.fields.get(name, ())) > 1]
    text, html, text_of_html, attachments = _contents(raw, leaves, defects)
    senders = parse_mailboxes(b", ".join(headers.all(b"from")))
    if not senders:
        defects.append("there is no sender in From")
    date = _date(headers.first(b"date"))
    if date is None:
        defects.append("there is no date")
    bounce_of, bounced = read_bounce(raw, leaves)
    return Parsed(
        message_id=message_id(headers.first(b"message-id")),
        in_reply_to=message_id(headers.first(b"in-reply-to")),
        references=message_ids(headers.first(b"references")),
        subject=decode_value(headers.first(b"subject") or b"", MOST_SUBJECT),
        sender=senders[0] if senders else Address("", ""),
        to=parse_mailboxes(b", ".join(headers.all(b"to"))),
        cc=parse_mailboxes(b", ".join(headers.all(b"cc"))),
        reply_to=parse_mailboxes(b", ".join(headers.all(b"reply-to"))),
        date=date,
        text=text or text_of_html,
        html=html,
        text_of_html=text_of_html,
        preview=_preview(text or text_of_html),
        attachments=attachments,
        defects=tuple(dict.fromkeys(defects))[:MOST_DEFECTS],
        header_from_count=len(headers.fields.get(b"from", ())),
        senders=senders,
        is_automatic=_is_automatic(headers),
        is_signed=b"dkim-signature" in headers.fields,
        bounce_of=bounce_of,
        bounced=bounced,
    )


def extract_part(raw: bytes, position: int) -> bytes:
    """Return the decoded bytes of the part with the position that `parse` gave it. Raises IndexError for no part."""
    leaves, _ = find_leaves(raw, read_headers(raw))
    if position < 0:
        raise IndexError("positions begin at 0")
    return decoded(raw, leaves[position])[0]


def _contents(raw: bytes, leaves: list[Leaf], defects: list[str]) -> tuple[str, str, str, tuple[Part, ...]]:
    """Return text, harmless HTML, the text of the HTML, and the attachments; add to *defects*."""
    texts: list[str] = []
    htmls: list[str] = []
    attachments: list[Part] = []
    room = MOST_TEXT_BYTES
    for position, leaf in enumerate(leaves):
        kind = leaf.content_type.value
        if leaf.around[-1:] == ("alternative",) and kind in _OTHER_ALTERNATIVES:
            continue
        disposition = parse_parameters(leaf.headers.first(b"content-disposition"))
        content, defect = decoded(raw, leaf)
        if defect:
            defects.append(defect)
        name = disposition.parameters.get("filename") or leaf.content_type.parameters.get("name") or ""
        # Some programs give the text itself a name, though nobody asked for a file.
        is_text = disposition.value != "attachment" and (not name or (position == 0 and not disposition.value))
        if not is_text or kind not in ("text/plain", "text/html"):
            attachments.append(_attachment(leaf, disposition, content, name, position))
            continue
        if len(content) > room:
            defects.append("the text is too long to be shown whole")
            content = content[:room]
        room -= len(content)
        shown, defect = charsets.decode(content, _charset(leaf, content))
        if defect:
            defects.append(defect)
        if kind == "text/html":
            htmls.append(shown)
        else:
            texts.append(unflow(charsets.clean_text(shown), leaf.content_type.parameters))
    text = "\n\n".join(each for each in (each.strip("\n") for each in texts) if each.strip())
    html = text_of_html = ""
    if htmls:
        html, text_of_html, is_cut = read_html("\n".join(htmls))
        if is_cut:
            defects.append("the HTML is too long to be shown whole")
    return text, html, text_of_html, tuple(attachments)


def _charset(leaf: Leaf, content: bytes) -> str:
    charset = leaf.content_type.parameters.get("charset", "")
    if not charset and leaf.content_type.value == "text/html" and (found := _META_CHARSET.search(content, 0, 1024)):
        charset = found[1].decode("ascii", "replace")
    return charset


def _attachment(leaf: Leaf, disposition: Valued, content: bytes, name: str, position: int) -> Part:
    content_id = decode_value(leaf.headers.first(b"content-id") or b"", 255).strip("<> ")
    return Part(
        position=position,
        filename=safe_filename(name, leaf.content_type.value, position),
        content_type=leaf.content_type.value,
        content_id=content_id,
        content_hash=hashlib.sha256(content).digest(),
        is_inline=disposition.value != "attachment" and (disposition.value == "inline" or bool(content_id)),
        size=len(content),
    )


def _preview(text: str) -> str:
    beginning = text[:2000]
    if "<" in beginning:
        beginning = _LINK_TARGET.sub("", beginning)
    return charsets.clean_line(beginning, MOST_PREVIEW)


def _date(value: bytes | None) -> datetime | None:
    """Return a date in UTC, None when there is none that can be read."""
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value[:100].decode("ascii", "replace"))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        # Which of them depends on what is wrong, and on the version of Python.
        return None


def _is_automatic(headers: Headers) -> bool:
    """Whether a program sent it, so that no program should answer (RFC 3834 section 2, RFC 2919)."""
    submitted = (headers.first(b"auto-submitted") or b"no").split(b";")[0].strip().lower()
    precedence = (headers.first(b"precedence") or b"").lower()
    return submitted != b"no" or precedence in _AUTOMATIC_PRECEDENCE or b"list-id" in headers.fields
