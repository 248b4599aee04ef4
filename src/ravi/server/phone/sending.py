"""
Accepting what identities send: one durable transaction, after which a 201 is a promise.

`delivering.py` hands what is queued to the carriers.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta

from ravi.errors import Malformed
from ravi.server.db import ReferenceGone, Transaction, micros
from ravi.server.http import IdentityRef, Principal
from ravi.server.http.errors import invalid
from ravi.server.http.send_limits import SendCounter
from ravi.server.identities import Line, hold_identity
from ravi.server.identities.e164 import LONGEST_SENDER, parse_recipient
from ravi.server.phone import storage
from ravi.server.phone.bodies import LONGEST_SENT, Body, prepare
from ravi.server.phone.carriers.contract import Carrier, Received
from ravi.server.phone.errors import CarrierMissing, NoPhone, NumberUnreachable
from ravi.server.phone.receiving import Receiving, lock_texts
from ravi.server.phone.records import Text
from ravi.wire.audit import SMS_QUEUED

#: Published clients repeat a send whose answer was lost, without saying that it is the same one.
REPEATED_WITHIN = timedelta(seconds=60)
#: Rung when there is something to send, or to send again.
QUEUE = "texts-queued"


class Sending(Receiving):
    """The part of `Phone` that takes texts from identities."""

    _carriers: Mapping[str, Carrier]
    _counter: SendCounter

    async def send(self, who: Principal, to: str, body: str, *, once: bool) -> Text:
        """
        Queue a text from the identity's number, and return it.

        *once*: the caller takes care that a repeated request sends nothing; otherwise the same text to the same number
        within a minute is the same text. Raises Invalid, NoPhone, NumberUnreachable, RecipientNotAllowed, RateLimited,
        CarrierMissing, Malformed when the identity ended, and what `Identities.acting` raises.
        """
        identity = await self._identities.acting(who)
        recipient, prepared = _recipient(to), _body(body)
        line = await self._identities.line_of(who.account_id, identity.id)
        if line is None:
            raise NoPhone("this identity has no phone number", hint="give it one with: ravi phone add")
        await self._check_reachable(line, recipient)
        request = b"" if once else hashlib.sha256(f"{recipient}\0{prepared.text}".encode()).digest()[:16]
        try:
            async with self._db.begin() as tx:
                text_id = await self._queue(tx, who, identity, line, recipient, prepared, request)
        except ReferenceGone:
            raise Malformed("the identity was deleted meanwhile") from None
        text = await storage.find(self._db, who.account_id, identity.id, id=text_id)
        if text is None:
            raise Malformed("the identity was deleted meanwhile")
        return text

    async def simulate(self, who: Principal, to: str, sender: str, body: str) -> Text:
        """
        Receive a text as from the world outside, for one of the account's own numbers, and return it.

        Raises Invalid for a number that the account does not have, or that is of a carrier which has a world of its
        own; and IdentityDisabled.
        """
        if not sender.strip() or len(sender) > LONGEST_SENDER:
            raise invalid(
                from_number=f"must be a number, a short code or a word of at most {LONGEST_SENDER} characters"
            )
        number = _recipient(to)
        line = await self._identities.find_line(number)
        if line is None or line.released or line.account_id != who.account_id:
            raise invalid(to_number="is no number of this account")
        carrier = self._carriers.get(line.carrier)
        if carrier is None or not carrier.stays_here:
            raise invalid(to_number="is a number of the real world; only numbers for fiction can be simulated")
        await self._identities.acting(who, line.identity_id)
        text_id = await self.receive(line.carrier, Received(number, sender, body, key=""))
        text = None if text_id is None else await storage.find(self._db, who.account_id, None, id=text_id)
        if text is None:
            raise invalid(to_number="is no number of this account any more")
        return text

    async def _check_reachable(self, line: Line, recipient: str) -> None:
        carrier = self._carriers.get(line.carrier)
        if carrier is None:
            raise CarrierMissing(f"the number's carrier, {line.carrier}, is not configured any more")
        if not carrier.stays_here:
            return
        other = await self._identities.find_line(recipient)
        if other is None or other.released or other.carrier != line.carrier:
            raise NumberUnreachable(
                f"{line.number} is a number for fiction: it reaches identities of this server, and {recipient} is none"
            )

    async def _queue(
        self,
        tx: Transaction,
        who: Principal,
        identity: IdentityRef,
        line: Line,
        recipient: str,
        body: Body,
        request: bytes,
    ) -> int:
        account_id, now = who.account_id, self._now()
        # The owner may rule somebody out at this moment, and has to wait from here on.
        await hold_identity(tx, identity.uuid)
        await lock_texts(tx, identity.id)
        if request:
            before = await storage.find_repeated(
                tx, account_id, identity.id, request, since=micros(now - REPEATED_WITHIN)
            )
            if before is not None:
                return before
        await self._identities.check_recipients(tx, account_id, identity.id, [recipient])
        await self._counter.count(account_id, identity.id)
        text_id = await storage.insert(
            tx,
            uuid=str(uuid.uuid4()),
            account_id=account_id,
            identity_id=identity.id,
            number_id=line.number_id,
            direction="outgoing",
            state="queued",
            is_read=1,
            sender_type="trusted",
            verdict="local",
            created_at=micros(now),
            peer=recipient,
            body=body.text,
            encoding=body.encoding,
            segments=body.segments,
            codes=body.codes,
            links=body.links,
            carrier=line.carrier,
            carrier_ref="",
            fingerprint=request or None,
            next_at=micros(now),
        )
        assert text_id is not None  # nothing outgoing is unique but its uuid
        if recipient.startswith("+"):
            await self._acquaintances.touch(tx, account_id, identity.id, phone_number=recipient, at=now)
        tx.notify(QUEUE)
        target = {"message_id": text_id, "phone_id": line.number_id}
        await self._events.audit.append(tx, account_id, SMS_QUEUED, identity=identity.uuid, target=target)
        return text_id


def _recipient(to: str) -> str:
    try:
        return parse_recipient(to)
    except ValueError as reason:
        raise invalid(to_number=str(reason)) from None


def _body(body: str) -> Body:
    if not body.strip():
        raise invalid(body="is empty")
    if len(body) > LONGEST_SENT:
        raise invalid(body=f"is longer than {LONGEST_SENT} characters: it has {len(body)}")
    return prepare(body, incoming=False)
