"""SSO tokens as the server holds them, and what a good one proves."""

from dataclasses import dataclass, field
from datetime import datetime

from ravi.server.auth import Account
from ravi.server.identities import Identity


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh token; shown once."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database knows about a token that was issued. `sign_in_id` is None when a key has asked for it."""

    account_id: int
    credential_id: int
    sign_in_id: int | None
    used: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a token stands for. `owner` is known only where the token is for anybody, the published shape."""

    identity: Identity
    audience: str | None
    expires_at: datetime
    owner: Account | None
