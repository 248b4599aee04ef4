"""Device grants and browser sessions as the server holds them. Secret-bearing records mask their repr."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ravi.server.auth import Account, Tokens
from ravi.server.identities import Identity

#: A sign-in lists the first identities, for a person to choose from. Whoever has more asks for the list of them.
LISTED = 500

GrantState = Literal["pending", "approved", "denied", "redeemed"]


@dataclass(frozen=True, slots=True)
class Asker:
    """
    What is known of the device that asks for a sign-in.

    `hostname` and `workspace` are its own words, made fit to be shown; `address` is the peer's, as we see it.
    """

    hostname: str
    workspace: str
    address: str


@dataclass(frozen=True, slots=True)
class StartedGrant:
    """A new grant at the only moment when its codes are known."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """
    One sign-in that a device asked for.

    `account_id` is who decided, once somebody has. `answer` is what the device was told, sealed under its
    device code, while that may be read again.
    """

    id: int
    device_hash: bytes
    asker: Asker
    state: GrantState
    account_id: int | None
    created_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    answer: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that has signed in."""

    account_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a completed sign-in hands out: at most `LISTED` identities; the management key for devices only."""

    account: Account
    tokens: Tokens
    identities: list[Identity]
    management_key: str | None = field(default=None, repr=False)
