"""Replay of events."""

from typing import TypedDict

from ravi.server.events.records import Event
from ravi.server.events.service import Events
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.wire import events as wire_events
from ravi.wire import paths
from ravi.wire.events import EventPage
from ravi.wire.scopes import Scope

routes = Routes("events")

LARGEST_PAGE = 1000
MOST_TYPES = 50


class EventQuery(TypedDict, total=False):
    """`since` is the last seq already seen; `event_types` is a comma list."""

    since: int
    limit: int
    event_types: str


@routes.get(paths.EVENTS, scope=Scope.EVENTS_READ, selects=Selects.FILTERS)
async def replay(who: Principal, query: EventQuery, events: Events) -> EventPage:
    """List events after a cursor, oldest first."""
    since, limit = query.get("since", 0), query.get("limit", 100)
    if not 0 <= since < 2**63:
        raise invalid(since="must be a seq that you were given, or 0")
    if limit < 1:
        raise invalid(limit="must be at least 1")
    types = [name for name in query.get("event_types", "").split(",") if name]
    if len(types) > MOST_TYPES:
        raise invalid(event_types=f"at most {MOST_TYPES} names")
    identity_id = who.identity.id if who.identity else None
    found = await events.list_after(
        who.account_id, identity_id, since=since, limit=min(limit, LARGEST_PAGE), types=types
    )
    return {"events": [to_wire(event) for event in found]}


def to_wire(event: Event) -> wire_events.Event:
    return {
        "id": event.id,
        "seq": event.seq,
        "type": event.type,
        "identity": event.identity_uuid,
        "created_dt": rfc3339(event.created_at),
        "data": event.data,
    }
