"""
The rules of following events, without I/O: what frames mean, where to resume, when to come back and when to give up.

`following.py` does it with a socket, `aio_following.py` with aiohttp.
"""

from __future__ import annotations

import json

from ravi.client.problems import nonsense
from ravi.errors import RateLimited, RequestFailed, ServerFault, ServerNonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.http1 import Answer
    from ravi.errors import RaviError
    from ravi.wire.events import Event

#: The server speaks every 15 s. After so many seconds of silence the connection is taken for dead.
SILENCE_SECONDS = 45.0
#: One event is at most this long; more is not of this API.
MAX_FRAME = 4 * 1024 * 1024
#: Pauses before coming back: after the first failure, the second, …
PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)

MEDIA_TYPE = "text/event-stream"
#: In digits: of the greatest number that an event can have.
_LONGEST_PLACE = 19


class Course:
    """
    One reader's way along the events, over as many connections as it takes.

    *since* is the last seq that was seen; None begins now.
    """

    def __init__(self, since: int | None) -> None:
        self.cursor = since
        #: Whether a connection has ever become a stream. Before that every failure is the caller's to know.
        self.begun = False
        #: The token that was refused and renewed last: a successor that is refused too is final.
        self.renewed_for = ""
        self._failures = 0
        self._rest = b""
        self._ended = ""

    def headers(self) -> list[tuple[str, str]]:
        """What the next request says beside the usual."""
        place = [] if self.cursor is None else [("Last-Event-ID", str(self.cursor))]
        return [("Accept", MEDIA_TYPE), *place]

    def connected(self) -> None:
        """A stream has begun."""
        self.begun = True
        self._rest = b""
        self._ended = ""

    def take(self, data: bytes) -> list[Event]:
        """The events in what has come. Raises ServerNonsense when it is no stream of events."""
        self._rest = (self._rest + data).replace(b"\r\n", b"\n")
        *frames, self._rest = self._rest.split(b"\n\n")
        if len(self._rest) > MAX_FRAME:
            raise ServerNonsense(f"the server sent an event of more than {MAX_FRAME // (1024 * 1024)} MiB")
        found = []
        for frame in frames:
            self._failures = 0
            event = self._read(frame)
            if event is not None:
                found.append(event)
        return found

    def _read(self, frame: bytes) -> Event | None:
        name, data, place = "", "", ""
        for line in frame.decode("utf-8", "replace").split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data += value
            elif field == "id":
                place = value
        event = _event(name, data) if data else None
        if name == "end" and data:
            self._ended = data
            return None
        # Only now: a frame that could not be read has not been seen.
        if place.isascii() and place.isdigit() and len(place) <= _LONGEST_PLACE:
            self.cursor = int(place)
        return event

    def pause_after(self, problem: RaviError | None) -> float:
        """
        Seconds until it is worth coming back after *problem*, or after an end without one.

        Raises *problem* when it is final: a refusal, or the very first connection did not come about.
        """
        passing = problem is None or isinstance(problem, RequestFailed | ServerFault | RateLimited)
        if problem is not None and not (self.begun and passing):
            raise problem
        if problem is None and self._ended and "server_stopping" not in self._ended:
            return 0.0  # the credential's end: the next request says more, or brings a renewed one
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        if isinstance(problem, RateLimited):
            return float(max(pause, problem.retry_after))
        return pause


def is_stream(answer: Answer) -> bool:
    """Whether the head of *answer* promises a stream. Raises ServerNonsense for a 200 that is something else."""
    if answer.status != 200:
        return False
    if answer.content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise nonsense(answer, "something that is no stream of events")
    return True


def _event(name: str, data: str) -> Any:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ServerNonsense("the server sent an event that cannot be read") from None
    if name != "end" and not (isinstance(event, dict) and isinstance(event.get("seq"), int) and "type" in event):
        raise ServerNonsense("the server sent something that is no event")
    return event
