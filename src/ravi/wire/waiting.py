"""Shapes of waiting for a code, a link or a message."""

from typing import Literal, NotRequired, TypedDict

from ravi.wire.mail import EmailMessage


class WaitRequest(TypedDict, total=False):
    """
    What to wait for. One request waits at most 25 s (`seconds`); `cursor` from the answer goes on where it ended.

    `sender` is an address or a domain (subdomains included) and matches only a sender that is certain, unless
    `allow_unverified`. `since` is RFC 3339: older messages do not count. `peek` leaves a code to be handed out again.

    Without a cursor, messages that are unread count; and without `since` no code that is older than 15 minutes.
    """

    want: Literal["otp", "link", "message"]
    sender: str
    subject: str
    since: str
    seconds: int
    cursor: int
    peek: bool
    allow_unverified: bool


class Candidate(TypedDict):
    """A code or link as it was found, with the score of the rules that found it (0 to 1)."""

    value: str
    score: float


class WaitAnswer(TypedDict):
    """
    `found` false: nothing yet; ask again with `cursor`.

    `code` or `link` is the best candidate of the oldest message that fits. `held_back` counts messages that would have
    fitted but for their sender. `others` are messages in the same wait that say something else.
    """

    found: bool
    cursor: int
    held_back: int
    code: NotRequired[str]
    link: NotRequired[str]
    candidates: NotRequired[list[Candidate]]
    message: NotRequired[EmailMessage]
    others: NotRequired[list[str]]
