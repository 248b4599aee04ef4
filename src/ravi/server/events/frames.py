"""Frames of a stream of events, as bytes (WHATWG HTML section 9.2.6). Data is JSON, which has no line breaks."""

from dataclasses import dataclass

import msgspec

from ravi.server.events.records import Event
from ravi.server.events.to_wire import to_wire
from ravi.wire.events import CHANNEL_EMAIL, CHANNEL_SMS, STREAM_END, StreamEnd

#: When a reader should come back after a connection that broke.
RETRY_MILLISECONDS = 1000

#: What listeners of the published clients subscribe to, by the beginning of the type.
_CHANNELS = {"email.message.": CHANNEL_EMAIL, "sms.message.": CHANNEL_SMS}

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Shape:
    """
    How messages are named on one stream.

    Without *channels* all mail is called `email`, and its data says what kind of sender it came from. With them it
    is called by that (`email_owner`, `email_trusted`, `email_untrusted`), and what was not asked for is left out.
    """

    channels: frozenset[str] | None = None

    def name_of(self, event: Event) -> str | None:
        """Return what *event* is called, or None when this stream leaves it out."""
        channel = next((name for start, name in _CHANNELS.items() if event.type.startswith(start)), None)
        if channel is None:
            return event.type
        if self.channels is None:
            return channel
        sender_type = event.data.get("sender_type")
        fine = f"{channel}_{sender_type}" if channel == CHANNEL_EMAIL and sender_type else channel
        return next((name for name in (fine, channel) if name in self.channels), None)


def to_frame(event: Event, shape: Shape) -> bytes:
    """Return the frame of *event*; empty when the stream leaves it out."""
    name = shape.name_of(event)
    return (
        b""
        if name is None
        else b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, name.encode(), _encode(to_wire(event)))
    )


def opening(cursor: int) -> bytes:
    """Return what a stream begins with. An id without data is no event; it tells where to resume, from the start."""
    return b": listening\nretry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, cursor)


def comment(text: str, *, cursor: int | None = None) -> bytes:
    """Return a line that readers pass over; with *cursor* also a new place to resume from."""
    place = b"" if cursor is None else b"id: %d\n" % cursor
    return b": %s\n%s\n" % (text.encode(), place)


def end(reason: StreamEnd) -> bytes:
    """Return the last frame. It has no id: the place to resume from stays what it was."""
    return b"event: %s\ndata: %s\n\n" % (STREAM_END.encode(), _encode({"reason": reason}))
