"""What a reply or a forward takes over from the message that it is about. Pure."""

import html
import re
from email.utils import format_datetime

from ravi.server.mail.parsed import Address
from ravi.server.mail.records import Message

#: RFC 5322 section 3.6.4 grows without end; the thread's first and the nearest ones are what readers look for.
MOST_REFERENCES = 20

_REPLY = re.compile(
    r"\s*(?:re|aw|antwort|antw|sv|vs|odp|ynt|rif|res|回复|答复|回覆)\s?(?:\[\d{1,3}\])?\s?[:\uff1a]", re.IGNORECASE
)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|转发|轉寄)\s?(?:\[\d{1,3}\])?\s?[:\uff1a]", re.IGNORECASE)
_ID = re.compile(r"<[!-;=?-~]{1,498}>")


def reply_subject(subject: str) -> str:
    """Return *subject* with `Re: ` in front, unless it says in some language that it answers already."""
    return subject.strip() if _REPLY.match(subject) else f"Re: {subject.strip()}".strip()


def forward_subject(subject: str) -> str:
    """Return *subject* with `Fwd: ` in front, unless it says in some language that it was passed on already."""
    return subject.strip() if _FORWARD.match(subject) else f"Fwd: {subject.strip()}".strip()


def references_to(message: Message) -> tuple[str, ...]:
    """Return the References of an answer to *message*, whose own Message-ID is the last (RFC 5322 section 3.6.4)."""
    before = message.references or ((message.in_reply_to,) if message.in_reply_to else ())
    chain = [each for each in dict.fromkeys((*before, message.message_id)) if _ID.fullmatch(each)]
    # The original's own goes to the end, wherever it stood before.
    if _ID.fullmatch(message.message_id):
        chain = [*(each for each in chain if each != message.message_id), message.message_id]
    return tuple(chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[1 - MOST_REFERENCES :]])


def reply_recipients(message: Message, own: str, *, everybody: bool) -> tuple[list[str], list[str]]:
    """
    Return the To and Cc addresses of a reply from *own*.

    To whoever wants the answer: Reply-To, else From; of one's own message, those it went to. With *everybody* also the
    other recipients. One's own address, also with a `+tag`, is left out, unless nobody else is there.
    """
    to, cc = addresses_in(message.to_email), addresses_in(message.cc)
    if message.direction == "outgoing":
        target, others = to, cc
    else:
        target, others = addresses_in(message.reply_to) or addresses_in(message.from_email), [*to, *cc]
    to = [each for each in target if not _is_own(each, own)] or target
    if not everybody:
        return to, []
    taken = {each.lower() for each in to}
    return to, [each for each in dict.fromkeys(others) if each.lower() not in taken and not _is_own(each, own)]


def addresses_in(field: str) -> list[str]:
    """Return the addresses of a field of a stored message, where commas separate them."""
    return [each.strip() for each in field.split(", ") if each.strip()]


def _is_own(address: str, own: str) -> bool:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" == own.lower()


def forwarded_text(said: str, message: Message) -> str:
    """Return the text of a forward: what is *said* about it, then the original."""
    head = "\n".join(f"{name}: {value}" for name, value in _head(message))
    begin = f"{said.rstrip()}\n\n" if said.strip() else ""
    return f"{begin}---------- Forwarded message ----------\n{head}\n\n{message.text_content}\n"


def forwarded_html(said: str, message: Message) -> str:
    """Return the same in HTML; *said* is HTML, and the original's is the harmless version that was stored."""
    head = "<br>\n".join(f"{html.escape(name)}: {html.escape(value)}" for name, value in _head(message))
    original = message.html_content or text_as_html(message.text_content)
    return (
        f"{said}\n<p>---------- Forwarded message ----------<br>\n{head}</p>\n<blockquote>\n{original}\n</blockquote>\n"
    )


def text_as_html(text: str) -> str:
    """Return *text* so that it looks the same in HTML."""
    return f'<div style="white-space: pre-wrap">{html.escape(text)}</div>'


def _head(message: Message) -> list[tuple[str, str]]:
    sender = Address(message.from_name, message.from_email)
    shown = f"{sender.name} <{sender.email}>" if sender.name else sender.email
    fields = [
        ("From", shown),
        ("Date", format_datetime(message.created_at)),
        ("Subject", message.subject),
        ("To", message.to_email),
        ("Cc", message.cc),
    ]
    return [(name, value) for name, value in fields if value]
