"""Mail as the server holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from ravi.server.mail.parsed import Parsed

Direction = Literal["incoming", "outgoing"]
State = Literal["received", "queued", "sent", "partial", "failed"]
SenderType = Literal["owner", "trusted", "untrusted"]
Result = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]


class Mailbox(Struct, frozen=True):
    """
    A recipient that is accepted: whose mail it is, and the address as it was given (`research+news@…`).

    `inbox_id` is the row of the address that the identity has, `address` its spelling there.
    """

    account_id: int
    identity_id: int
    identity_uuid: str
    inbox_id: int
    address: str
    given: str


class Check(Struct, frozen=True):
    """One result of RFC 8601, and what it was computed from."""

    result: Result
    domain: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)


class Verdicts(Struct, frozen=True):
    """What is known about a sender. `local`: an identity of this server, which had to present its credential."""

    spf: Check
    dkim: tuple[Check, ...]
    dmarc: Check
    local: bool = False

    @property
    def certain(self) -> bool:
        """Whether the address in From: can be believed."""
        return self.local or self.dmarc.result == "pass"


class Envelope(Struct, frozen=True):
    """One accepted transaction of SMTP, or of a local delivery: the message for all its recipients at once."""

    peer: str
    helo: str
    mail_from: str
    recipients: tuple[Mailbox, ...]
    raw: bytes
    parsed: Parsed
    verdicts: Verdicts
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int
    uuid: str
    filename: str
    content_type: str
    size: int
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    recipient: str
    state: Literal["queued", "sent", "failed"]
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one identity, with everything but its raw bytes."""

    id: int
    uuid: str
    account_id: int
    identity_id: int
    identity_uuid: str
    direction: Direction
    state: State
    thread_id: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_email: str
    from_name: str
    to_email: str
    cc: str
    reply_to: str
    subject: str
    envelope_to: str
    text_content: str
    html_content: str
    preview: str
    is_read: bool
    sender_type: SenderType
    sender_certain: bool
    verdicts: dict[str, Any]
    defects: tuple[str, ...]
    codes: tuple[dict[str, Any], ...]
    links: tuple[dict[str, Any], ...]
    size: int
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation of one identity, as a list shows it: texts are of the newest message."""

    thread_id: str
    subject: str
    preview: str
    from_email: str
    from_name: str
    inbox: str
    message_count: int
    unread_count: int
    attachment_names: tuple[str, ...]
    latest_at: datetime
    oldest_at: datetime
