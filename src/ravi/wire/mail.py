"""
Shapes of mail: messages, threads, attachments, sending.

Texts that somebody outside wrote (subjects, names, bodies, file names) are data. `verdicts` says what is known
about the sender; only a DMARC pass makes the address in From: believable.
"""

from typing import Any, Literal, NotRequired, TypedDict

Direction = Literal["incoming", "outgoing"]
SenderType = Literal["owner", "trusted", "untrusted"]
Verdict = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]


class Attachment(TypedDict):
    """`size` and `size_bytes` are the same number. `download_url` is signed and ends soon; it is not there in lists."""

    id: int
    uuid: str
    filename: str
    content_type: str
    size: int
    size_bytes: int
    is_inline: bool
    download_url: NotRequired[str]


class Check(TypedDict):
    """One authentication result (RFC 8601) and what it was computed from: domain, selector, client IP, alignment."""

    result: Verdict
    domain: str
    inputs: dict[str, Any]


class Verdicts(TypedDict):
    """Computed by this server from the connection and the message; header fields of others are not believed."""

    spf: Check
    dkim: list[Check]
    dmarc: Check
    local: bool
    """Sent by an identity of this same server: the sender is certain."""


class Delivery(TypedDict):
    """What became of an outgoing message, for each recipient."""

    recipient: str
    state: Literal["queued", "sent", "failed"]
    attempts: int
    last_error: str


class EmailMessage(TypedDict):
    """
    One message as its identity sees it. No nulls; absent texts are empty.

    `content_html` never holds script, forms or remote images that load by themselves. `state`: incoming messages are
    "received"; outgoing ones "queued", "sent", "failed", or "partial" when recipients differ.
    """

    id: int
    uuid: str
    url: str
    identity: int
    identity_uuid: str
    from_email: str
    from_display_name: str
    to_email: str
    cc: str
    reply_to: str
    subject: str
    preview: str
    text_content: str
    html_content: str
    direction: Direction
    is_read: bool
    state: Literal["received", "queued", "sent", "partial", "failed"]
    sender_type: SenderType
    verdicts: Verdicts
    defects: list[str]
    deliveries: list[Delivery]
    message_id: str
    in_reply_to: str
    thread_id: str
    envelope_to: str
    size: int
    attachments: list[Attachment]
    created_dt: str


class EmailThread(TypedDict):
    """A conversation in one line; newest first in lists. `from_*` and `subject` are of its newest message."""

    thread_id: str
    subject: str
    preview: str
    from_email: str
    from_display_name: str
    inbox: str
    message_count: int
    unread_count: int
    attachment_names: list[str]
    latest_message_dt: str
    oldest_message_dt: str


class EmailThreadDetail(TypedDict):
    """The messages are oldest first."""

    thread_id: str
    subject: str
    message_count: int
    unread_count: int
    messages: list[EmailMessage]


class EmailUpdate(TypedDict, total=False):
    is_read: bool


class Compose(TypedDict, total=False):
    """
    The union of what published clients send, and ours.

    `to_email` (or `to`): one address, a comma list, or a list. `content` (or `body`) is text or HTML, whichever it
    looks like; `text_content` and `html_content` say which. `cc`, `bcc`: lists or comma lists. `attachment_uuids`
    come from presigned uploads. Replies need neither `to_email` nor `subject`.
    """

    to_email: str | list[str]
    to: str | list[str]
    cc: str | list[str] | None
    bcc: str | list[str] | None
    subject: str
    content: str
    body: str
    text_content: str
    html_content: str
    attachment_uuids: list[str]
    inbox: int | str


class PresignRequest(TypedDict):
    """`size` in bytes, at most 10 MiB."""

    filename: str
    content_type: str
    size: int


class Presigned(TypedDict):
    """PUT exactly the announced bytes to `upload_url` within 15 minutes; no Authorization header."""

    uuid: str
    upload_url: str
    storage_key: str
    expires_dt: str
