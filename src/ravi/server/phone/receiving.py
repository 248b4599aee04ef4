"""What carriers tell: texts that come in, reports about those that went out, signs of life."""

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from ravi.server.db import Database, ReferenceGone, Transaction, micros
from ravi.server.events import Events
from ravi.server.http.origin import acting, origin
from ravi.server.identities import Identities, Line
from ravi.server.identities.e164 import is_dialable, parse_number, read_sender
from ravi.server.phone import devices_storage as devices
from ravi.server.phone import queue_storage, storage
from ravi.server.phone.bodies import Body, prepare
from ravi.server.phone.carriers.contract import Alive, Happening, Received, Report
from ravi.server.phone.records import SenderType, Verdict
from ravi.wire import event_types

log = logging.getLogger("ravi.phone")

#: What a report can still change. Reports come twice, late and in any order, and "delivered" and "failed" are final.
_BEFORE = {
    "sent": ("queued", "uncertain"),
    "delivered": ("queued", "sent", "uncertain"),
    "failed": ("queued", "sent", "uncertain"),
}
#: Of what somebody else wrote into a reason, in characters.
LONGEST_REASON = 300
REPORTS_WAIT_SECONDS = 1.0


class Acquaintances(Protocol):
    """Whom an identity knows: contacts, seen from here."""

    async def touch(
        self, tx: Transaction, account_id: int, identity_id: int, *, phone_number: str, at: datetime
    ) -> None:
        """Remember that a text was exchanged with *phone_number*."""

    async def sender_type_of_number(
        self, tx: Transaction, account_id: int, identity_id: int, number: str, *, certain: bool
    ) -> SenderType:
        """Return what the identity thinks of a sender; one who is not *certain* is never trusted."""


class Receiving:
    """The part of `Phone` that listens to carriers."""

    def __init__(
        self,
        db: Database,
        identities: Identities,
        events: Events,
        acquaintances: Acquaintances,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._identities = identities
        self._events = events
        self._acquaintances = acquaintances
        self._now = now

    async def told(self, carrier: str, happening: Happening) -> bool:
        """
        Store what the carrier of that name tells; False when it concerns nobody here.

        One transaction: when this returns, everything is durable. What was told before changes nothing.
        """
        with acting(replace(origin(), kind="carrier")):
            match happening:
                case Received():
                    return await self.receive(carrier, happening) is not None
                case Report():
                    return await self._note_report(carrier, happening)
                case Alive():
                    await self.note_seen(carrier, happening.device, detail=happening.detail)
                    return True

    async def receive(self, carrier: str, received: Received) -> int | None:
        """Store a text and return its row's id, the first one's for a repeated delivery; None when it is for nobody."""
        line = await self._line(carrier, received.to_number)
        if line is None:
            return None
        if line.disabled:
            await self._drop(line, received)
            return None
        body = prepare(received.body, incoming=True)
        sender = read_sender(received.sender, line.number)
        try:
            async with self._db.begin() as tx:
                return await self._store(tx, carrier, line, received, sender, body)
        except ReferenceGone:  # the identity was deleted since
            return None

    async def note_seen(self, carrier: str, device: str, *, detail: str = "", text: bool = False) -> None:
        """Remember a sign of life of a carrier's device; "" is the carrier itself."""
        async with self._db.begin() as tx:
            await devices.note_seen(
                tx, carrier, device[:100], detail=detail[:LONGEST_REASON], text=text, at=micros(self._now())
            )

    async def note_refused(self, carrier: str, reason: str) -> None:
        """Count and log a webhook that was refused."""
        reason = "".join(char if char.isprintable() else "\ufffd" for char in reason)[:LONGEST_REASON]
        log.warning("webhook refused", extra={"carrier": carrier, "reason": reason})
        async with self._db.begin() as tx:
            await devices.note_refused(tx, carrier, reason, at=micros(self._now()))

    async def _line(self, carrier: str, to_number: str) -> Line | None:
        """Return whose number it is, if anybody of this carrier's has it now."""
        try:
            number = parse_number(to_number)
        except ValueError:
            number = ""
        line = await self._identities.find_line(number) if number else None
        reason = ""
        if line is None:
            reason = "for a number that nobody here has"
        elif line.carrier != carrier:
            reason = "for a number of another carrier"
        elif line.released:
            reason = "for a number that was given back"
        if not reason:
            return line
        log.warning("text dropped", extra={"carrier": carrier, "reason": reason})
        return None

    async def _store(
        self, tx: Transaction, carrier: str, line: Line, received: Received, sender: str, body: Body
    ) -> int | None:
        account_id, identity_id, at = line.account_id, line.identity_id, self._now()
        await lock_texts(tx, identity_id)
        fingerprint = fingerprint_of(carrier, received.key) if received.key else None
        verdict: Verdict = "local" if received.certain else "network" if is_dialable(sender) else "none"
        sender_type = await self._acquaintances.sender_type_of_number(
            tx, account_id, identity_id, sender, certain=received.certain
        )
        text_id = await storage.insert(
            tx,
            uuid=str(uuid.uuid4()),
            account_id=account_id,
            identity_id=identity_id,
            number_id=line.number_id,
            direction="incoming",
            state="received",
            is_read=0,
            sender_type=sender_type,
            verdict=verdict,
            created_at=micros(at),
            peer=sender,
            body=body.text,
            encoding=body.encoding,
            segments=body.segments,
            codes=body.codes,
            links=body.links,
            carrier=carrier,
            carrier_ref=received.ref,
            fingerprint=fingerprint,
            next_at=None,
        )
        if text_id is None:
            return await storage.find_received(tx, account_id, identity_id, fingerprint or b"")
        if sender.startswith("+"):
            await self._acquaintances.touch(tx, account_id, identity_id, phone_number=sender, at=at)
        await devices.note_seen(tx, carrier, received.device[:100], detail="", text=True, at=micros(at))
        data = {
            "message_id": text_id,
            "phone_id": line.number_id,
            "from_number": sender,
            "to_number": line.number,
            "body": body.text,
            "sender_type": sender_type,
            "conversation_id": f"{line.number_id}_{sender}",
        }
        owner = (identity_id, line.identity_uuid)
        await self._events.record(tx, account_id, event_types.SMS_RECEIVED, owner, data)
        return text_id

    async def _drop(self, line: Line, received: Received) -> None:
        """A text for an identity that is switched off is not kept; that one came is."""
        log.info("text dropped", extra={"carrier": line.carrier, "reason": "its identity is switched off"})
        async with self._db.begin() as tx:
            data = {"phone_id": line.number_id, "to_number": line.number, "reason": "the identity is switched off"}
            owner = (line.identity_id, line.identity_uuid)
            await self._events.record(tx, line.account_id, event_types.SMS_DROPPED, owner, data)

    async def _note_report(self, carrier: str, report: Report) -> bool:
        if await self._reported(carrier, report):
            return True
        # It may have overtaken the carrier's answer, which says what the text is called and is just being written down.
        await asyncio.sleep(REPORTS_WAIT_SECONDS)
        if await self._reported(carrier, report):
            return True
        log.info("report dropped", extra={"carrier": carrier, "reason": "about a text that is not here"})
        return False

    async def _reported(self, carrier: str, report: Report) -> bool:
        async with self._db.begin() as tx:
            await devices.note_seen(tx, carrier, "", detail="", text=False, at=micros(self._now()))
            found = await queue_storage.find_reported(tx, carrier, report.ref)
            if found is None:
                return False
            account_id, identity_id, text_id, identity_uuid, _ = found
            reason = report.reason[:LONGEST_REASON] if report.progress == "failed" else ""
            if not await queue_storage.progress(
                tx, account_id, text_id, state=report.progress, before=_BEFORE[report.progress], error=reason
            ):
                return True
            if report.progress == "failed":
                await self.record_outcome(tx, account_id, (identity_id, identity_uuid), text_id)
        return True

    async def record_outcome(self, tx: Transaction, account_id: int, owner: tuple[int, str], text_id: int) -> None:
        """Record that a text was sent, or was not, as part of *tx*, as its state is now."""
        text = await storage.find(tx, account_id, owner[0], id=text_id)
        if text is None:
            return
        data = {
            "message_id": text.id,
            "phone_id": text.number_id,
            "from_number": text.own_number,
            "to_number": text.peer,
            "body": text.body,
            "state": text.state,
            "conversation_id": text.conversation_id,
        }
        if text.last_error:
            data["error"] = text.last_error
        happened = event_types.SMS_SENT if text.state in ("sent", "delivered") else event_types.SMS_FAILED
        await self._events.record(tx, account_id, happened, owner, data)


def fingerprint_of(carrier: str, key: str) -> bytes:
    """Return what tells a repeated delivery of one carrier."""
    return hashlib.sha256(f"ravi/sms\0{carrier}\0{key}".encode("utf-8", "replace")).digest()[:16]


async def lock_texts(tx: Transaction, identity_id: int) -> None:
    """
    Let one transaction at a time add to an identity's texts, or erase them.

    So the ids of an identity's texts become visible in their order, as `mail.receiving.lock_mail` does for mail. Take
    it before the lock of contacts, and both before events are recorded.
    """
    await tx.lock(f"texts:{identity_id}")
