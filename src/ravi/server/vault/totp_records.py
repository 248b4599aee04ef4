"""Seeds of one-time codes as the server holds them. Sealed texts are kept out of the repr."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Totp:
    """One seed. `service_name` is readable and unique within the identity; `secret` seals it together with the seed."""

    id: int
    uuid: str
    identity_id: int
    identity_uuid: str
    service_name: str
    username: str = field(repr=False)
    secret: str = field(repr=False)
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewTotp:
    """What to store. uuid "": the server chooses one, which only texts of the older format allow."""

    service_name: str
    secret: str = field(repr=False)
    username: str = field(default="", repr=False)
    uuid: str = ""

    @property
    def sealed(self) -> dict[str, str]:
        """The sealed fields by name."""
        return {"username": self.username, "secret": self.secret}
