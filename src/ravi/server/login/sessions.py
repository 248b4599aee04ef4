"""
The sessions of browsers at the sign-in pages.

A session lets its holder see and decide device sign-ins, nothing else: it is no credential of the API.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from ravi.server.audit import Audit
from ravi.server.auth.tokens import digest
from ravi.server.db import Database
from ravi.server.login import storage
from ravi.server.login.records import WebSession
from ravi.wire.audit import SIGNED_IN

LASTS = timedelta(hours=12)


class WebSessions:
    """Opens, finds and ends sessions. Only the hash of a session's id is stored."""

    def __init__(self, db: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._db = db
        self._audit = audit
        self._now = now

    async def open(self, account_id: int) -> str:
        """Begin a session that lasts `LASTS`; return its id, which goes into the cookie and nowhere else."""
        session_id = secrets.token_urlsafe(32)
        now = self._now()
        async with self._db.begin() as tx:
            await storage.insert_session(tx, digest(session_id), WebSession(account_id, now + LASTS), at=now)
            await self._audit.append(tx, account_id, SIGNED_IN, target={"how": "browser"})
        return session_id

    async def find(self, session_id: str) -> WebSession | None:
        """Return the living session with this id, or None."""
        session = await storage.find_session(self._db, digest(session_id))
        return session if session and session.expires_at > self._now() else None

    async def end(self, session_id: str) -> None:
        """End one session; an unknown id is none."""
        async with self._db.begin() as tx:
            await storage.delete_session(tx, digest(session_id))

    async def end_all(self, account_id: int) -> int:
        """End every session of an account; return how many there were."""
        async with self._db.begin() as tx:
            return await storage.delete_sessions_of(tx, account_id)
