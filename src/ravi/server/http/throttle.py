"""
How much of this server one caller may take, so that the others keep theirs.

Whoever presents a credential has so many requests a second, with as many saved up as fit into `SAVED_SECONDS`, and so
many under way at once; an identity has a pace of its own, however many credentials speak for it. Requests that are held
until something happens (waits, streams) are counted apart. An owner's credential that acts as an identity is counted
for each identity by itself: of fifty workspaces that share one sign-in, one that runs wild uses up its own share.

Counted is in this process and never in the database, so it costs a request nothing to speak of and each replica counts
for itself. Who is refused again and again, and does not wait as told, is answered late: a loop that tries as fast as it
can is then slow. When the server as a whole has too much to do, it refuses (503) those first who ask for most.

Whoever looks at the pages presents no credential, so the address has to do: it has a pace, and all strangers together
have a part of the server.
"""

import asyncio
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from ravi.errors import Forbidden, RateLimited, RaviError, Unauthenticated, Unavailable
from ravi.server.http.peer import counted_place, neighbourhood
from ravi.server.http.principal import Principal
from ravi.server.http.routing import Route
from ravi.server.http.strangers import Strangers

#: A caller that was quiet may have saved up what its pace gives in so many seconds.
SAVED_SECONDS = 4
#: So many refusals are answered at once, and one more each second; the others are late.
PROMPT_REFUSALS = 20
#: The same for credentials that are not good, by the address that they come from: it may be that of many callers.
PROMPT_FAILURES = 100
FAILURES_PER_SECOND = 5
#: How late, at least; and as late as it takes for one caller to be told so many times a second. Ten seconds is shorter
#: than the patience of any client that waits for an answer.
LATE_SECONDS = 1.0
LATE_PER_SECOND = 50
LATEST_SECONDS = 10.0
#: Answers that are late cost memory, so there are no more than these.
MOST_LATE = 10_000
#: So many pages a second one address gets: a household, or an office behind one address.
PAGES_PER_SECOND = 20
#: How often `look_at_clock` is called, and by how much it must be late, twice in a row, for the server to be too busy.
LOOK_SECONDS = 0.25
LAG_SECONDS = 1.0
#: Sums of fractions of a second are not exact.
ROUNDING = 1e-6
#: Below this, nobody looks for callers that can be forgotten.
FEW = 1024

#: What to do when there is too much.
TO_AGENTS = "wait before you try again; ravi limits shows what is left"
TO_VISITORS = "wait a moment, then load the page again"

T = TypeVar("T")

#: How far a visit has come.
_LEFT, _STRANGER, _ARRIVED, _UNDER_WAY, _HELD = range(5)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Requests: a second for each credential and identity, at once, held, and at once on the whole server. 0: any."""

    credential_per_second: int = 200
    identity_per_second: int = 400
    at_once: int = 64
    held: int = 100
    server_at_once: int = 1000


class Usage:
    """What one credential or identity has in use. Times are those of the throttle's clock."""

    __slots__ = ("calm_at", "full_at", "held", "identity", "late", "working")

    def __init__(self, identity: "Usage | None" = None) -> None:
        self.identity = identity  # what the identity has in use that the credential acts as
        self.full_at = 0.0  # when what it has saved up will be complete again
        self.calm_at = 0.0  # the same for refusals that are answered at once
        self.working = 0
        self.held = 0
        self.late = 0

    def idle(self, now: float) -> bool:
        return not self.working and not self.held and not self.late and self.full_at <= now and self.calm_at <= now


class Throttle:
    """Counts what is under way in this process. *clock* is in seconds."""

    def __init__(self, limits: RequestLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self.working = 0
        """Requests under way of those who present a credential, held ones and late answers not included."""
        self.strangers = Strangers(limits.server_at_once)
        """Those of everybody else."""
        self.late = 0
        self.lagging = False
        self._was_late = False
        self._looked_at: float | None = None
        self._credentials: dict[tuple[int, int], Usage] = {}
        self._identities: dict[int, Usage] = {}
        self._peers: dict[str, Usage] = {}
        self._visitors: dict[str, Usage] = {}
        self._sweep_at = FEW

    def arrive(self, route: Route, address: str) -> "Visit":
        """
        Begin a request to *route* from *address*; `Visit.leave` ends it.

        Raises ServerBusy when there is twice as much to do as there should be, whoever asks; and to who need present no
        credential when they have their part of it.
        """
        most = self.limits.server_at_once
        if route.unlimited:
            return Visit(self, route)
        if route.scope is None:
            return Visit(self, route, self._let_stranger_in(route.path, address))
        if most and self.working >= 2 * most:
            raise _busy()
        return Visit(self, route)

    def arrive_at_page(self, path: str, address: str) -> "Visit":
        """Begin a request for the page at *path*; raises ServerBusy when strangers have their part of the server."""
        return Visit(self, None, self._let_stranger_in(path, address))

    def _let_stranger_in(self, path: str, address: str) -> tuple[str, ...]:
        places = self.strangers.enter(path, address)
        if places is None:
            raise _busy()
        return places

    def credential(self, who: Principal) -> Usage:
        """What the credential of *who* has in use, as the identity that it acts as; and what that identity has."""
        # Access tokens come and go with each renewal; their sign-in stays.
        credential = who.credential_id if who.sign_in_id is None else -who.sign_in_id
        identity = who.identity
        key = (credential, identity.id if identity is not None else 0)
        found = self._credentials.get(key)
        if found is None:
            self._forget_idle()
            of_identity = None if identity is None else self._identities.setdefault(identity.id, Usage())
            found = self._credentials[key] = Usage(of_identity)
        return found

    def peer(self, address: str) -> Usage:
        """What is remembered of whoever presents bad credentials from *address*."""
        return self._at(neighbourhood(address), self._peers)

    def visitor(self, address: str) -> Usage | None:
        """What whoever is at *address* has taken of the pages; None where addresses say nothing."""
        place = counted_place(address)
        return self._at(place, self._visitors) if place else None

    async def look_at_clock(self) -> None:
        """To be called every `LOOK_SECONDS`: when that is late, so is everything else."""
        now = self.clock()
        late = self._looked_at is not None and now - self._looked_at > LOOK_SECONDS + LAG_SECONDS
        self.lagging = late and self._was_late
        self._looked_at, self._was_late = now, late

    def _at(self, place: str, usages: dict[str, Usage]) -> Usage:
        found = usages.get(place)
        if found is None:
            self._forget_idle()
            found = usages[place] = Usage()
        return found

    def _remembered(self) -> int:
        return len(self._credentials) + len(self._identities) + len(self._peers) + len(self._visitors)

    def _forget_idle(self) -> None:
        if self._remembered() < self._sweep_at:
            return
        now = self.clock()
        _drop_idle(self._credentials, now)
        # A credential that is kept goes on counting for the same identity, so that is kept, too.
        acted_as = {id(each.identity) for each in self._credentials.values()}
        _drop_idle(self._identities, now, acted_as)
        _drop_idle(self._peers, now)
        _drop_idle(self._visitors, now)
        self._sweep_at = max(FEW, 2 * self._remembered())


class Visit:
    """One request, from its arrival to its answer. A page has no `route`."""

    __slots__ = ("_credential", "_places", "_state", "_throttle", "route")

    def __init__(self, throttle: Throttle, route: Route | None, places: tuple[str, ...] = ()) -> None:
        self.route = route
        self._throttle = throttle
        self._credential: Usage | None = None
        self._places = places
        if places:
            self._state = _STRANGER
        elif route is None or route.scope is None:
            self._state = _LEFT
        else:
            self._state = _ARRIVED
            throttle.working += 1

    def seen_at(self, address: str) -> None:
        """Count a page for whoever is at *address*. Raises RateLimited when they have none left."""
        throttle = self._throttle
        visitor = throttle.visitor(address)
        if visitor is None or not throttle.limits.credential_per_second:
            return
        self._credential = visitor
        _take(visitor, PAGES_PER_SECOND, throttle.clock(), "from your address", TO_VISITORS)

    def recognised(self, who: Principal) -> None:
        """
        Count the request for *who*.

        Raises RateLimited when they have no request left, or too many under way or held; and ServerBusy when the
        server has too much to do, and they have something under way already.
        """
        throttle, limits = self._throttle, self._throttle.limits
        credential = throttle.credential(who)
        identity = credential.identity
        if credential.working and (throttle.lagging or 0 < limits.server_at_once < throttle.working):
            raise _busy()
        self._credential = credential
        now = throttle.clock()
        if limits.credential_per_second:
            _take(credential, limits.credential_per_second, now, "by this credential")
        if identity is not None and limits.identity_per_second:
            _take(identity, limits.identity_per_second, now, "by this identity")
        assert self.route is not None, "nobody is recognised at a page"
        if self.route.holds:
            held = identity or credential
            if 0 < limits.held <= held.held:
                raise _refused(f"{limits.held} waits and streams are open already", 1)
            held.held += 1
            self._state = _HELD
            throttle.working -= 1
        else:
            if 0 < limits.at_once <= credential.working:
                raise _refused(f"{limits.at_once} requests by this credential are under way already", 1)
            credential.working += 1
            self._state = _UNDER_WAY

    def charge(self, requests: int) -> None:
        """
        Count so many requests more for the caller, whose request is worth as many: it is granted, and the next ones
        may have to wait for it.
        """
        credential, per_second = self._credential, self._throttle.limits.credential_per_second
        if credential is not None and per_second:
            credential.full_at = max(credential.full_at, self._throttle.clock()) + requests / per_second

    def leave(self) -> None:
        """The request is answered, or its answer is late and costs nothing until then. Twice is fine."""
        state, self._state = self._state, _LEFT
        credential = self._credential
        if state == _UNDER_WAY:
            assert credential is not None
            credential.working -= 1
            self._throttle.working -= 1
        elif state == _ARRIVED:
            self._throttle.working -= 1
        elif state == _HELD:
            assert credential is not None
            (credential.identity or credential).held -= 1
        elif state == _STRANGER:
            self._throttle.strangers.leave(self._places)

    async def be_late(self, error: RaviError, address: str) -> None:
        """Return when it is time to tell *error* to whoever is at *address*: at once, unless they were told often."""
        throttle = self._throttle
        told = self._told(error, address)
        if told is None or not throttle.limits.credential_per_second or throttle.late >= MOST_LATE:
            return
        usage, pace, saved = told
        now = throttle.clock()
        calm_at = max(usage.calm_at, now) + 1 / pace
        if calm_at - now <= saved / pace + ROUNDING:
            usage.calm_at = calm_at
            return
        self.leave()
        throttle.late += 1
        usage.late += 1
        try:
            await asyncio.sleep(min(max(LATE_SECONDS, usage.late / LATE_PER_SECOND), LATEST_SECONDS))
        finally:
            throttle.late -= 1
            usage.late -= 1

    def _told(self, error: RaviError, address: str) -> tuple[Usage, int, int] | None:
        """Return whom to count *error* for, how many a second they are told at once, and how many may be saved up."""
        if isinstance(error, RateLimited) and self._credential is not None:
            return self._credential, 1, PROMPT_REFUSALS
        presented = self.route is not None and self.route.scope is not None
        if presented and isinstance(error, Unauthenticated | Forbidden):
            return self._throttle.peer(address), FAILURES_PER_SECOND, PROMPT_FAILURES
        return None


class ServerBusy(Unavailable):
    """This server has too much to do at present."""


def left(usage: Usage, per_second: int, now: float) -> int:
    """Return how many requests *usage* has saved up."""
    return math.floor((SAVED_SECONDS - max(0.0, usage.full_at - now)) * per_second + ROUNDING)


def _drop_idle(usages: dict[T, Usage], now: float, but: Collection[int] = ()) -> None:
    for key in [key for key, each in usages.items() if each.idle(now) and id(each) not in but]:
        del usages[key]


def _busy() -> ServerBusy:
    return ServerBusy("the server is busy", hint="try again in a moment")


def _take(usage: Usage, per_second: int, now: float, whose: str, hint: str = TO_AGENTS) -> None:
    full_at = (usage.full_at if usage.full_at > now else now) + 1 / per_second
    over = full_at - now - SAVED_SECONDS
    if over > ROUNDING:
        raise _refused(f"more than {per_second} requests a second {whose}", math.ceil(over), hint)
    usage.full_at = full_at


def _refused(message: str, seconds: int, hint: str = TO_AGENTS) -> RateLimited:
    return RateLimited(message, retry_after=seconds, hint=hint)
