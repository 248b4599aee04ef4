"""What parsing makes of a message: plain data, whatever the message was."""

from datetime import datetime

from msgspec import Struct


class Address(Struct, frozen=True):
    """One mailbox of a header field. `email` is lower case where it is one of ours to compare; `name` may be empty."""

    name: str
    email: str


class Part(Struct, frozen=True):
    """
    One attachment. `position` finds it again in the same raw message (`parsing.extract_part`); `filename` is safe to
    show and to save (no path, no control characters); `content_hash` is the SHA-256 of the decoded bytes;
    `content_id` stands without its brackets, as in `cid:` links.
    """

    position: int
    filename: str
    content_type: str
    content_id: str
    content_hash: bytes
    is_inline: bool
    size: int


class Parsed(Struct, frozen=True):
    """
    A message as far as it could be understood; `defects` lists what was wrong with it, in words.

    `sender` is the first mailbox of From, with empty texts when there is none. `senders` holds all of them, and
    `header_from_count` says how many From fields there were: only a single one makes a sender that can be believed.

    Message-IDs are with angle brackets; `message_id` is empty when there was none. `html` is sanitised, `text` is
    what a person would read (made from the HTML when there is no text part), `text_of_html` is the HTML part alone
    as text, for finding codes. `is_signed` says that there is a DKIM signature, right or wrong. `bounce_of` holds the
    Message-IDs that a delivery status notification (RFC 3464) is about, with `bounced` the recipients it names as
    failed.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    subject: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    date: datetime | None
    text: str
    html: str
    text_of_html: str
    preview: str
    attachments: tuple[Part, ...]
    defects: tuple[str, ...]
    header_from_count: int
    senders: tuple[Address, ...]
    is_automatic: bool
    is_signed: bool
    bounce_of: tuple[str, ...]
    bounced: tuple[str, ...]
