"""Taking mail in: whose it is, whether it was here before, and one durable transaction for all its recipients."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from ravi.server.db import Database, ReferenceGone, Transaction, micros, new_row_uuid
from ravi.server.events import Events
from ravi.server.identities import Identities
from ravi.server.mail import search, storage, threads
from ravi.server.mail.errors import MailboxDisabled, MailboxGone, NoPostmaster, NoSuchMailbox, RelayRefused
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.preparing import Prepared, clean, fingerprint, prepare
from ravi.server.mail.recipients import POSTMASTER, parse_recipient
from ravi.server.mail.records import Envelope, Mailbox, SenderType, State
from ravi.wire import event_types

#: A peer that did not hear our 250 sends the same again; within this time it is the same message.
REPEATED_WITHIN = timedelta(hours=1)

#: Told, as part of the transaction, of a report about what a mailbox has sent.
NoteBounce = Callable[[Transaction, Mailbox, Parsed], Awaitable[None]]


class Acquaintances(Protocol):
    """Whom an identity knows: contacts, seen from here."""

    async def touch(
        self, tx: Transaction, account_id: int, identity_id: int, *, email: str, name: str, at: datetime
    ) -> None:
        """Remember that a message was exchanged with *email*."""

    async def sender_type(
        self, tx: Transaction, account_id: int, identity_id: int, email: str, *, certain: bool
    ) -> SenderType:
        """Return what the identity thinks of a sender; one who is not *certain* is never trusted."""


class _Received(Struct, frozen=True):
    """One recipient's new message."""

    id: int
    mailbox: Mailbox
    sender_type: SenderType
    thread_id: str


class Receiving:
    """The part of `Mail` that takes mail in."""

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
        self._note_bounce: NoteBounce | None = None
        self._postmaster = ""

    def on_bounce(self, note: NoteBounce) -> None:
        """Have *note* called for each report of what could not be delivered (RFC 3464) that comes in."""
        self._note_bounce = note

    def read_postmaster_as(self, address: str) -> None:
        """Have whoever has *address* get what comes for postmaster, with any domain of this server or with none."""
        self._postmaster = address

    async def resolve(self, given: str) -> Mailbox:
        """
        Return whose mailbox the recipient *given* is; `name+tag@domain` is `name@domain`'s.

        Raises BadRecipient, RelayRefused, NoSuchMailbox, NoPostmaster, MailboxGone or MailboxDisabled.
        """
        address = parse_recipient(given)
        local, _, domain = address.partition("@")
        if local == POSTMASTER and (not domain or await self._identities.has_domain(domain)):
            if not self._postmaster:
                raise NoPostmaster
            address = self._postmaster
        found = await self._identities.find_mailbox(address)
        if found is None:
            if not await self._identities.has_domain(address.rpartition("@")[2]):
                raise RelayRefused
            raise NoSuchMailbox
        if found.released:
            raise MailboxGone
        if found.disabled:
            raise MailboxDisabled
        return Mailbox(
            found.account_id, found.identity_id, found.identity_uuid, found.inbox_id, address=found.address, given=given
        )

    async def receive(self, envelope: Envelope, message: Prepared | None = None) -> list[int]:
        """
        Store a message for each of its recipients, with its event, and return the rows' ids.

        One transaction: when this returns, everything is durable. A repeated delivery returns the first one's ids. An
        identity that was deleted since it was resolved is left out. *message* is what `prepare` has made of it already.
        """
        message = message or prepare(envelope.raw, envelope.parsed, incoming=True)
        # In one order for everybody, because each recipient, then each account's events, are locked until the commit.
        mailboxes = sorted(set(envelope.recipients), key=lambda each: (each.account_id, each.identity_id, each.given))
        alone = len(mailboxes) == 1
        received: list[_Received | int] = []
        try:
            async with self._db.begin() as tx:
                for mailbox in mailboxes:
                    if alone:
                        received.append(await self._receive(tx, envelope, message, mailbox))
                        continue
                    # What is half written for one who is gone must not sink the others.
                    with suppress(ReferenceGone):
                        async with self._db.begin():
                            received.append(await self._receive(tx, envelope, message, mailbox))
                for each in received:
                    if isinstance(each, _Received):
                        await self._record_received(tx, message, each)
                        # A report has no return path (RFC 3464 section 2), and who has a mailbox here has one.
                        if self._note_bounce is not None and envelope.parsed.bounce_of and not envelope.mail_from:
                            await self._note_bounce(tx, each.mailbox, envelope.parsed)
        except ReferenceGone:
            if not alone:
                raise
            return []
        return list(dict.fromkeys(each.id if isinstance(each, _Received) else each for each in received))

    async def _receive(
        self, tx: Transaction, envelope: Envelope, message: Prepared, mailbox: Mailbox
    ) -> _Received | int:
        """Store the message for one recipient; return only its id when it is a repetition. Raises ReferenceGone."""
        account_id, identity_id, now = mailbox.account_id, mailbox.identity_id, self._now()
        sender, certain = message.sender, envelope.verdicts.certain
        mark = fingerprint(message, envelope.mail_from, mailbox.given)
        message_id = message.message_id or f"<{mark.hex()}@missing.invalid>"
        await lock_mail(tx, identity_id)
        before = await storage.find_delivered(
            tx,
            account_id,
            identity_id,
            message_id=message_id,
            fingerprint=mark,
            since=micros(now - REPEATED_WITHIN),
        )
        if before is not None:
            return before
        sender_type = await self._acquaintances.sender_type(tx, account_id, identity_id, sender.email, certain=certain)
        message_pk, thread_id = await self.insert(
            tx,
            message,
            account_id=account_id,
            identity_id=identity_id,
            state="received",
            message_id=message_id,
            correspondent=sender.email,
            envelope_from=envelope.mail_from,
            envelope_to=mailbox.given,
            sender_type=sender_type,
            sender_certain=certain,
            verdicts=envelope.verdicts,
            fingerprint=mark,
        )
        # Nobody is met by a report, nor by what a program sends on its own (RFC 3834).
        if sender.email and envelope.mail_from and not envelope.parsed.is_automatic:
            await self._acquaintances.touch(tx, account_id, identity_id, email=sender.email, name=sender.name, at=now)
        return _Received(message_pk, mailbox, sender_type, thread_id)

    async def insert(
        self,
        tx: Transaction,
        message: Prepared,
        *,
        account_id: int,
        identity_id: int,
        state: State,
        message_id: str,
        correspondent: str,
        envelope_from: str,
        envelope_to: str,
        sender_type: SenderType,
        sender_certain: bool,
        verdicts: Any,
        fingerprint: bytes,
    ) -> tuple[int, str]:
        """
        Write one message of either direction with its attachments and words; return its row id and its thread.

        *correspondent* is whom it is exchanged with: the sender, or the first recipient. Raises ReferenceGone when the
        identity was deleted. Hold `lock_mail` of the identity, or its deletion may wait for this and this for it.
        """
        conversation = threads.conversation_of(message.subject, correspondent)
        thread_id = await threads.find_thread(
            tx,
            account_id,
            identity_id,
            references=message.references,
            subject=message.subject,
            conversation=conversation,
        ) or threads.new_thread_id(message_id)
        now = micros(self._now())
        message_pk = await storage.insert(
            tx,
            raw=message.raw,
            uuid=new_row_uuid(now),
            account_id=account_id,
            identity_id=identity_id,
            state=state,
            conversation=conversation,
            thread_id=thread_id,
            message_id=message_id,
            envelope_from=clean(envelope_from),
            envelope_to=clean(envelope_to),
            sender_type=sender_type,
            sender_certain=int(sender_certain),
            verdicts=msgspec.json.encode(verdicts).decode(),
            fingerprint=fingerprint,
            created_at=now,
            **message.columns,
        )
        for part in message.attachments:
            await storage.insert_attachment(
                tx,
                uuid=str(uuid.uuid4()),
                account_id=account_id,
                identity_id=identity_id,
                message_pk=message_pk,
                part=part,
            )
        await search.index(
            tx,
            self._db.dialect,
            account_id=account_id,
            identity_id=identity_id,
            message_pk=message_pk,
            words=message.words,
        )
        return message_pk, thread_id

    async def _record_received(self, tx: Transaction, message: Prepared, received: _Received) -> None:
        mailbox = received.mailbox
        data = {
            "message_id": received.id,
            "inbox_id": mailbox.inbox_id,
            "from_email": message.sender.email,
            "to_email": mailbox.address,
            "subject": message.subject,
            "sender_type": received.sender_type,
            "thread_id": received.thread_id,
        }
        owner = (mailbox.identity_id, mailbox.identity_uuid)
        await self._events.record(tx, mailbox.account_id, event_types.EMAIL_RECEIVED, owner, data)


async def lock_mail(tx: Transaction, identity_id: int) -> None:
    """
    Let one transaction at a time add to an identity's mail, or erase it.

    So a repetition finds what it repeats, and the ids of an identity's messages become visible in their order. Whoever
    locks several does so in the order of accounts and identities, and records events after that.
    """
    await tx.lock(f"mail:{identity_id}")
