"""
Writing and reading the audit log.

Owns the chain: each entry holds the hash of the one before it, and one transaction at a time appends to an account's
log, behind the same lock as its events. Who does something and from where is not handed in: it is what the request
(or the connection, or the command) said at its beginning, `ravi.server.http.origin`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from ravi.server.audit import storage
from ravi.server.audit.records import Entry, Head, hash_of
from ravi.server.audit.refusals import Refusals
from ravi.server.db import Database, Transaction, micros
from ravi.server.http import Principal
from ravi.server.http.origin import Origin, origin
from ravi.wire.audit import OK, REQUEST_REFUSED

LARGEST_PAGE = 1000

_encode = msgspec.json.Encoder().encode


class Audit:
    """The log of every account."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self.refusals = Refusals(now)

    async def append(
        self,
        tx: Transaction,
        account_id: int,
        action: str,
        *,
        identity: str = "",
        target: Mapping[str, Any] | None = None,
        result: str = OK,
        who: Origin | None = None,
    ) -> None:
        """
        Write one entry as part of *tx*.

        *identity* is the uuid of whom it is about. *target* says what it is about by names and ids, which must be no
        secret. *who* replaces the origin of the present request.

        Make this one of the last things a transaction does: from here to the commit, what else the account does waits.
        """
        who = (who or origin()).as_seen_by(account_id)
        # One at a time, or two would follow the same entry. Events take this lock for their numbers (docs/adr/0007).
        await tx.lock(f"events:{account_id}")
        head = await storage.find_head(tx, account_id)
        await storage.insert(tx, self._next(head, account_id, who, action, identity, target, result))

    async def append_many(
        self, tx: Transaction, account_id: int, done: Sequence[tuple[str, str, Mapping[str, Any] | None]]
    ) -> None:
        """
        Write one entry for each (action, identity's uuid, target) of *done*, in that order, as part of *tx*.

        The present request has done them. As `append`, one of the last things a transaction does.
        """
        who = origin().as_seen_by(account_id)
        await tx.lock(f"events:{account_id}")
        head = await storage.find_head(tx, account_id)
        entries = []
        for action, identity, target in done:
            entry = self._next(head, account_id, who, action, identity, target, OK)
            head = Head(entry.seq, entry.hash)
            entries.append(entry)
        await storage.insert_many(tx, entries)

    def _next(
        self,
        head: Head,
        account_id: int,
        who: Origin,
        action: str,
        identity: str,
        target: Mapping[str, Any] | None,
        result: str,
    ) -> Entry:
        """Return the entry that follows *head*."""
        entry = Entry(
            account_id=account_id,
            seq=head.seq + 1,
            at=micros(self._now()),
            kind=who.kind,
            credential=who.credential,
            action=action,
            identity_uuid=identity,
            target=_encode(target).decode() if target else "{}",
            peer=who.peer,
            request_id=who.request_id,
            result=result,
            previous=head.hash,
        )
        return replace(entry, hash=hash_of(entry))

    def request_refused(self, who: Principal, code: str, route: str) -> None:
        """Note that *who* was refused with the error *code* what *route* does."""
        about = who.identity.uuid if who.bound and who.identity else ""
        self.refusals.note(who.account_id, origin(), REQUEST_REFUSED, code, identity=about, target={"route": route})

    async def list_(
        self,
        account_id: int,
        *,
        identity_uuid: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> tuple[list[Entry], Head]:
        """
        Return entries, oldest first, and where the log ends.

        With *after* the first *limit* behind that number, else the last *limit*: of one identity, from *since* to
        before *until*. What was refused a moment ago is written down first.
        """
        await self.write_refusals(account_id)
        entries = await storage.list_(
            self._db,
            account_id,
            identity_uuid=identity_uuid,
            since=None if since is None else micros(since),
            until=None if until is None else micros(until),
            after=after,
            limit=min(limit, LARGEST_PAGE),
        )
        return entries, await storage.find_head(self._db, account_id)

    async def write_refusals(self, account_id: int | None = None, *, everything: bool = False) -> int:
        """
        Write down what was refused, to everybody or to one account; return how many entries that took.

        Counts wait until their minute is over, unless *everything* is to be written, because the server stops.
        """
        due = self.refusals.take_due(account_id, everything=everything)
        for refusal in due:
            async with self._db.begin() as tx:
                await self.append(
                    tx,
                    refusal.account_id,
                    refusal.action,
                    identity=refusal.identity,
                    target={**refusal.target, **({"times": refusal.times} if refusal.times > 1 else {})},
                    result=refusal.result,
                    who=refusal.who,
                )
        return len(due)
