"""Creating many identities over HTTP, in one request that either makes all of them or changes nothing."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from ravi.errors import Refused
from ravi.server.http import Answer, Principal, Routes
from ravi.server.http.errors import invalid
from ravi.server.identities.bulk import MOST_AT_ONCE, Wanted, at_place
from ravi.server.identities.records import NewIdentity
from ravi.server.identities.routes import KEY_LABEL, from_wire, to_wire
from ravi.server.identities.service import Identities
from ravi.wire import identities as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("identities")

#: One of the 200 may say a page about whom it may write to.
LARGEST_BODY = 4 * 1024 * 1024


#: So many cost the server about as much as one that is made alone.
_WORTH_ONE = 10


def _weight(body: wire.IdentitiesCreate, **_: object) -> int:
    return 1 + len(body["identities"]) // _WORTH_ONE


@asynccontextmanager
async def _numbers_for_new(body: wire.IdentitiesCreate, identities: Identities, **_: object) -> AsyncIterator[None]:
    wishes = Counter((new.country, new.phone) for new in _new(body))
    async with AsyncExitStack() as held:
        for (country, wanted), count in wishes.items():
            await held.enter_async_context(identities.number_ready(country=country, wanted=wanted, count=count))
        yield


@routes.post(
    paths.IDENTITIES_BULK,
    scope=Scope.IDENTITIES_CREATE,
    status=201,
    creates=True,
    around=_numbers_for_new,
    largest_body=LARGEST_BODY,
    weighs=_weight,
)
async def create_identities(
    who: Principal, body: wire.IdentitiesCreate, identities: Identities
) -> Answer[wire.IdentitiesCreated]:
    """Create up to 200 identities, all or none. 200 when `reuse` found each of them."""
    wanted = [Wanted(new, item.get("api_key")) for new, item in zip(_new(body), body["identities"], strict=True)]
    made = await identities.create_many(who.account_id, wanted, key_label=KEY_LABEL)
    answer: list[wire.Identity] = []
    for each in made:
        shown = to_wire(each.identity)
        if each.api_key is not None:
            shown["api_key"] = each.api_key
        answer.append(shown)
    return Answer({"identities": answer}, 201 if any(each.created for each in made) else 200)


def _new(body: wire.IdentitiesCreate) -> list[NewIdentity]:
    """Return what a body asks for. Raises Invalid and others, with the place of whoever it is about."""
    items = body["identities"]
    if not 1 <= len(items) <= MOST_AT_ONCE:
        raise invalid(identities=f"must be 1 to {MOST_AT_ONCE} of them, not {len(items)}")
    found = []
    for place, item in enumerate(items):
        try:
            found.append(from_wire(item))
        except Refused as problem:
            raise at_place(place, problem) from None
    return found
