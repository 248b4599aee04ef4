"""
What became of a message that was sent: its state, the event about it, and the report in its sender's inbox.

Whoever learns something about a delivery writes that down (`outbox_storage`) and calls this, in one transaction.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ravi.server.db import Transaction, micros
from ravi.server.events import Events
from ravi.server.mail import outbox_storage as storage
from ravi.server.mail.bounce_writing import Failure, write_bounce
from ravi.server.mail.outbox_storage import Outgoing
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.parsing import parse
from ravi.server.mail.receiving import Receiving
from ravi.server.mail.records import Check, Envelope, Mailbox, State, Verdicts
from ravi.wire import event_types

#: Of what this server's own identities send each other, and of what it reports itself.
LOCAL = Verdicts(spf=Check("none"), dkim=(), dmarc=Check("none"), local=True)
#: A report may be about any number of messages; real ones are about one.
MOST_RETURNED = 10


class Outcomes:
    """Keeps messages, events and senders informed."""

    def __init__(self, mail: Receiving, events: Events, now: Callable[[], datetime]) -> None:
        self._mail = mail
        self._events = events
        self._now = now

    async def settled(
        self, tx: Transaction, account_id: int, message_pk: int, *, raw: bytes, failed: Sequence[Failure]
    ) -> None:
        """
        Set the message's state by its deliveries, report what *failed* just now to its sender, and record the event
        when nothing is left to be done. Hold `lock_mail` of the sender. A message that is gone needs nothing.
        """
        sent = await storage.find_outgoing(tx, account_id, message_pk)
        if sent is None:
            return
        if failed:
            await self._report(sent, raw, failed)
        await self._set_state(tx, sent)

    async def note_bounce(self, tx: Transaction, mailbox: Mailbox, parsed: Parsed) -> None:
        """
        Mark what *mailbox* has sent as failed where a report (RFC 3464) that came in says so.

        Only recipients that the message really went to. For `Mail.receive` to call, after it has stored the report and
        where it records its event. A report that names no recipient counts when there was only one.
        """
        for message_id in parsed.bounce_of[:MOST_RETURNED]:
            sent = await storage.find_sent(tx, mailbox.account_id, mailbox.identity_id, message_id)
            if sent is None:
                continue
            there = [
                name for name, _ in await storage.list_states(tx, sent.account_id, sent.identity_id, sent.message_pk)
            ]
            failed = parsed.bounced or (tuple(there) if len(there) == 1 else ())
            marked = await storage.fail_sent(
                tx,
                sent.account_id,
                sent.identity_id,
                sent.message_pk,
                failed,
                error="a report says that it was not delivered",
                at=micros(self._now()),
            )
            if marked:
                await self._set_state(tx, sent)

    async def _set_state(self, tx: Transaction, sent: Outgoing) -> None:
        deliveries = await storage.list_states(tx, sent.account_id, sent.identity_id, sent.message_pk)
        state = state_of(each for _, each in deliveries)
        changed = await storage.set_state(tx, sent.account_id, sent.message_pk, state)
        if state == "queued" or not changed:
            return
        data: dict[str, object] = {
            "message_id": sent.message_pk,
            "inbox_id": sent.inbox_id,
            "from_email": sent.from_email,
            "to_email": sent.to_email,
            "subject": sent.subject,
            "thread_id": sent.thread_id,
            "state": state,
        }
        if state != "sent":
            data["failed"] = [recipient for recipient, each in deliveries if each == "failed"]
        type_ = event_types.EMAIL_SENT if state == "sent" else event_types.EMAIL_FAILED
        await self._events.record(tx, sent.account_id, type_, (sent.identity_id, sent.identity_uuid), data)

    async def _report(self, sent: Outgoing, raw: bytes, failed: Sequence[Failure]) -> None:
        domain = sent.envelope_from.rpartition("@")[2]
        report = write_bounce(
            raw,
            sender=sent.envelope_from,
            failures=failed,
            message_id=f"<{uuid.uuid4()}@{domain}>",
            original_id=sent.message_id,
            at=self._now(),
        )
        mailbox = Mailbox(
            sent.account_id,
            sent.identity_id,
            sent.identity_uuid,
            sent.inbox_id,
            address=sent.envelope_from,
            given=sent.envelope_from,
        )
        await self._mail.receive(
            Envelope(
                peer="",
                helo="",
                mail_from="",
                recipients=(mailbox,),
                raw=report,
                parsed=parse(report),
                verdicts=LOCAL,
                encrypted=True,
            )
        )


def state_of(deliveries: Iterable[str]) -> State:
    """Return what a message is whose deliveries are in these states: "queued" as long as one of them is."""
    found = set(deliveries)
    if "queued" in found:
        return "queued"
    if found == {"sent"}:
        return "sent"
    return "partial" if "sent" in found else "failed"
