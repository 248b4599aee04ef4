"""Replay of events."""

from typing import TypedDict

from ravi.server.events.query import check_since, read_names
from ravi.server.events.service import Events
from ravi.server.events.to_wire import to_wire
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.wire import paths
from ravi.wire.events import EventPage
from ravi.wire.scopes import Scope

routes = Routes("events")

LARGEST_PAGE = 1000


class EventQuery(TypedDict, total=False):
    """`since` is the last seq already seen; `event_types` is a comma list."""

    since: int
    limit: int
    event_types: str


@routes.get(paths.EVENTS, scope=Scope.EVENTS_READ, selects=Selects.FILTERS)
async def replay(who: Principal, query: EventQuery, events: Events) -> EventPage:
    """List events after a cursor, oldest first."""
    since, limit = check_since("since", query.get("since", 0)), query.get("limit", 100)
    if limit < 1:
        raise invalid(limit="must be at least 1")
    types = read_names("event_types", query.get("event_types", ""))
    identity_id = who.identity.id if who.identity else None
    found = await events.list_after(
        who.account_id, identity_id, since=since, limit=min(limit, LARGEST_PAGE), types=types
    )
    return {"events": [to_wire(event) for event in found]}
