"""The stream of events over HTTP."""

from typing import TypedDict

from starlette.requests import Request
from starlette.responses import Response

from ravi.server.events.query import check_since, read_names
from ravi.server.events.stream import Streams
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.wire import paths
from ravi.wire.events import CHANNELS
from ravi.wire.scopes import Scope

routes = Routes("events")


class StreamQuery(TypedDict, total=False):
    """
    `since` is the last seq already seen; the header Last-Event-ID says the same, and counts more.

    `event_types` is a comma list of types to show, `channels` one of the names that messages go under.
    """

    since: int
    event_types: str
    channels: str


@routes.get(paths.EVENTS_STREAM, scope=Scope.EVENTS_READ, selects=Selects.ACTS, holds=True)
async def stream(who: Principal, query: StreamQuery, request: Request, streams: Streams) -> Response:
    """Follow events as they happen (text/event-stream); resumes after Last-Event-ID."""
    since = _last_seen(request.headers.get("last-event-id", ""), query.get("since"))
    types = read_names("event_types", query.get("event_types", ""))
    channels = read_names("channels", query.get("channels", ""))
    if unknown := sorted(set(channels) - set(CHANNELS)):
        raise invalid(channels=f"no such channel: {', '.join(unknown)}; there are {', '.join(CHANNELS)}")
    return await streams.open(who, since=since, types=types, channels=frozenset(channels) or None)


def _last_seen(header: str, since: int | None) -> int | None:
    # A browser that comes back sends the header, and the address that it first came with.
    header = header.strip()
    if not header:
        return None if since is None else check_since("since", since)
    if not header.isascii() or not header.isdigit() or len(header) > 19:
        raise invalid(last_event_id="must be the id of a frame that you were given")
    return check_since("last_event_id", int(header))
