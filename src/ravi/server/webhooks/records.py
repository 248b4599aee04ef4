"""Webhooks and deliveries as they are stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Status = Literal["pending", "delivered", "retrying", "failed"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are posted to. `identity_id` None: events of the whole account. No `event_types`: all."""

    id: int
    uuid: str
    account_id: int
    identity_id: int | None
    identity_uuid: str | None
    url: str
    enabled: bool
    event_types: list[str]
    signing_secret: str = field(repr=False)
    cursor: int
    failures: int
    """How many events in a row have failed for good."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint. `payload` is the body, byte for byte as it is posted."""

    id: int
    uuid: str
    webhook_id: int
    webhook_url: str
    event_id: str
    event_type: str
    payload: str
    status: Status
    attempts: int
    next_at: datetime | None
    response_status: int | None
    response_preview: str
    last_error: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come, with what trying it takes."""

    id: int
    account_id: int
    webhook_id: int
    event_id: str
    event_type: str
    payload: str
    attempts: int
    url: str
    signing_secret: str = field(repr=False)
    enabled: bool
    held: bool
    """Its identity is switched off: it waits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went. Without a `status` there was no answer, and `error` says why."""

    status: int | None = None
    preview: str = ""
    error: str = ""

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and not self.error
