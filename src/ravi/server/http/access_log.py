"""
One line for each request and each message, cheap enough to be on by default.

A `logging` record for every request costs a third of the request itself. These lines are encoded at once and
written together, at most `DELAY` later; errors go through `logging` and are never delayed.
"""

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime

import msgspec

DELAY = 0.05
_encode = msgspec.json.Encoder().encode


class AccessLog:
    """Writes lines to stderr. Paths appear without their query; bodies, headers and subjects never."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._lines: list[bytes] = []

    def request(
        self, *, method: str, path: str, status: int, seconds: float, request_id: str, credential: str | None
    ) -> None:
        """Note one answered request. *credential* is the uuid of the key or token, never its secret."""
        if not self._enabled:
            return
        self.note(
            "ravi.http",
            "request",
            {
                "method": method,
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "request_id": request_id,
                "credential": credential,
            },
        )

    def note(self, logger: str, event: str, fields: dict[str, object]) -> None:
        """Note that *event* took place. *fields* can be written as JSON; a secret is never among them."""
        if not self._enabled:
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(DELAY, self.flush)
        self._lines.append(
            _encode({"at": datetime.now(UTC), "level": "info", "logger": logger, "event": event, **fields})
        )

    def flush(self) -> None:
        """Write what is waiting. Called by the clock, and once more when the server stops."""
        lines, self._lines = self._lines, []
        if lines:
            # Whoever read our log may be gone; requests are answered all the same.
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()  # keep the order with what `logging` has written
                os.write(sys.stderr.fileno(), b"\n".join(lines) + b"\n")
