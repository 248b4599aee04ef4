"""Accounts, keys and tokens as the server holds them. Secret-bearing records mask their repr."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Account:
    """One owner. `has_password` is False until the first one-time code was used to set one."""

    id: int
    uuid: str
    email: str
    first_name: str
    last_name: str
    has_password: bool


@dataclass(frozen=True, slots=True)
class SigninCode:
    """A one-time code; shown once, kept as a hash."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access and a refresh token of one family. `expires_at` is the access token's end."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedOut:
    """How much ended when an account signed out everywhere; sessions in browsers count as sign-ins."""

    sign_ins: int
    keys: int


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without its secret. `masked` is what may be shown of it."""

    uuid: str
    kind: Literal["management", "identity"]
    label: str
    masked: str
    identity_uuid: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A key at the only moment when its secret is known."""

    secret: str = field(repr=False)
    key: Key


@dataclass(frozen=True, slots=True)
class Presented:
    """What the database knows about a presented credential."""

    id: int
    uuid: str
    account_id: int
    kind: Literal["access", "refresh", "management", "identity"]
    sign_in_id: int | None
    expires_at: datetime | None
    revoked: bool
    used_at: datetime | None
    identity: "PresentedIdentity | None"


@dataclass(frozen=True, slots=True)
class PresentedIdentity:
    """The identity a credential is bound to."""

    id: int
    uuid: str
    name: str
    status: str
    expires_at: datetime | None
