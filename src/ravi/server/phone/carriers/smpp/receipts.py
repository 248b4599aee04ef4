"""
Receipts: what an SMSC says became of a text, and which text it means.

SMPP leaves both open. The state stands in a parameter or in words (SMPP 3.4, appendix B); the text is called as in the
answer to it, or by the same number in decimal where that was hexadecimal, or the other way round. A text of several
parts has a receipt for each, and is called by its last part.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ravi.server.phone.carriers.contract import Progress, Report
from ravi.server.phone.carriers.smpp.pdu import MESSAGE_STATE, RECEIPTED_MESSAGE_ID, Delivery

#: Message ids of texts that receipts may still come for.
_MOST_KNOWN = 10_000
_TYPE = 0x3C
_RECEIPT, _IN_BETWEEN = 0x04, 0x20

_STATES: dict[str, tuple[Progress, str]] = {
    "ENROUTE": ("sent", ""),
    "ACCEPTD": ("sent", ""),
    "DELIVRD": ("delivered", ""),
    "EXPIRED": ("failed", "not delivered in time"),
    "DELETED": ("failed", "deleted by the operator"),
    "UNDELIV": ("failed", "could not be delivered"),
    "REJECTD": ("failed", "rejected by the operator"),
}
#: SMPP 3.4 section 5.2.28. 7 is "unknown", which tells nobody anything.
_NUMBERS = {1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 8: "REJECTD"}

_ID = re.compile(r"\bid:\s*([^\s:]+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*([A-Z]{4,10})", re.IGNORECASE)
_ERR = re.compile(r"\berr:\s*([0-9A-Z]{1,10})", re.IGNORECASE)
_HEX = re.compile(r"[0-9A-Fa-f]{1,64}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `ids` are what the text may be called, the likeliest first; `progress` None: nothing new."""

    ids: tuple[str, ...]
    progress: Progress | None
    reason: str = ""


def is_receipt(delivery: Delivery) -> bool:
    """Whether this is about a text that was sent, and not a text."""
    kind = delivery.esm_class & _TYPE
    return kind in (_RECEIPT, _IN_BETWEEN) or {RECEIPTED_MESSAGE_ID, MESSAGE_STATE} <= delivery.options.keys()


def read_receipt(delivery: Delivery) -> Receipt:
    """Read a receipt, in whichever of its forms. Never raises; one that names no text has no `ids`."""
    words = delivery.octets.decode("latin-1")
    named = [delivery.options.get(RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0].decode("latin-1").strip()]
    if found := _ID.search(words):
        named.append(found[1])
    ids = dict.fromkeys(one for name in named if name for one in [plain_id(name)])
    state = _NUMBERS.get(int.from_bytes(delivery.options.get(MESSAGE_STATE, b""), "big"), "")
    if not state and (said := _STAT.search(words)):
        state = said[1].upper()[:7]
    progress, reason = _STATES.get(state, (None, ""))
    error = _ERR.search(words)
    if reason and error and error[1].strip("0"):
        reason += f" (error {error[1]})"
    return Receipt(tuple(ids), progress, reason)


def plain_id(message_id: str) -> str:
    """Return what a text is called, in one spelling: numbers have no zeros in front and small letters."""
    if not _HEX.fullmatch(message_id):
        return message_id
    return message_id.lower().lstrip("0") or "0"


def other_ids(message_id: str) -> list[str]:
    """Return what a text may be called as well: the number in the other base."""
    found: list[str] = []
    if message_id.isascii() and message_id.isdigit():
        found.append(f"{int(message_id):x}")
    if _HEX.fullmatch(message_id):
        found.append(str(int(message_id, 16)))
    return [other for other in found if other != message_id]


@dataclass(slots=True)
class Sending:
    """A text that is being sent, or was. `parts` is what is known of each part, by its message id."""

    count: int
    parts: dict[str, Receipt | None] = field(default_factory=dict)
    ref: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self) -> Report | None:
        """Return what to say of the text as a whole; None as long as that is nothing."""
        known = list(self.parts.values())
        for number, part in enumerate(known, 1):
            if part and part.progress == "failed":
                which = f"part {number} of {self.count}: " if self.count > 1 else ""
                return Report(self.ref, "failed", f"{which}{part.reason}")
        if len(known) == self.count and all(part and part.progress == "delivered" for part in known):
            return Report(self.ref, "delivered")
        return None


class Sendings:
    """
    What this process has sent of late.

    It is not needed for a text of one part: that is found by its id in the database. It knows the parts of longer ones,
    and lets receipts wait that overtake the answer.
    """

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Sending] = OrderedDict()
        self._under_way: set[asyncio.Event] = set()
        self.same_base = False
        """Receipts were seen to call texts as the answers do, so nothing has to be guessed."""

    @contextmanager
    def one(self, count: int) -> Iterator[Sending]:
        """A text of *count* parts that is being sent now."""
        sending = Sending(count)
        self._under_way.add(sending.over)
        try:
            yield sending
        finally:
            self._under_way.remove(sending.over)
            sending.over.set()

    def accepted(self, sending: Sending, message_id: str) -> None:
        """Remember what the SMSC calls the next part of *sending*."""
        sending.parts[message_id] = None
        if message_id:
            self._by_id[message_id] = sending
        while len(self._by_id) > _MOST_KNOWN:
            self._by_id.popitem(last=False)

    async def settle(self, seconds: float) -> None:
        """Wait until what is being sent at this moment was answered, but not longer than *seconds*."""
        waiting = [asyncio.create_task(over.wait()) for over in self._under_way]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=seconds)
            for task in late:
                task.cancel()

    def find(self, receipt: Receipt) -> tuple[Sending, str] | None:
        """Return the text that *receipt* is about, and what its part is called here."""
        for message_id in receipt.ids:
            if message_id in self._by_id:
                self.same_base = True
                return self._by_id[message_id], message_id
        for message_id in self.others(receipt):
            if message_id in self._by_id:
                return self._by_id[message_id], message_id
        return None

    def others(self, receipt: Receipt) -> list[str]:
        """Return what the text may be called as well, unless receipts are known to call texts as we do."""
        return [] if self.same_base else [other for message_id in receipt.ids for other in other_ids(message_id)]
