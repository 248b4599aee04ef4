"""
Whether credentials that were accepted a while ago still stand, asked for many at once.

A request is recognised when it begins. A stream goes on for hours, and has to end when its credential does; asking
for each of ten thousand streams by itself would be ten thousand queries a second. This asks for all in a few.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from ravi.server.auth import storage
from ravi.server.db import Database, micros
from ravi.wire.events import StreamEnd

#: Row ids of a credential, and of the identity that it is bound to or that it selected.
Held = tuple[int, int | None]

#: How many rows one statement asks for. The sizes are few, so that a prepared statement is used again.
_SIZES = (1, 16, 256)


class Standing:
    """The part of `Auth` that looks again."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def stands(
        self, account_id: int, credential_id: int, sign_in_id: int | None, identity_id: int | None = None
    ) -> bool:
        """
        Return whether what was done with a credential still counts: its key was neither revoked nor has ended, or its
        sign-in (*sign_in_id*), whose access tokens come and go, was not ended; and the identity *identity_id*, if any,
        is there and switched on.
        """
        at = micros(self._now())
        if identity_id is not None:
            identities = await storage.list_standing_identities(self._db, [identity_id])
            status, ends = identities.get(identity_id, ("deleted", None))
            if status != "active" or (ends is not None and ends <= at):
                return False
        if sign_in_id is not None:
            return await storage.is_signed_in(self._db, account_id, sign_in_id, at=at)
        return await storage.is_good_key(self._db, account_id, credential_id, at=at)

    async def ended(self, held: Collection[Held]) -> dict[Held, StreamEnd]:
        """Return those of *held* that would not be accepted any more, each with the reason."""
        now = micros(self._now())
        credentials = {
            id_: row
            for some in _in_parts({credential for credential, _ in held})
            for id_, row in (await storage.list_standing_credentials(self._db, some, at=now)).items()
        }
        identities = {
            id_: row
            for some in _in_parts({identity for _, identity in held if identity is not None})
            for id_, row in (await storage.list_standing_identities(self._db, some)).items()
        }
        found: dict[Held, StreamEnd] = {}
        for pair in held:
            reason = _why(pair, credentials, identities, now)
            if reason is not None:
                found[pair] = reason
        return found


def _why(
    pair: Held,
    credentials: dict[int, tuple[bool, int | None]],
    identities: dict[int, tuple[str, int | None]],
    now: int,
) -> StreamEnd | None:
    credential_id, identity_id = pair
    # The identity first: its end takes the credential's row with it, and is the more telling reason.
    if identity_id is not None:
        status, ends = identities.get(identity_id, ("deleted", None))
        if status == "deleted" or (ends is not None and ends <= now):
            return "identity_deleted"
        if status != "active":
            return "identity_disabled"
    revoked, ends = credentials.get(credential_id, (True, None))
    if revoked:
        return "credential_revoked"
    return "credential_expired" if ends is not None and ends <= now else None


def _in_parts(ids: set[int]) -> list[list[int]]:
    """Split *ids* into lists of a few fixed lengths; the last one is filled up by repeating an id."""
    rest, parts = sorted(ids), []
    while rest:
        part, rest = rest[: _SIZES[-1]], rest[_SIZES[-1] :]
        size = next(size for size in _SIZES if len(part) <= size)
        parts.append(part + part[-1:] * (size - len(part)))
    return parts
