"""
Idempotency-Key on creates: the same key and the same request get the same answer, made once.

The answer is stored in the transaction that made the thing, so a crash leaves both or neither. It may hold a
key that is shown only once; therefore it is sealed under the client's Idempotency-Key, which is itself kept
only as a hash: whoever steals the table can open nothing (docs/adr/0010).

The header is that of the IETF draft draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from ravi.errors import IdempotencyMismatch, Malformed
from ravi.server.db import Database, Queries, micros
from ravi.server.http.sealing import seal, unseal

KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class Idempotency:
    """Remembers the answers to creates."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def find(self, account_id: int, caller: str, key: str, request: bytes) -> tuple[int, bytes] | None:
        """Return what `once` has stored for these, None when it has stored nothing yet. Raises as `once` does."""
        return await _find(self._db, account_id, key, *_hashes(caller, key, request))

    async def once(
        self,
        account_id: int,
        caller: str,
        key: str,
        request: bytes,
        make: Callable[[], Awaitable[tuple[int, bytes]]],
    ) -> tuple[int, bytes]:
        """
        Return the (status, body) stored under *key*, or call *make* inside a transaction and store what it returns.

        *caller* is the identity that the credential is bound to, or "" for the account's own: keys of one are
        nothing to the other, however guessable. *request* is everything that makes two requests the same: method,
        path, query, body, and the identity that a header chooses. An error raised by *make* is not stored, so that a
        later try may succeed.

        Raises Malformed for an unusable key and IdempotencyMismatch when it was used with another request.
        """
        key_hash, request_hash = _hashes(caller, key, request)
        async with self._db.begin() as tx:
            # The insert decides between two requests that arrive together: the second waits for the first to
            # commit (or, on SQLite, for its turn) and then finds the row.
            claimed = await tx.one(
                "INSERT INTO idempotency (account_id, key_hash, request_hash, status, answer, created_at)"
                " VALUES (:account, :key, :request, 0, :empty, :at)"
                " ON CONFLICT (account_id, key_hash) DO NOTHING RETURNING status",
                account=account_id,
                key=key_hash,
                request=request_hash,
                empty=b"",
                at=micros(self._now()),
            )
            if claimed is None:
                answered = await _find(tx, account_id, key, key_hash, request_hash)
                assert answered is not None  # whoever has it keeps it for a day
                return answered
            status, body = await make()
            await tx.run(
                "UPDATE idempotency SET status = :status, answer = :answer"
                " WHERE account_id = :account AND key_hash = :key",
                status=status,
                answer=seal(key, body),
                account=account_id,
                key=key_hash,
            )
            return status, body

    async def forget_old(self) -> int:
        """Drop answers older than `KEPT`; return how many."""
        async with self._db.begin() as tx:
            return await tx.run("DELETE FROM idempotency WHERE created_at < :before", before=micros(self._now() - KEPT))


def _hashes(caller: str, key: str, request: bytes) -> tuple[bytes, bytes]:
    """Return what a key and a request are stored as. Raises Malformed."""
    if not key or not key.isascii() or not key.isprintable() or len(key) > LONGEST_KEY:
        raise Malformed(f"the Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters")
    key_hash = hashlib.sha256(f"ravi/idempotency/{caller}/{key}".encode()).digest()
    return key_hash, hashlib.sha256(request).digest()


async def _find(
    db: Queries, account_id: int, key: str, key_hash: bytes, request_hash: bytes
) -> tuple[int, bytes] | None:
    row = await db.one(
        "SELECT request_hash, status, answer FROM idempotency WHERE account_id = :account AND key_hash = :key",
        account=account_id,
        key=key_hash,
    )
    if row is None:
        return None
    if bytes(row[0]) != request_hash:
        raise IdempotencyMismatch("this Idempotency-Key was used with a different request")
    return row[1], unseal(key, bytes(row[2]))
