"""The `smpp` carrier passes what every carrier must, against an SMSC that nobody here wrote."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ravi.server.phone.carriers.contract import Alive, Carrier, Received
from ravi.server.phone.carriers.smpp.carrier import Smpp
from ravi.server.phone.carriers.smpp.setup import Setup
from tests.support.smsc import OURS, OURS_TOO, PACE, PASSWORD, PATIENCE, Smsc
from tests.support.wire import Wire
from tests.unit.server.phone.conformance import Conformance
from tests.unit.server.phone.worlds import EVERY_TROUBLE, Trouble, World

#: ESME_RINVDSTADR, ESME_RTHROTTLED, ESME_RSYSERR.
STATUSES = {"refused": 0x0B, "busy": 0x58, "broken": 0x08}
INTERNATIONAL, NATIONAL, WORD = 1, 3, 5


class SmppWorld(World):
    number = OURS
    secrets = (PASSWORD,)

    def __init__(self, smsc: Smsc, wire: Wire) -> None:
        super().__init__()
        self.smsc, self.wire = smsc, wire
        self.refusing = False
        self.submitted: list[str] = []

    def open(self) -> Smpp:
        setup = Setup("127.0.0.1", self.wire.port, "ravi", PASSWORD, (OURS, OURS_TOO))
        self.carrier = Smpp("smpp", setup, replace(PACE, connect=0.5, answer=0.5))
        return self.carrier

    async def ready(self) -> None:
        await self.until(Alive, 1)

    async def until(self, kind: type, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while sum(isinstance(each, kind) for each in self.told) < count:
                await asyncio.sleep(0.01)

    async def suffer(self, trouble: Trouble | None) -> None:
        await self.count()
        self.refusing = trouble in STATUSES
        await self.smsc.behave(statuses=[STATUSES[trouble]] * 50 if trouble in STATUSES else [])
        signed_in = sum(isinstance(each, Alive) for each in self.told)
        cut = self.wire.is_at_fault
        await self.wire.suffer(trouble if trouble not in STATUSES else None)
        if cut and not self.wire.is_at_fault:
            await self.until(Alive, signed_in + 1)
        while trouble == "gone" and self.carrier._session is not None:  # what is sent until it knows may have gone out
            await asyncio.sleep(0.01)

    async def count(self) -> None:
        await self.smsc.behave()  # what it has heard before this is known when it is done
        heard = self.smsc.so_far("submit")
        if not self.refusing and heard:
            self.submitted.append("".join(str(part["text"]) for part in heard))

    async def accepted(self) -> list[str]:
        await self.count()
        return self.submitted

    async def receive(self, carrier: Carrier, sender: str, body: str) -> list[Received]:
        before = len(self.told)
        kind = INTERNATIONAL if sender.startswith("+") else NATIONAL if sender.isdigit() else WORD
        octets = {"message_payload_hex": body.encode("utf-16-be").hex(), "data_coding": 8}
        address = {"source_addr": sender.removeprefix("+"), "source_addr_ton": kind, "source_addr_npi": 1}
        assert await self.smsc.deliver(**address, **octets) == 0
        return [each for each in self.told[before:] if isinstance(each, Received)]


class TestSmpp(Conformance):
    troubles = EVERY_TROUBLE

    @pytest.fixture
    async def world(self, smsc: Smsc) -> AsyncIterator[SmppWorld]:
        wire = Wire()
        await wire.open(smsc.port)
        yield SmppWorld(smsc, wire)
        await wire.close()
