"""Shapes of the event log."""

from typing import Any, Literal, TypedDict


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


#: Why the server ended a stream. After the last two it is worth coming back at once.
StreamEnd = Literal[
    "credential_revoked",
    "credential_expired",
    "identity_disabled",
    "identity_deleted",
    "server_stopping",
    "too_slow",
]

#: The name of the last frame of a stream that the server ends.
STREAM_END = "end"

#: What mail and text messages are called on a stream, and the finer names that `channels` asks for.
CHANNEL_EMAIL = "email"
CHANNEL_SMS = "sms"
CHANNELS = (CHANNEL_EMAIL, "email_owner", "email_trusted", "email_untrusted", CHANNEL_SMS)


class StreamEnded(TypedDict):
    """What the last frame of a stream says. Come back with the last id that was seen."""

    reason: StreamEnd
