"""What a delivery status notification says (RFC 3464), and which message it is about."""

import re

from ravi.server.mail.addresses import parse_mailboxes
from ravi.server.mail.headers import read_headers
from ravi.server.mail.identifiers import message_ids
from ravi.server.mail.mime import Leaf, decoded

MOST_BYTES = 256 * 1024
MOST_RECIPIENTS = 100

_STATUS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
_GROUPS = re.compile(rb"\n[ \t\r]*\n")


def read_bounce(raw: bytes, leaves: list[Leaf]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Return the Message-IDs that were returned, and the addresses that got nothing, for good.

    Both are empty for a message that is no report, and for one that tells of success or delay.
    """
    if not any("report" in leaf.around for leaf in leaves):
        return (), ()
    failed: list[str] = []
    returned: list[str] = []
    for leaf in leaves:
        kind = leaf.content_type.value
        if kind in _STATUS:
            failed += _failed(decoded(raw, leaf)[0][:MOST_BYTES])
        elif kind in _RETURNED:
            content = decoded(raw, leaf)[0]
            returned += message_ids(read_headers(content).first(b"message-id"))[:1]
    if not failed:
        return (), ()
    return tuple(dict.fromkeys(returned)), tuple(dict.fromkeys(failed))[:MOST_RECIPIENTS]


def _failed(status: bytes) -> list[str]:
    """Return the recipients that the groups of fields name as failed."""
    found: list[str] = []
    for group in _GROUPS.split(status.lstrip(), MOST_RECIPIENTS + 1):
        fields = read_headers(group.lstrip(b"\r\n"))
        action = (fields.first(b"action") or b"").split(b";")[0].strip().lower()
        recipient = fields.first(b"final-recipient") or fields.first(b"original-recipient") or b""
        kind, _, address = recipient.partition(b";")
        if action == b"failed" and kind.strip().lower() in (b"rfc822", b"utf-8"):
            found += [mailbox.email for mailbox in parse_mailboxes(address.strip())[:1]]
    return found
