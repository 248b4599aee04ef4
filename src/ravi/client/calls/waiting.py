"""The call that waits for a message. The server holds it until something fits, or its seconds are over."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.waiting import WaitAnswer


def wait(
    want: str,
    *,
    sender: str | None = None,
    subject: str | None = None,
    since: str | None = None,
    seconds: int,
    medium: str | None = None,
    cursor: str = "",
    peek: bool = False,
    allow_unverified: bool = False,
) -> Call[WaitAnswer]:
    """Wait once: for "otp", "link" or "message". What is handed out is handed out once, so this is not repeated."""
    body = given(
        want=want,
        sender=sender,
        subject=subject,
        since=since,
        seconds=seconds,
        medium=medium,
        cursor=cursor or None,
        peek=peek or None,
        allow_unverified=allow_unverified or None,
    )
    return Call("POST", paths.WAIT, body=body, keys=("found", "cursor", "held_back"))
