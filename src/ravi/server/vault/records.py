"""What the vault holds: text that the server was given and cannot use for anything."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["secret", "password", "totp"]


@dataclass(frozen=True, slots=True)
class Encryption:
    """
    An account's key material. Nothing of it opens anything without what only its owner has.

    `salt`, `verifier` and `public_key` are format 1, of the published client v0.5.2; `root_salt` and `wrapped_root`
    are format 2. `root_version` counts the changes of the latter.
    """

    id: int
    salt: str | None
    verifier: str | None
    public_key: str | None
    root_salt: str | None
    wrapped_root: str | None
    root_version: int

    @property
    def format(self) -> Literal[0, 1, 2]:
        """Which format new values are sealed for: 0 when nothing is set up."""
        if self.wrapped_root:
            return 2
        return 1 if self.public_key else 0

    @property
    def has_legacy(self) -> bool:
        """Whether texts in the format of the published client are taken."""
        return bool(self.public_key)

    @property
    def upgrading(self) -> bool:
        """Whether values are on their way from format 1 to format 2."""
        return bool(self.public_key and self.wrapped_root)


@dataclass(frozen=True, slots=True)
class Secret:
    """One sealed value under a readable key. Both sealed texts are kept out of the repr."""

    id: int
    uuid: str
    identity_id: int
    identity_uuid: str
    key: str
    value: str = field(repr=False)
    notes: str = field(repr=False)
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """
    The sealed texts of one row of whatever kind, and what they are sealed for: `kind`, `identity_uuid`, `entry`.

    `record` names the row. `name` is what an event may call it: a key, a domain, a service. Empty texts are left out.
    `domain` is a password's, None for every other row.
    """

    record: str
    kind: Kind
    identity_id: int
    identity_uuid: str
    entry: str
    name: str
    revision: int
    fields: dict[str, str] = field(repr=False)
    domain: str | None = None
