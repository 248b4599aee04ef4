"""
What an SMSC delivers: from the packet to the moment when it is told and may be answered.

An answer is a promise, so it is given when what came is in the database. Texts are told one after the other, as they
came; receipts beside them, since they may have to wait for the answer that they have overtaken.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable

from ravi.server.phone.carriers.contract import Received, Report, Tell
from ravi.server.phone.carriers.smpp import pdu as pdus
from ravi.server.phone.carriers.smpp.parts import Parts, Text
from ravi.server.phone.carriers.smpp.pdu import USER_MESSAGE_REFERENCE, Address, Delivery, Pdu
from ravi.server.phone.carriers.smpp.receipts import Sendings, is_receipt, read_receipt
from ravi.server.phone.carriers.smpp.session import Session
from ravi.server.phone.carriers.smpp.setup import Pace, Setup
from ravi.server.phone.carriers.smpp.texts import Content, content_of, decode

log = logging.getLogger("ravi.phone")

#: Deliveries without an answer. Who sends more than that at once is asked to come again.
MOST_WAITING = 512

_INTERNATIONAL = 1
#: Shorter ones are no end of a number, but a short code of ours that we do not have.
_SHORTEST_END = 6

Reply = Callable[[int], None]


class Inbox:
    """Takes deliveries, from any number of connections one after the other, and tells them."""

    def __init__(self, setup: Setup, pace: Pace, sendings: Sendings) -> None:
        self._setup = setup
        self._pace = pace
        self._sendings = sendings
        self._queue: asyncio.Queue[tuple[Delivery, Reply]] = asyncio.Queue()
        self._waiting = 0
        self._parts = Parts(pace)
        self._clock = asyncio.get_running_loop().time

    def take(self, session: Session, pdu: Pdu) -> None:
        """Take what *session* has read. It is answered when it was told, or at once if it cannot be taken."""
        if self._waiting >= MOST_WAITING:
            session.answer(pdu, pdus.NOT_NOW)
            return
        try:
            delivery = pdus.read_delivery(pdu.body)
        except pdus.Malformed as fault:
            log.warning("delivery not understood", extra={"smsc": self._setup.at, "reason": str(fault)})
            session.answer(pdu, pdus.NOT_EVER)
            return
        self._waiting += 1

        def reply(status: int) -> None:
            self._waiting -= 1
            session.answer(pdu, status)

        self._queue.put_nowait((delivery, reply))

    async def work(self, tell: Tell) -> None:
        """Tell what was taken, until cancelled; then what the SMSC was told that it need not keep."""
        try:
            async with asyncio.TaskGroup() as receipts:
                while True:
                    await self._next(tell, receipts)
        finally:
            for text in self._parts.given_up():
                await self._tell_text(text, tell)

    async def _next(self, tell: Tell, receipts: asyncio.TaskGroup) -> None:
        due = self._parts.next_due()
        if due is not None and due <= self._clock():
            for text in self._parts.due(self._clock()):
                await self._tell_text(text, tell)
            return
        try:
            async with asyncio.timeout_at(due):
                delivery, reply = await self._queue.get()
        except TimeoutError:
            return
        if is_receipt(delivery):
            receipts.create_task(self._receipt(delivery, reply, tell))
            return
        content = content_of(delivery)
        if not content.reference:
            await self._tell_whole(delivery, content, tell)
            reply(pdus.OK)
            return
        source, destination = self._sender(delivery), self._own(delivery.destination)
        for text in self._parts.add(source, destination, content, lambda: reply(pdus.OK), self._clock()):
            await self._tell_text(text, tell)

    async def _tell_whole(self, delivery: Delivery, content: Content, tell: Tell) -> None:
        source, destination = self._sender(delivery), self._own(delivery.destination)
        body = decode(content.octets, content.data_coding, self._setup.alphabet)
        reference = delivery.options.get(USER_MESSAGE_REFERENCE, b"").hex()
        key = _key(source, destination, reference, body) if reference else ""
        await tell(Received(destination, source, body, key=key, device=self._setup.at))

    async def _tell_text(self, text: Text, tell: Tell) -> None:
        now = self._clock()
        if text.is_whole or not self._parts.is_repeated(text, now):
            source, destination, reference, total = text.key
            body = text.body(self._setup.alphabet)
            key = _key(source, destination, f"{reference}/{total}", body)
            if not text.is_whole:
                log.warning(
                    "parts of a text are missing",
                    extra={"smsc": self._setup.at, "parts": len(text.parts), "of": total},
                )
            await tell(Received(destination, source, body, key=key, device=self._setup.at))
            self._parts.remember(text, now)
        text.answer()

    async def _receipt(self, delivery: Delivery, reply: Reply, tell: Tell) -> None:
        receipt = read_receipt(delivery)
        known = self._sendings.find(receipt)
        if known is None and receipt.progress:
            await self._sendings.settle(self._pace.answer)
            known = self._sendings.find(receipt)
        if known is not None:
            sending, message_id = known
            before = sending.parts[message_id]
            if receipt.progress and (before is None or before.progress == "sent"):
                sending.parts[message_id] = receipt
            await sending.over.wait()
            report = sending.report()
            if report is not None and report.ref:
                await tell(report)
        elif receipt.progress:
            # A text of an earlier process, perhaps.
            for place, message_id in enumerate([*receipt.ids, *self._sendings.others(receipt)]):
                if await tell(Report(message_id, receipt.progress, receipt.reason)):
                    self._sendings.same_base |= place < len(receipt.ids)
                    break
        reply(pdus.OK)

    def _own(self, address: Address) -> str:
        """
        Return which of our numbers a text is for.

        SMSCs write them with a plus sign, without one, with zeros, or as in their country.
        """
        text = address.text.decode("latin-1").strip()
        digits = text.removeprefix("+")
        ends = digits.lstrip("0")
        whole = [number for number in self._setup.numbers if number == f"+{ends}"]
        if not whole and len(ends) >= _SHORTEST_END:
            whole = [number for number in self._setup.numbers if number.endswith(ends)]
        if len(whole) == 1:
            return whole[0]
        return f"+{digits}" if address.ton == _INTERNATIONAL and digits.isdigit() else text

    def _sender(self, delivery: Delivery) -> str:
        """Return who sent it: with a plus sign where the SMSC says that the number is whole, or writes ours so."""
        text = delivery.source.text.decode("latin-1").strip()
        ours = delivery.destination.text.decode("latin-1").strip()
        if not text.isascii() or not text.isdigit() or text.startswith("0"):
            return text
        whole = delivery.source.ton == _INTERNATIONAL
        whole |= delivery.source.ton == 0 and len(text) > 8 and f"+{ours}" in self._setup.numbers
        return f"+{text}" if whole else text


def _key(*what: str) -> str:
    """Return what a repeated delivery shares with the first."""
    return hashlib.sha256("\0".join(what).encode("utf-8", "replace")).hexdigest()[:32]
