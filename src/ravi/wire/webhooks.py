"""Shapes of webhooks: where events are posted to, and how that went."""

from typing import Any, Literal, TypedDict


class Webhook(TypedDict):
    """`signing_secret` is in the answer to the creation, and empty ever after. No `event_types`: all."""

    id: int
    uuid: str
    url: str
    identity: int | None
    identity_uuid: str | None
    enabled: bool
    event_types: list[str]
    signing_secret: str
    created_dt: str
    updated_dt: str


class WebhookWrite(TypedDict, total=False):
    url: str
    identity_uuid: str | None
    enabled: bool
    event_types: list[str]


class WebhookDelivery(TypedDict):
    """One event for one endpoint, and its tries. `response_preview` is at most 500 characters, made harmless."""

    id: int
    uuid: str
    endpoint: int
    endpoint_url: str
    event_id: str
    event_type: str
    payload: Any
    status: Literal["pending", "delivered", "retrying", "failed"]
    attempts: int
    next_attempt_at: str | None
    response_status: int | None
    response_preview: str
    last_error: str
    created_dt: str
    updated_dt: str
