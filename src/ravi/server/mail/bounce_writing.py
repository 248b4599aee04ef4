"""The message that tells a sender what could not be delivered (RFC 3461 to 3464). Pure."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ravi.server.mail.composing import Letter, compose
from ravi.server.mail.parsed import Address

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
#: Of the original only the header is returned, and of a long one the beginning.
_MOST_RETURNED = 16 * 1024
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """`reason` is the SMTP reply, or our own words about it."""

    recipient: str
    reason: str


def write_bounce(
    original: bytes, *, sender: str, failures: Sequence[Failure], message_id: str, original_id: str, at: datetime
) -> bytes:
    """Return the report to *sender* about *original*, whose Message-ID is *original_id*."""
    domain = sender.rpartition("@")[2]
    listed = "\n".join(f"  {each.recipient}\n    {one_line(each.reason)}" for each in failures)
    letter = Letter(
        message_id=message_id,
        at=at,
        sender=Address("Mail delivery", f"mailer-daemon@{domain}"),
        to=(Address("", sender),),
        cc=(),
        subject="Your message could not be delivered",
        text=f"Your message did not reach\n\n{listed}\n\nIt will not be tried again.\n",
        in_reply_to=original_id,
        references=(original_id,),
    )
    head, _, text = compose(letter).partition(b"MIME-Version: 1.0\r\n")
    mark = f"=_b_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
    status = [f"Reporting-MTA: dns; {domain}"]
    for each in failures:
        status += ["", f"Final-Recipient: rfc822; {each.recipient}", "Action: failed"]
        status += [f"Status: {status_of(each.reason)}", f"Diagnostic-Code: smtp; {one_line(each.reason)}"]
    # As far as it is ASCII, which everything is that we wrote ourselves.
    returned = original.partition(b"\r\n\r\n")[0][:_MOST_RETURNED].rpartition(b"\r\n")[0] or b"Subject: (cut)"
    returned = returned.decode("ascii", "replace").encode("ascii", "replace")
    return b"\r\n".join(
        [
            head + b"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{mark}"'.encode(),
            b"",
            f"--{mark}".encode(),
            text.rstrip(b"\r\n"),
            f"--{mark}\r\nContent-Type: message/delivery-status\r\n".encode(),
            "\r\n".join(status).encode("ascii"),
            f"\r\n--{mark}\r\nContent-Type: text/rfc822-headers\r\n".encode(),
            returned,
            f"\r\n--{mark}--\r\n".encode(),
        ]
    )


def status_of(reason: str) -> str:
    """Return the enhanced status code (RFC 3463) of a reply, 5.0.0 when it names none that is final."""
    found = _STATUS.search(reason)
    return found[1] if found and found[1].startswith("5") else "5.0.0"


def one_line(reason: str) -> str:
    """Return *reason*, which a stranger's server may have written, as plain ASCII on one line."""
    shown = "".join(char if char.isprintable() and char.isascii() else " " for char in reason)
    return " ".join(shown.split())[:MOST_REASON]
