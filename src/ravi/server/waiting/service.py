"""
Waiting for a code, a link or a message, and handing each out once.

A wait listens first and looks then, so nothing can come between. Between two looks it costs a bell and a few hundred
bytes: what is committed for its identity rings, on whichever replica. Ids of an identity's messages become visible in
their order (`mail.receiving.lock_mail`, `phone.receiving.lock_texts`), so a wait that goes on behind the highest one
skips none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from ravi.server.db import Database, ReferenceGone, micros
from ravi.server.events import Wakeup
from ravi.server.events.service import topic
from ravi.server.events.wakeup import Bell
from ravi.server.http import IdentityRef, Principal
from ravi.server.identities import Identities
from ravi.server.mail import Mail
from ravi.server.mail.errors import MessageNotFound
from ravi.server.mail.records import Message
from ravi.server.phone import Phone
from ravi.server.phone.errors import TextNotFound
from ravi.server.phone.records import Text
from ravi.server.waiting import storage
from ravi.server.waiting.errors import ended
from ravi.server.waiting.fitting import fits, media_of, others
from ravi.server.waiting.presence import Presence
from ravi.server.waiting.records import Awaited, Candidate, Cursor, Found, Outcome, Wish
from ravi.server.waiting.storage import MAIL, TEXTS, Place
from ravi.wire.events import StreamEnd

#: Row ids of a credential, and of the identity that it is bound to or that it selected.
Held = tuple[int, int | None]

#: Published clients give up after 30 s.
LONGEST_HOLD = timedelta(seconds=25)
#: A code that is older was meant for something else, or has ended. Whoever waits for one can say otherwise (`since`).
CODE_IS_FRESH = timedelta(minutes=15)
#: How often a wait looks without having heard anything: a lost wake-up costs this much at most.
LOOK_AGAIN_SECONDS = 10.0
#: Candidates that are fetched at once, and messages that fit, of which all but one go into `others`.
PAGE = 200
MOST_FITTING = 50


class Ended(Protocol):
    """Returns those of the given pairs that would not be accepted any more, with the reason: `Auth.ended`."""

    def __call__(self, held: Collection[Held]) -> Awaitable[dict[Held, StreamEnd]]: ...


class _Waiter:
    """One request that is held."""

    __slots__ = ("bell", "has_left", "held", "reason")

    def __init__(self, held: Held, bell: Bell) -> None:
        self.held = held
        self.bell = bell
        self.reason: StreamEnd | None = None
        self.has_left = False

    def end(self, reason: StreamEnd) -> None:
        self.reason = self.reason or reason
        self.bell.ring()

    def leave(self) -> None:
        self.has_left = True
        self.bell.ring()


class Waiting:
    """Every wait of this process."""

    def __init__(
        self,
        db: Database,
        identities: Identities,
        mail: Mail,
        phone: Phone,
        wakeup: Wakeup,
        ended: Ended,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._identities = identities
        self._mail = mail
        self._phone = phone
        self._wakeup = wakeup
        self._ended = ended
        self._now = now
        self.presence = Presence(db, now)
        self._open: set[_Waiter] = set()
        self._closing = False

    def __len__(self) -> int:
        """How many requests are held."""
        return len(self._open)

    async def wait(self, who: Principal, wish: Wish, left: Callable[[], Awaitable[None]]) -> Outcome:
        """
        Hand out what is wanted of the oldest message that fits, waiting for one for at most *wish.hold*.

        What was handed out is never handed out again, and its message is marked as read; a wish that peeks changes
        nothing. *left* returns when the caller is gone: then nothing is handed out any more. Raises what
        `Identities.acting` raises; and when the identity is switched off or the credential ends in between, what
        a new request would be told.
        """
        identity = await self._identities.acting(who)
        who = who.acting_as(identity)
        clock = asyncio.get_running_loop()
        until = clock.time() + min(wish.hold, LONGEST_HOLD).total_seconds()
        since = wish.since
        if since is None and wish.want == "otp" and wish.cursor == Cursor():
            since = self._now() - CODE_IS_FRESH
        # Listening comes before looking: what is committed in between rings.
        with self._wakeup.listening(topic(who.account_id, identity.id)) as bell:
            waiter = _Waiter((who.credential_id, identity.id), bell)
            self._open.add(waiter)
            awaited = Awaited(who.account_id, identity.id, wish.want, wish.media, wish.sender)
            self.presence.begin(awaited)
            may_return = False
            watching = asyncio.create_task(self._notice_departure(waiter, left), name="waiter")
            try:
                cursor, held_back = wish.cursor, 0
                while True:
                    outcome = await self._look(who, identity, wish, since, cursor, waiter)
                    cursor, held_back = outcome.cursor, held_back + outcome.held_back
                    rest = until - clock.time()
                    if outcome.found or rest <= 0 or self._closing or waiter.has_left:
                        may_return = not outcome.found and not waiter.has_left
                        return Outcome(outcome.found, cursor, held_back)
                    # Whatever rang may have been the end of the identity. A message need not wait for that answer:
                    # before it is handed out, `_look` asks by itself.
                    await self._check(waiter)
                    await bell.ring_within(min(rest, LOOK_AGAIN_SECONDS))
            finally:
                self._open.discard(waiter)
                self.presence.end(awaited, may_return=may_return)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def end_fallen(self) -> int:
        """End every wait whose credential or identity has ended; return how many. To be called twice a second."""
        if not self._open:
            return 0
        reasons = await self._ended({waiter.held for waiter in self._open})
        fallen = [waiter for waiter in self._open if waiter.held in reasons]
        for waiter in fallen:
            waiter.end(reasons[waiter.held])
        return len(fallen)

    def close(self) -> None:
        """Let every wait answer that nothing is there, because the server is about to stop."""
        self._closing = True
        for waiter in self._open:
            waiter.bell.ring()

    async def _look(
        self,
        who: Principal,
        identity: IdentityRef,
        wish: Wish,
        since: datetime | None,
        cursor: Cursor,
        waiter: _Waiter,
    ) -> Outcome:
        """Look once at what is behind *cursor*, and hand something out if it fits."""
        fitting: list[Candidate] = []
        held_back, reached = 0, cursor
        for place in self._places(wish):
            # Read first: what becomes visible after this has a higher id, and is looked at next time.
            last = await storage.last_id(self._db, place, who.account_id, identity.id)
            if last > cursor.of(place.medium):
                reached = reached.at(place.medium, last)
                found, held = await self._fitting(place, who, identity, wish, since, cursor.of(place.medium))
                fitting += found
                held_back += held
        fitting.sort(key=lambda each: (each.at, each.medium))
        if fitting and not waiter.has_left:
            await self._check(waiter)
            for at, candidate in enumerate(fitting):
                message = await self._take(who, identity, wish, candidate)
                if message is not None:
                    rest = others(fitting[at + 1 :], candidate)
                    return Outcome(
                        Found(message, wish.want, candidate.values, rest),
                        cursor.at(candidate.medium, candidate.id),
                        held_back,
                    )
        return Outcome(None, reached, held_back)

    def _places(self, wish: Wish) -> list[Place]:
        media = media_of(wish)
        return [place for place in (MAIL, TEXTS) if place.medium in media]

    async def _fitting(
        self,
        place: Place,
        who: Principal,
        identity: IdentityRef,
        wish: Wish,
        since: datetime | None,
        cursor: int,
    ) -> tuple[list[Candidate], int]:
        """Return the messages behind *cursor* that fit, oldest first, and how many only their sender holds back."""
        fitting: list[Candidate] = []
        held_back, after = 0, cursor
        while len(fitting) < MOST_FITTING:
            candidates = await storage.list_candidates(
                self._db,
                place,
                who.account_id,
                identity.id,
                wish.want,
                after_id=after,
                unread=cursor == 0,
                since=micros(since) if since is not None else None,
                limit=PAGE,
            )
            for candidate in candidates:
                if not fits(candidate, wish):
                    continue
                if wish.sender and not candidate.sender_certain and not wish.allow_unverified:
                    held_back += 1
                else:
                    fitting.append(candidate)
            if len(candidates) < PAGE:
                break
            after = candidates[-1].id
        return fitting, held_back

    async def _take(
        self, who: Principal, identity: IdentityRef, wish: Wish, candidate: Candidate
    ) -> Message | Text | None:
        """Return the candidate's message, handed out; None when somebody was faster, or it is gone."""
        place = MAIL if candidate.medium == "mail" else TEXTS
        reader = self._mail if candidate.medium == "mail" else self._phone
        try:
            if wish.peek:
                return await reader.get(who, str(candidate.id))
            async with self._db.begin() as tx:
                at = micros(self._now())
                if not await storage.hand_out(tx, place, who.account_id, identity.id, candidate.id, wish.want, at=at):
                    return None
                return await reader.mark(who, str(candidate.id), is_read=True)
        except (MessageNotFound, TextNotFound, ReferenceGone):
            return None

    async def _check(self, waiter: _Waiter) -> None:
        """Raises what a new request would be told, if the identity or the credential has ended."""
        reason = waiter.reason or (await self._ended([waiter.held])).get(waiter.held)
        if reason is not None:
            raise ended(reason)

    async def _notice_departure(self, waiter: _Waiter, left: Callable[[], Awaitable[None]]) -> None:
        await left()
        waiter.leave()
