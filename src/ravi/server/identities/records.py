"""Identities and what they are given, as the server holds them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True)
class Place:
    """The workspace an identity was made for: a host's name and an absolute path there."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One persona. `public_key`, `address` and `number` are None when it has none."""

    id: int
    uuid: str
    name: str
    status: Status
    labels: dict[str, str]
    workspace: Place | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    public_key: str | None
    address: str | None
    number: str | None
    allowed_recipients: tuple[str, ...] | None = None
    """Whom it may write to, as `allowlist` says; None: anybody."""

    @property
    def ref(self) -> tuple[int, str]:
        """What an event needs to know of it."""
        return self.id, self.uuid


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """
    What to create.

    name None: a human one is invented. address None: made from the name. phone None: the server's custom decides.
    country (ISO 3166): a wish for the number, which some carriers cannot follow.
    uuid None: a random one. public_key: that of the vault key which the client has derived for *uuid*.
    """

    name: str | None = None
    uuid: str | None = None
    public_key: str | None = None
    address: str | None = None
    phone: bool | None = None
    country: str = "US"
    labels: dict[str, str] = field(default_factory=dict)
    ttl: timedelta | None = None
    workspace: Place | None = None
    reuse: bool = False
    allowed_recipients: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one of many creations. `created` is False where `reuse` found one; `api_key` is shown only here."""

    identity: Identity
    created: bool
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Inbox:
    id: int
    uuid: str
    address: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Number:
    id: int
    number: str
    carrier: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """A number that a carrier has given to this server. `ref` is what the carrier calls it; "" if it is the number."""

    number: str
    carrier: str
    ref: str


@dataclass(frozen=True, slots=True)
class Domain:
    uuid: str
    domain: str
    is_platform: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a deletion ended: how many credentials of each kind were revoked, how much of each kind erased."""

    uuid: str
    name: str
    address: str | None
    number: str | None
    deleted_at: datetime
    revoked: dict[str, int]
    erased: dict[str, int]
