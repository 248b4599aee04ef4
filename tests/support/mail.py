"""Messages as they come over the wire, and their delivery through the service that the SMTP listener calls."""

import email.utils
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

from ravi.server.mail import Mail
from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Check, Envelope, Verdicts

SENDER = "Bob Builder <bob@shop.example>"


def raw_message(
    text: str = "Hello.\n",
    *,
    sender: str = SENDER,
    to: str = "somebody@in.ravi.localhost",
    subject: str = "Hello",
    message_id: str | None = None,
    html: str | None = None,
    attachments: Sequence[tuple[str, str, bytes]] = (),
    **headers: str,
) -> bytes:
    """
    Return a message with CRLF line ends. *attachments* are (file name, content type, bytes).

    *message_id* of None makes a fresh one, of "" none. Names of more *headers* are written with underscores.
    """
    message = EmailMessage(SMTP.clone(max_line_length=2000))
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if message_id is None:
        message_id = email.utils.make_msgid(domain="shop.example")
    if message_id:
        message["Message-ID"] = message_id
    message["Date"] = "Sun, 01 Mar 2026 12:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for filename, content_type, content in attachments:
        main, _, sub = content_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=filename)
    return message.as_bytes()


def verdicts(*, certain: bool) -> Verdicts:
    """What checking the sender has found: a DMARC pass, or nothing."""
    check = Check("pass" if certain else "none", "shop.example")
    return Verdicts(spf=check, dkim=(check,) if certain else (), dmarc=check)


async def receive(
    mail: Mail,
    to: str | Sequence[str],
    raw: bytes | None = None,
    *,
    mail_from: str = "bounces@shop.example",
    certain: bool = False,
) -> list[int]:
    """Deliver *raw*, or any message, to one or several addresses as SMTP would; return the messages' ids."""
    recipients = [to] if isinstance(to, str) else to
    raw = raw if raw is not None else raw_message(to=recipients[0])
    mailboxes = [await mail.resolve(address) for address in recipients]
    return await mail.receive(
        Envelope(
            peer="192.0.2.1",
            helo="mx.shop.example",
            mail_from=mail_from,
            recipients=tuple(mailboxes),
            raw=raw,
            parsed=parse(raw),
            verdicts=verdicts(certain=certain),
            encrypted=False,
        )
    )
