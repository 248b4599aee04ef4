"""The device sign-in (RFC 8628): show a code, wait until its owner approves it somewhere else."""

from __future__ import annotations

import os
import sys
import time

from ravi.cli import terminal
from ravi.errors import RateLimited, RequestFailed, ServerFault, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ravi.cli.io import Io
    from ravi.client.session import Client
    from ravi.wire.auth import DeviceGrant, SignedIn

#: The server may hold an answer back this long; nearer to our deadline we ask without waiting.
_HELD_SECONDS = 26.0


def sign_in(ravi: Client, io: Io, *, hostname: str, patience: int | None, browser: bool) -> SignedIn:
    """
    Have the owner approve this machine; waits at most *patience* seconds, or until the code expires.

    Instructions go to stderr. *browser* allows to open one where there is a person to see it. Raises
    Forbidden when the owner denies, TimedOut when nobody decides.
    """
    grant = ravi.auth.device_start(hostname=hostname, workspace=_workspace())
    link = f"{grant['verification_uri']}?user_code={grant['user_code']}"
    io.out.note(f"To sign in, open this page and approve the code {grant['user_code']}:")
    io.out.note(f"  {link}")
    if browser and _can_open(io.environ) and link.startswith(("https://", "http://")):
        import webbrowser

        webbrowser.open(link)
    if terminal.is_terminal(sys.stderr):
        io.out.note("Waiting for the approval; Ctrl-C gives up.")
    allowed = grant["expires_in"] if patience is None else min(patience, grant["expires_in"])
    return _wait(ravi, grant, allowed)


def _wait(ravi: Client, grant: DeviceGrant, allowed: float) -> SignedIn:
    """
    Ask until there is a decision or *allowed* seconds have passed.

    What a server that restarts or a lost connection answers is no decision; the code outlives both.
    """
    deadline = time.monotonic() + allowed
    trouble: RequestFailed | ServerFault | RateLimited | None = None
    while (left := deadline - time.monotonic()) > 0:
        asked = time.monotonic()
        try:
            answer = ravi.auth.device_poll(grant["device_code"], wait=left > _HELD_SECONDS)
        except (RequestFailed, ServerFault, RateLimited) as failure:
            if isinstance(failure.details, dict) and "error" in failure.details:
                raise  # the server's own word that the code expired
            trouble = failure
        else:
            if answer is not None:
                return answer
            trouble = None
        # RFC 8628 section 3.5: no two questions closer together than `interval`. One that was held back
        # has used that time up.
        pause = asked + max(grant["interval"], 1) - time.monotonic()
        time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
    if trouble is not None:
        raise trouble
    raise TimedOut(
        f"nobody approved the sign-in within {allowed:.0f} seconds", hint="start again with: ravi auth login"
    )


def _workspace() -> str | None:
    """The working directory, shown to the owner beside the code; None when it was deleted under us."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _can_open(environ: Mapping[str, str]) -> bool:
    """Whether somebody sits here who would see a browser window."""
    if not (terminal.is_terminal(sys.stdout) and terminal.is_terminal(sys.stderr)):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
