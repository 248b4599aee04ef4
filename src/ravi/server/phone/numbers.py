"""
Where identities get their numbers from: the first of the carriers.

A carrier that sells numbers is asked before the transaction that gives one out, and what it sold is written down as
spare first. So nothing of the world outside is awaited inside a transaction, and a number that was paid for is not lost
when the server dies, or the identity turns out to be impossible: the next one gets it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ravi.server.db import Database, Transaction, micros
from ravi.server.identities import Identities
from ravi.server.identities.records import TakenNumber
from ravi.server.phone import spare_storage
from ravi.server.phone.carriers.contract import Allocated, Carrier, Wish
from ravi.server.phone.errors import NumbersExhausted, ProviderFailed

log = logging.getLogger("ravi.phone")

#: How many numbers one look gives back.
_AT_ONCE = 20


class CarrierNumbers:
    """Implements `identities.NumberSource`."""

    def __init__(
        self,
        db: Database,
        carriers: Mapping[str, Carrier],
        now: Callable[[], datetime],
        *,
        by_default: bool | None,
        quarantine: timedelta,
    ) -> None:
        self._db = db
        self._carriers = carriers
        self._carrier = next(iter(carriers.values()))
        self._now = now
        self.by_default = self._carrier.costs_nothing if by_default is None else by_default
        self._quarantine = quarantine
        self._identities: Identities | None = None
        self._asking = asyncio.Lock()
        self._promised: Counter[str] = Counter()

    def serve(self, identities: Identities) -> None:
        """Say whose numbers these become; they need each other."""
        self._identities = identities

    async def take(self, tx: Transaction, *, serials: Sequence[int], country: str) -> list[TakenNumber]:
        if self._carrier.instant:
            taken: list[TakenNumber] = []
            for serial in serials:
                try:
                    allocated = await self._carrier.allocate(Wish(country, serial, self._is_known))
                except NumbersExhausted:
                    if not taken:
                        raise  # it says why
                    break
                taken.append(TakenNumber(allocated.number, self._carrier.name, allocated.ref))
            return taken
        return await spare_storage.take(
            tx, self._db.dialect, carrier=self._carrier.name, country=country, most=len(serials)
        )

    @asynccontextmanager
    async def ready(self, *, country: str, wanted: bool | None, count: int = 1) -> AsyncIterator[None]:
        """
        Have *count* numbers at hand for the length of the block, if they are *wanted* or (None) the custom.

        Raises NumbersExhausted and ProviderFailed; the latter only when they were demanded. Those that were to be had
        until then are spare.
        """
        if wanted is False or (wanted is None and not self.by_default) or self._carrier.instant:
            yield
            return
        async with self._asking:  # or two would count on the same one
            try:
                spare = await spare_storage.count(self._db, carrier=self._carrier.name, country=country)
                # One after the other: what carriers have on offer, two who ask at once would both try to buy.
                for _ in range(self._promised[country] + count - spare):
                    await self._get_one(country)
            except (NumbersExhausted, ProviderFailed):
                if wanted:
                    raise
                log.warning("no number could be had", extra={"carrier": self._carrier.name})
            self._promised[country] += count
        try:
            yield
        finally:
            self._promised[country] -= count

    async def return_released(self) -> int:
        """Give back to the carriers what was released longer ago than the quarantine; return how many. A chore."""
        assert self._identities is not None
        returned = 0
        for account_id, taken in await self._identities.list_numbers_to_return(after=self._quarantine, limit=_AT_ONCE):
            carrier = self._carriers.get(taken.carrier)
            if carrier is None:
                continue
            try:
                await carrier.release(Allocated(taken.number, taken.ref))
            except ProviderFailed as fault:
                log.warning(
                    "a number could not be given back", extra={"carrier": carrier.name, "reason": fault.message}
                )
                continue
            await self._identities.note_number_returned(account_id, taken.number)
            returned += 1
        return returned

    async def _get_one(self, country: str) -> None:
        allocated = await self._carrier.allocate(Wish(country, 0, self._is_known))
        taken = TakenNumber(allocated.number, self._carrier.name, allocated.ref)
        async with self._db.begin() as tx:
            # Under the wish: a carrier that cannot follow it would otherwise be asked again and again.
            await spare_storage.insert(tx, taken, country=country, at=micros(self._now()))
        log.info("number allocated", extra={"carrier": self._carrier.name, "country": country})

    async def _is_known(self, number: str) -> bool:
        assert self._identities is not None
        return await self._identities.number_was_given(number) or await spare_storage.exists(self._db, number)
