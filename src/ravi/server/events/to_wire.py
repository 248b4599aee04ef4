"""Events as they travel."""

from ravi.server.events.records import Event
from ravi.server.http.times import rfc3339
from ravi.wire import events as wire


def to_wire(event: Event) -> wire.Event:
    """Return *event* as clients read it, on every way that it goes: replay, stream, webhook."""
    return {
        "id": event.id,
        "seq": event.seq,
        "type": event.type,
        "identity": event.identity_uuid,
        "created_dt": rfc3339(event.created_at),
        "data": event.data,
    }
