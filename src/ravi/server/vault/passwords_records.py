"""Passwords of sites as the server holds them. Sealed texts are kept out of the repr."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Password:
    """One login at a site. `domain` is readable; `site` seals the domain that the client computed, or is empty."""

    id: int
    uuid: str
    identity_id: int
    identity_uuid: str
    domain: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    notes: str = field(repr=False)
    site: str = field(repr=False)
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What to store. uuid "": the server chooses one, which only texts of the older format allow."""

    domain: str
    uuid: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    notes: str = field(default="", repr=False)
    site: str = field(default="", repr=False)

    @property
    def sealed(self) -> dict[str, str]:
        """The sealed fields by name."""
        return {"username": self.username, "password": self.password, "notes": self.notes, "site": self.site}


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """
    What to change. `sealed` has the fields that are given; the others stay.

    domain None: stays. revision None: whatever the entry's is.
    """

    sealed: dict[str, str] = field(repr=False)
    domain: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class PasswordVersion:
    """What an entry's sealed fields were until `replaced_at`."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    notes: str = field(repr=False)
    replaced_at: datetime
