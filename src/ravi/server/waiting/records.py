"""What is waited for, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ravi.server.mail.records import Message
from ravi.server.phone.records import Text

Want = Literal["otp", "link", "message"]
Medium = Literal["mail", "sms"]

MEDIA: tuple[Medium, ...] = ("mail", "sms")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last message of each medium that was looked at; 0 begins with what is unread. As text: `12.5`."""

    mail: int = 0
    sms: int = 0

    def of(self, medium: Medium) -> int:
        return self.mail if medium == "mail" else self.sms

    def at(self, medium: Medium, id_: int) -> "Cursor":
        return Cursor(id_, self.sms) if medium == "mail" else Cursor(self.mail, id_)

    def __str__(self) -> str:
        return f"{self.mail}.{self.sms}"


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Which message counts, of the *media* that are named.

    *sender* is a whole address, or a domain with everything below it, or the number, short code or word that a text
    comes from; "" means anybody. *subject* is a part of it, in small letters; texts have none.
    """

    want: Want = "message"
    media: tuple[Medium, ...] = MEDIA
    sender: str = ""
    subject: str = ""
    since: datetime | None = None
    cursor: Cursor = Cursor()
    peek: bool = False
    allow_unverified: bool = False
    hold: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Awaited:
    """Who waits, and for what, as far as the owner is shown it."""

    account_id: int
    identity_id: int
    want: Want
    media: tuple[Medium, ...]
    sender: str


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait that goes on."""

    identity_id: int
    want: Want
    media: tuple[Medium, ...]
    sender: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that has what is wanted. `values` are its codes or links with their scores, best first."""

    medium: Medium
    id: int
    at: datetime
    sender: str
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

    message: Message | Text
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
    cursor: Cursor
    held_back: int
