"""Counting attempts: fixed windows, one atomic upsert each, shared by every replica."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ravi.errors import RateLimited
from ravi.server.db import Database, micros

#: No caller counts over more than this.
LONGEST_WINDOW = timedelta(days=1)


class Attempts:
    """Limits how often something may be tried for one subject (an address, an account, a code)."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def count(self, subject: str, *, most: int, per: timedelta) -> None:
        """
        Count one attempt for *subject*; raises RateLimited when it is more than *most* within the window.

        Count before the check that may fail, in a transaction of its own, so that a rolled-back attempt counts too.
        """
        now = micros(self._now())
        window = per // timedelta(microseconds=1)
        async with self._db.begin() as tx:
            row = await tx.one(
                "INSERT INTO attempts (subject, window_start, count) VALUES (:subject, :now, 1)"
                " ON CONFLICT (subject) DO UPDATE SET"
                "  count = CASE WHEN attempts.window_start + :window <= :now THEN 1 ELSE attempts.count + 1 END,"
                "  window_start = CASE WHEN attempts.window_start + :window <= :now THEN :now"
                "   ELSE attempts.window_start END"
                " RETURNING window_start, count",
                subject=subject,
                now=now,
                window=window,
            )
        assert row is not None  # an upsert always returns its row
        if row[1] > most:
            wait = max(1, -(-(row[0] + window - now) // 1_000_000))
            raise RateLimited("too many attempts", retry_after=wait, hint=f"try again in {wait} seconds")

    async def counted(self, subject: str, *, per: timedelta) -> tuple[int, int]:
        """Return how many attempts count for *subject* at present, and in how many seconds they will not any more."""
        now = micros(self._now())
        row = await self._db.one("SELECT window_start, count FROM attempts WHERE subject = :subject", subject=subject)
        ends = 0 if row is None else row[0] + per // timedelta(microseconds=1)
        if row is None or ends <= now:
            return 0, 0
        return row[1], -(-(ends - now) // 1_000_000)

    async def forget_old(self) -> int:
        """Drop counts that ended longer ago than any window lasts; return how many."""
        async with self._db.begin() as tx:
            return await tx.run(
                "DELETE FROM attempts WHERE window_start < :before", before=micros(self._now() - LONGEST_WINDOW)
            )

    async def forget(self, subject: str) -> None:
        """Start *subject* afresh: the right answer was given."""
        async with self._db.begin() as tx:
            await tx.run("DELETE FROM attempts WHERE subject = :subject", subject=subject)
