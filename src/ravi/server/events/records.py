"""An event as it is stored."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True):
    """`seq` is the cursor: greater means later, for everyone who may see both."""

    seq: int
    id: str
    type: str
    identity_uuid: str | None
    data: dict[str, Any]
    created_at: datetime
    identity_id: int | None = None
    """Row id of the identity that it is about; None concerns the account alone."""
