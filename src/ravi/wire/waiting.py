"""Shapes of waiting for a code, a link or a message."""

from typing import Literal, NotRequired, TypedDict

from ravi.wire.mail import EmailMessage
from ravi.wire.phone import SmsMessage


class WaitRequest(TypedDict, total=False):
    """
    What to wait for. One request waits at most 25 s (`seconds`); `cursor` from the answer goes on where it ended.

    By mail or by SMS, whichever comes first, unless `medium` says which. `sender` is an address or a domain (subdomains
    included), or what a text comes from: a number, a short code, a word. It matches only a sender that is certain,
    unless `allow_unverified`; a word never is. `since` is RFC 3339: older messages do not count. `peek` leaves a code
    to be handed out again.

    Without a cursor, messages that are unread count; and without `since` no code that is older than 15 minutes.
    """

    want: Literal["otp", "link", "message"]
    medium: Literal["any", "mail", "sms"]
    sender: str
    subject: str
    since: str
    seconds: int
    cursor: str
    peek: bool
    allow_unverified: bool


class Candidate(TypedDict):
    """A code or link as it was found, with the score of the rules that found it (0 to 1)."""

    value: str
    score: float


class WaitAnswer(TypedDict):
    """
    `found` false: nothing yet; ask again with `cursor`.

    `medium` says whether what was found is under `message` (mail) or under `sms`. `code` or `link` is the best
    candidate of the oldest message that fits. `held_back` counts messages that would have fitted but for their sender.
    `others` are messages in the same wait, by either medium, that say something else.
    """

    found: bool
    cursor: str
    held_back: int
    code: NotRequired[str]
    link: NotRequired[str]
    candidates: NotRequired[list[Candidate]]
    medium: NotRequired[Literal["mail", "sms"]]
    message: NotRequired[EmailMessage]
    sms: NotRequired[SmsMessage]
    others: NotRequired[list[str]]
