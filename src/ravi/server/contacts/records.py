"""A contact as the server holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Contact:
    """`email` is in small letters, `phone_number` in E.164; what is not known is empty."""

    id: int
    uuid: str
    identity_id: int
    email: str
    phone_number: str
    display_name: str
    nickname: str
    is_trusted: bool
    source: Literal["auto", "manual"]
    interaction_count: int
    last_interaction_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What to write of a contact; None leaves it as it is, an empty text takes it away."""

    email: str | None = None
    phone_number: str | None = None
    display_name: str | None = None
    nickname: str | None = None
    is_trusted: bool | None = None
