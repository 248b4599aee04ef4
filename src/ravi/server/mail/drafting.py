"""From what published clients and ours put into the body of a send to what is meant by it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ravi.errors import Invalid
from ravi.server.http.errors import invalid
from ravi.server.identities.deliverable import deliverable
from ravi.server.mail.html import read_html
from ravi.server.mail.parsed import Address
from ravi.wire import mail as wire

#: Counted over To, Cc and Bcc together.
MOST_RECIPIENTS = 100
MOST_FILES = 100
#: RFC 5322 section 2.1.1.
MOST_SUBJECT = 998
MOST_NAME = 256

_BREAKS = re.compile(r"[\r\n\0]")
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_QUOTED_PAIR = re.compile(r"\\(.)")
#: A tag that people use in mail. `<` in prose, arithmetic or an address in angle brackets is none.
_HTML = re.compile(
    r"<!doctype html|<!--|</?(?:a|abbr|b|big|blockquote|body|br|center|code|dd|del|div|dl|dt|em|font|footer|h[1-6]|head"
    r"|header|hr|html|i|img|ins|li|main|meta|ol|p|pre|q|s|section|small|span|strong|style|sub|sup|table|tbody|td|tfoot"
    r"|th|thead|title|tr|tt|u|ul)(?:\s+[a-z:-]{1,40}\s*=[^<>]{0,2000}|\s*/?)>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What somebody wants to be sent. `subject` None: none was given. `html` empty: text alone.

    `said` tells whether there was a body at all, if only an empty one.
    """

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str | None
    text: str
    html: str
    upload_uuids: tuple[str, ...]
    said: bool

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address once, in the order To, Cc, Bcc."""
        found = {each.email.lower(): each.email for each in (*self.bcc, *self.cc, *self.to)}
        ordered = {each.email.lower(): None for each in (*self.to, *self.cc, *self.bcc)}
        return tuple(found[each] for each in ordered)


def read_draft(body: wire.Compose) -> Draft:
    """Return what *body* means. Raises Invalid naming the field for everything that cannot be sent like this."""
    to = read_addresses("to_email", body.get("to_email") or body.get("to"))
    text, html, said = _contents(body)
    uuids = tuple(dict.fromkeys(each.strip().lower() for each in body.get("attachment_uuids") or [] if each.strip()))
    if len(uuids) > MOST_FILES:
        raise invalid(attachment_uuids=f"are more than {MOST_FILES}")
    draft = Draft(
        to=to,
        cc=read_addresses("cc", body.get("cc")),
        bcc=read_addresses("bcc", body.get("bcc")),
        subject=read_subject(body.get("subject")),
        text=text,
        html=html,
        upload_uuids=uuids,
        said=said,
    )
    check_count(draft)
    return draft


def check_count(draft: Draft) -> None:
    """Raises Invalid for more recipients than a message may have."""
    if len(draft.recipients) > MOST_RECIPIENTS:
        raise invalid(to_email=f"to_email, cc and bcc together are more than {MOST_RECIPIENTS} addresses")


def read_subject(subject: str | None) -> str | None:
    """Return a subject that can stand in a header, None for none. Raises Invalid."""
    if not subject:
        return None
    if _BREAKS.search(subject):
        raise invalid(subject="must be one line")
    if len(subject) > MOST_SUBJECT:
        raise invalid(subject=f"is longer than {MOST_SUBJECT} characters")
    return subject.strip()


def read_addresses(field: str, given: str | list[str] | None) -> tuple[Address, ...]:
    """
    Return the addresses of *given*, a list or texts with commas, each once; a name may stand before an address.

    Raises Invalid for one that is none, or that only mail servers with SMTPUTF8 could carry.
    """
    texts = [given] if isinstance(given, str) else given or []
    if sum(map(len, texts)) > 100_000:
        raise invalid(**{field: "is too long"})
    found: dict[str, Address] = {}
    for text in texts:
        if _BREAKS.search(text):
            raise invalid(**{field: "must not hold a line break"})
        for piece in _pieces(text):
            address = _address(field, piece)
            found.setdefault(address.email.lower(), address)
    return tuple(found.values())


def _pieces(text: str) -> Iterator[str]:
    """Cut at the commas outside of quotes, and leave out what is empty."""
    start, quoted, escaped = 0, False, False
    for place, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            if piece := text[start:place].strip():
                yield piece
            start = place + 1
    if piece := text[start:].strip():
        yield piece


def _address(field: str, piece: str) -> Address:
    name, email = "", piece
    if piece.endswith(">") and (named := _NAMED.fullmatch(piece)):
        name, email = named[1].strip(), named[2].strip()
        if len(name) > 1 and name[0] == name[-1] == '"':
            name = _QUOTED_PAIR.sub(r"\1", name[1:-1]).strip()
    try:
        ascii_email = deliverable(email)
    except ValueError as problem:
        raise _no_address(field, piece, str(problem)) from None
    if not name.isprintable() or len(name) > MOST_NAME:
        raise _no_address(field, piece, "it cannot be written into a message")
    return Address(name, ascii_email)


def _no_address(field: str, piece: str, reason: str) -> Invalid:
    # The reasons are sentences for people who fill in a form.
    return invalid(**{field: f"{piece[:100]!r} is not an address that mail can go to: {reason.rstrip('.')}"})


def _contents(body: wire.Compose) -> tuple[str, str, bool]:
    """Return text and HTML, each from where it was said, and whether anything was."""
    content = body.get("content")
    if content is None:
        content = body.get("body")
    text, html = body.get("text_content"), body.get("html_content")
    said = any(each is not None for each in (content, text, html))
    if content is not None:
        if looks_like_html(content):
            html = html or content
        else:
            text = text or content
    html = html or ""
    return text or (text_of(html) if html else ""), html, said


def looks_like_html(content: str) -> bool:
    """Whether *content*, which says nothing about itself, is HTML."""
    return _HTML.search(content) is not None


def text_of(html: str) -> str:
    """Return what a person reads of *html*."""
    _, text, _ = read_html(html)
    return text
