"""What is waited for, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ravi.server.mail.records import Message

Want = Literal["otp", "link", "message"]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Which message counts.

    *sender* is a whole address, or a domain with everything below it; "" means anybody. *subject* is a part of it, in
    small letters. *cursor* is the id of the last message that was looked at; 0 begins with what is unread.
    """

    want: Want = "message"
    sender: str = ""
    subject: str = ""
    since: datetime | None = None
    cursor: int = 0
    peek: bool = False
    allow_unverified: bool = False
    hold: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that has what is wanted. `values` are its codes or links with their scores, best first."""

    id: int
    from_email: str
    sender_certain: bool
    subject: str
    values: tuple[tuple[str, float], ...]

    @property
    def best(self) -> str:
        """The code or link that is handed out; "" where a message is wanted, not what is in it."""
        return self.values[0][0] if self.values else ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is handed out: a message, what it is wanted for with its scores, and what others say that fit as well."""

    message: Message
    want: Want
    values: tuple[tuple[str, float], ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a wait came to. `cursor` goes on behind everything that was looked at.

    `held_back` counts messages that would have fitted if their sender were certain.
    """

    found: Found | None
    cursor: int
    held_back: int
