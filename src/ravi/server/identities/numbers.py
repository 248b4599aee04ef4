"""Which number an identity has: given, given back, and whose one is. Where numbers come from is injected."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from ravi.server.auth import Auth
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.identities import holdings, lines
from ravi.server.identities.errors import NoPhone, NumbersExhausted, PhoneExists
from ravi.server.identities.lines import Line
from ravi.server.identities.records import Identity, Number, TakenNumber
from ravi.wire import event_types


class NumberSource(Protocol):
    """Where numbers come from: the carriers, seen from here."""

    by_default: bool
    """Whether an identity gets a number without asking: true where they cost nothing."""

    def ready(self, *, country: str, wanted: bool | None, count: int = 1) -> AbstractAsyncContextManager[None]:
        """
        Have *count* numbers at hand for the length of the block, if they are *wanted* or (None) the custom.

        In no transaction: a carrier may have to be asked. Raises NumbersExhausted and ProviderFailed if it is wanted.
        """

    async def take(self, tx: Transaction, *, serials: Sequence[int], country: str) -> list[TakenNumber]:
        """
        Return a number that nobody has had for each of *serials*; fewer when there are no more.

        A serial (1, 2, …) is never given twice.
        """


class Numbers:
    """The part of `Identities` that is about numbers."""

    _db: Database
    _auth: Auth
    _events: Events
    _numbers: NumberSource
    _now: Callable[[], datetime]

    async def get(self, account_id: int, identity_uuid: str) -> Identity:
        """Return the identity, as `Identities.get` does."""
        raise NotImplementedError

    async def _record(self, tx: Transaction, account_id: int, type: str, identity: Identity) -> None:
        raise NotImplementedError

    def number_ready(self, *, country: str, wanted: bool | None, count: int = 1) -> AbstractAsyncContextManager[None]:
        """Have numbers at hand, for what follows to give out; see `NumberSource.ready`."""
        return self._numbers.ready(country=country, wanted=wanted, count=count)

    async def add_number(self, account_id: int, identity_uuid: str, *, country: str = "US") -> Identity:
        """Give the identity a number. Raises PhoneExists, NumbersExhausted, and what get raises."""
        async with self._db.begin() as tx:
            # The row's lock keeps two requests from both finding no number.
            await tx.lock(f"identity-number:{identity_uuid.lower()}")
            identity = await self.get(account_id, identity_uuid)
            if identity.number is not None:
                raise PhoneExists("This identity already has a phone number.")
            await self._give_number(tx, account_id, identity.id, country)
            identity = await self.get(account_id, identity_uuid)
            await self._record(tx, account_id, event_types.IDENTITY_PHONE_ADDED, identity)
        return identity

    async def release_number(self, account_id: int, identity_uuid: str) -> Identity:
        """
        Take the identity's number away for good: nobody here gets it again. Its texts stay.

        Raises NoPhone, and what get raises.
        """
        async with self._db.begin() as tx:
            await tx.lock(f"identity-number:{identity_uuid.lower()}")
            before = await self.get(account_id, identity_uuid)
            if not await holdings.release_number(tx, account_id, before.id, at=micros(self._now())):
                raise NoPhone("this identity has no phone number")
            identity = await self.get(account_id, identity_uuid)
            # The event says which number it was.
            await self._record(tx, account_id, event_types.IDENTITY_PHONE_RELEASED, before)
        return identity

    async def list_numbers(
        self, account_id: int, identity_id: int | None, number_id: int | None = None
    ) -> list[Number]:
        """Return the live numbers of one identity, or of the account; of them only *number_id* if given."""
        return await holdings.list_numbers(self._db, account_id, identity_id, number_id)

    async def find_line(self, number: str) -> Line | None:
        """Return whose *number* (E.164) is, of any account; None when nobody has or ever had it."""
        return await lines.find(self._db, number, at=micros(self._now()))

    async def line_of(self, account_id: int, identity_id: int) -> Line | None:
        """Return the identity's number; None when it has none."""
        return await lines.find_of(self._db, account_id, identity_id, at=micros(self._now()))

    async def number_was_given(self, number: str) -> bool:
        """Tell whether anybody has, or ever had, *number*."""
        return await holdings.number_exists(self._db, number)

    async def list_numbers_to_return(self, *, after: timedelta, limit: int) -> list[tuple[int, TakenNumber]]:
        """Return (account, number) of those that were given back to us longer than *after* ago, and not yet by us."""
        return await holdings.list_to_return(self._db, before=micros(self._now() - after), limit=limit)

    async def note_number_returned(self, account_id: int, number: str) -> None:
        """Remember that the carrier has got a number back."""
        async with self._db.begin() as tx:
            await holdings.note_returned(tx, account_id, number, at=micros(self._now()))

    async def give_number_by_custom(
        self, tx: Transaction, account_id: int, identity_id: int, wanted: bool | None, country: str
    ) -> str | None:
        """Give a new identity a number if that is *wanted*, or (None) the custom. Raises NumbersExhausted."""
        if wanted is False or (wanted is None and not self._numbers.by_default):
            return None
        try:
            return await self._give_number(tx, account_id, identity_id, country)
        except NumbersExhausted:
            if wanted:
                raise
            await holdings.drop_reserved_number(tx, account_id, identity_id)
            return None  # nobody asked for one

    async def give_numbers(
        self, tx: Transaction, account_id: int, wanted: Mapping[int, tuple[bool | None, str]]
    ) -> dict[int, str]:
        """
        Give numbers to new identities (row id → whether one is wanted, country), as `give_number_by_custom` does.

        Return them by identity. Who demands one and is not among them could get none.
        """
        asking: dict[str, list[int]] = {}
        for identity_id, (wish, country) in wanted.items():
            if wish or (wish is None and self._numbers.by_default):
                asking.setdefault(country, []).append(identity_id)
        given: dict[int, str] = {}
        for country, identity_ids in asking.items():
            # Those that demand one come first, should there be too few.
            identity_ids.sort(key=lambda identity_id: not wanted[identity_id][0])
            rows = await holdings.insert_numbers(tx, account_id, identity_ids, at=micros(self._now()))
            try:
                taken = await self._numbers.take(tx, serials=[rows[each] for each in identity_ids], country=country)
            except NumbersExhausted:
                taken = []  # those who demand one are refused by the caller
            for identity_id in identity_ids[len(taken) :]:
                await holdings.drop_reserved_number(tx, account_id, identity_id)
            served = dict(zip(identity_ids, taken, strict=False))
            await holdings.set_numbers(tx, account_id, {rows[each]: number for each, number in served.items()})
            given |= {each: number.number for each, number in served.items()}
        return given

    async def _give_number(self, tx: Transaction, account_id: int, identity_id: int, country: str) -> str:
        row_id = await holdings.insert_number(
            tx, account_id=account_id, identity_id=identity_id, at=micros(self._now())
        )
        taken = await self._numbers.take(tx, serials=[row_id], country=country)
        if not taken:  # another replica was quicker
            raise NumbersExhausted("no number is at hand", hint="try again")
        await holdings.set_number(tx, account_id, row_id, taken[0])
        return taken[0].number
