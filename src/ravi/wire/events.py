"""Shapes of the event log."""

from typing import Any, TypedDict


class Event(TypedDict):
    """`seq` orders events and is the cursor; `id` is the same event's uuid, constant over retries."""

    id: str
    seq: int
    type: str
    identity: str | None
    created_dt: str
    data: dict[str, Any]


class EventPage(TypedDict):
    events: list[Event]
