"""Calls on the event log."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.wire.events import EventPage


def list_(
    *,
    since: int | None = None,
    limit: int | None = None,
    types: Sequence[str] | None = None,
    whole_account: bool = False,
) -> Call[EventPage]:
    """Events after the cursor *since*, oldest first: the selected identity's, or the *whole_account*'s."""
    query = given(
        since=None if since is None else str(since),
        limit=None if limit is None else str(limit),
        event_types=",".join(types) if types else None,
    )
    return Call("GET", paths.EVENTS, query, keys=("events",), account=whole_account)


def stream(*, types: Sequence[str] | None = None, whole_account: bool = False) -> Call[None]:
    """Events as they happen. Not answered like other calls: `client/following.py` reads what comes."""
    query = given(event_types=",".join(types) if types else None)
    return Call("GET", paths.EVENTS_STREAM, query, account=whole_account)
