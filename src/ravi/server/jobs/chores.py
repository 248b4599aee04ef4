"""Periodic work inside the server's own event loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from ravi.server.db import DatabaseUnavailable

log = logging.getLogger("ravi.jobs")


class Chores:
    """Runs each registered coroutine function again and again until closed."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, interval: timedelta, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run *work* every *interval*, first after one interval. A failure is logged and tried again."""
        self._tasks.append(asyncio.create_task(_repeat(interval, name, work), name=f"chore {name}"))

    async def close(self) -> None:
        """Stop all chores; one that is in the middle is cancelled at its next await."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _repeat(interval: timedelta, name: str, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(interval.total_seconds())
        try:
            await work()
        except DatabaseUnavailable as fault:
            log.warning("chore waits for the database", extra={"chore": name, "reason": fault.message})
        except Exception:  # a chore must outlive any single failure; it is logged, not hidden
            log.exception("chore failed", extra={"chore": name})
