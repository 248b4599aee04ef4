"""Creating many identities at once: all of them or none, in few statements and behind one lock of the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ravi.errors import Refused
from ravi.server.auth import Auth
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import IdentityRef
from ravi.server.http.errors import invalid
from ravi.server.identities import storage
from ravi.server.identities.addresses import Addresses, taken
from ravi.server.identities.checks import check_new, check_reused
from ravi.server.identities.errors import AddressInvalid, NumbersExhausted, UuidTaken
from ravi.server.identities.numbers import Numbers
from ravi.server.identities.records import Identity, Made, NewIdentity
from ravi.wire import event_types

#: A fleet that is larger takes several calls.
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of many. `api_key`: whether it gets a key; None: if it is new."""

    new: NewIdentity
    api_key: bool | None = None


class Bulk(Addresses, Numbers):
    """The part of `Identities` that makes many."""

    _db: Database
    _auth: Auth
    _events: Events
    _now: Callable[[], datetime]

    async def create_many(self, account_id: int, wanted: Sequence[Wanted], *, key_label: str) -> list[Made]:
        """
        Return what came of each of *wanted*, in their order, as if one had been created after the other.

        Everything is in one transaction: when one is refused, nothing of the others is there. Raises what `create`
        raises, with `identities[3]: ` before the message and that place as `index` in the details; and Invalid for
        none, for more than `MOST_AT_ONCE`, and for one uuid twice. Keys are called *key_label*.
        """
        if not 1 <= len(wanted) <= MOST_AT_ONCE:
            raise invalid(identities=f"must be 1 to {MOST_AT_ONCE} of them, not {len(wanted)}")
        drafts, addresses = await self._checked(account_id, wanted)
        async with self._db.begin() as tx:
            results = await self._reused(tx, account_id, wanted, drafts)
            fresh = [place for place in range(len(wanted)) if place not in results]
            made = await self._insert(tx, account_id, {place: drafts[place] for place in fresh})
            given = await self.give_addresses(
                tx, account_id, [(each.id, each.name, addresses[place]) for place, each in made.items()]
            )
            numbers = await self.give_numbers(
                tx,
                account_id,
                {each.id: (wanted[place].new.phone, wanted[place].new.country) for place, each in made.items()},
            )
            for place, each in made.items():
                if each.id not in given:
                    raise at_place(place, taken(addresses[place] or each.name))
                if wanted[place].new.phone and each.id not in numbers:
                    raise at_place(place, NumbersExhausted("no number is at hand", hint="try again"))
                made[place] = replace(each, address=given[each.id], number=numbers.get(each.id))
            await self._events.record_many(
                tx, account_id, event_types.IDENTITY_CREATED, [(each.ref, described(each)) for each in made.values()]
            )
            everybody = [
                made[found] if isinstance(found := results.get(place, place), int) else found
                for place in range(len(wanted))
            ]
            keys = await self._keys(account_id, wanted, made, everybody, key_label)
        return [Made(identity, place in made, keys.get(place)) for place, identity in enumerate(everybody)]

    async def _checked(self, account_id: int, wanted: Sequence[Wanted]) -> tuple[list[Identity], list[str | None]]:
        """Return drafts and whole chosen addresses. Raises what is wrong with the first that is not right."""
        now = self._now()
        found = await self.check_addresses(account_id, [each.new.address for each in wanted])
        drafts: list[Identity] = []
        addresses: list[str | None] = []
        uuids: set[str] = set()
        for place, (each, address) in enumerate(zip(wanted, found, strict=True)):
            try:
                draft = check_new(each.new, now)
                if isinstance(address, AddressInvalid):
                    raise address
                if draft.uuid in uuids:
                    raise invalid(uuid="is that of another one in this request")
            except Refused as problem:
                raise at_place(place, problem) from None
            uuids.add(draft.uuid)
            drafts.append(draft)
            addresses.append(address)
        return drafts, addresses

    async def _reused(
        self, tx: Transaction, account_id: int, wanted: Sequence[Wanted], drafts: Sequence[Identity]
    ) -> dict[int, Identity | int]:
        """Return whom `reuse` finds, by place: an identity, or the place of one that is only now made."""
        names = {
            draft.name
            for each, draft in zip(wanted, drafts, strict=True)
            if each.new.reuse and each.new.name is not None
        }
        for name in sorted(names):  # in one order, or two transactions would wait for each other
            await tx.lock(f"identity-name:{account_id}:{name}")
        live = await storage.find_by_names(tx, account_id, sorted(names), at=micros(self._now()))
        results: dict[int, Identity | int] = {}
        first: dict[str, int] = {}
        for place, (each, draft) in enumerate(zip(wanted, drafts, strict=True)):
            found = live.get(draft.name) or first.get(draft.name)
            if found is None or not each.new.reuse or each.new.name is None:
                first.setdefault(draft.name, place)
                continue
            try:
                check_reused(drafts[found] if isinstance(found, int) else found, draft)
            except Refused as problem:
                raise at_place(place, problem) from None
            results[place] = found
        return results

    async def _insert(self, tx: Transaction, account_id: int, drafts: dict[int, Identity]) -> dict[int, Identity]:
        ids = await storage.insert_many(tx, account_id, list(drafts.values()), at=micros(self._now()))
        for place, draft in drafts.items():
            if draft.uuid not in ids:
                raise at_place(place, UuidTaken("this uuid is taken", details={"uuid": ["taken"]}))
        return {place: replace(draft, id=ids[draft.uuid]) for place, draft in drafts.items()}

    async def _keys(
        self,
        account_id: int,
        wanted: Sequence[Wanted],
        made: dict[int, Identity],
        everybody: Sequence[Identity],
        label: str,
    ) -> dict[int, str]:
        """Make the keys that are wanted; return them by place."""
        places = [
            place for place, each in enumerate(wanted) if (place in made if each.api_key is None else each.api_key)
        ]
        if not places:
            return {}
        refs = [
            IdentityRef(everybody[place].id, everybody[place].uuid, everybody[place].name, disabled=False)
            for place in places
        ]
        return dict(zip(places, await self._auth.mint_identity_keys(account_id, refs, label), strict=True))


def described(identity: Identity) -> dict[str, object]:
    """Return the data of an event about *identity*."""
    return {"uuid": identity.uuid, "name": identity.name, "email": identity.address, "phone": identity.number}


def at_place(place: int, problem: Refused) -> Refused:
    """Return *problem* as one with what stands at *place* of the request."""
    problem.message = f"identities[{place}]: {problem.message}"
    problem.details = {"index": place, **(problem.details or {})}
    return problem
