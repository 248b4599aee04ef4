"""
Forgetting credentials some time after they have ended.

A key is listed for a while after its end, so that its owner sees what became of it; the audit log, which stays, names
it by its uuid. Of tokens nobody keeps a list. What is forgotten was refused before and is refused after.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from ravi.server.auth import forgetting_storage as storage
from ravi.server.db import Database, Transaction, micros

#: Longer than a refresh token that comes back is told that it was used before.
TOKENS_KEPT = timedelta(days=1)
KEYS_KEPT = timedelta(days=30)
#: Rows in one transaction: others write in between.
AT_ONCE = 500


class _Delete(Protocol):
    def __call__(self, tx: Transaction, *, before: int, most: int) -> Awaitable[int]: ...


class Forgetting:
    """The chore of all accounts together."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def forget_ended(self) -> int:
        """
        Delete what ended long enough ago; return how many rows.

        Safe to run on several replicas at once: they take turns, and each finds what the others have left.
        """
        gone = 0
        # Tokens before sign-ins, which are forgotten when their last token is.
        for delete, kept in (
            (storage.delete_tokens, TOKENS_KEPT),
            (storage.delete_keys, KEYS_KEPT),
            (storage.delete_sign_ins, TOKENS_KEPT),
            (storage.delete_signin_codes, TOKENS_KEPT),
        ):
            gone += await self._all(delete, micros(self._now() - kept))
        return gone

    async def _all(self, delete: _Delete, before: int) -> int:
        gone, some = 0, AT_ONCE
        while some == AT_ONCE:
            async with self._db.begin() as tx:
                await tx.lock("forget ended credentials")
                some = await delete(tx, before=before, most=AT_ONCE)
            gone += some
        return gone
