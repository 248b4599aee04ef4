"""
Accepting what identities send: limits, local recipients at once, the others into the queue.

One durable transaction holds the sent message, its copies in the inboxes of this server, and what is still to be done,
so a 201 is a promise. `delivering.py` empties the queue.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ravi.errors import Malformed, NoRelay, TooLarge
from ravi.server.db import Database, ReferenceGone, Transaction, micros
from ravi.server.events import Events
from ravi.server.http.send_limits import SendCounter
from ravi.server.identities import Identities, hold_identity
from ravi.server.mail import outbox_storage as storage
from ravi.server.mail.bounce_writing import Failure
from ravi.server.mail.composing import Letter, compose
from ravi.server.mail.errors import RecipientRefused
from ravi.server.mail.outcomes import LOCAL, Outcomes
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.parsing import parse
from ravi.server.mail.preparing import Prepared, prepare
from ravi.server.mail.receiving import Acquaintances, lock_mail
from ravi.server.mail.records import Envelope, Mailbox
from ravi.server.mail.service import Mail
from ravi.server.mail.uploads import Uploads
from ravi.wire.audit import EMAIL_QUEUED

#: Of the whole message, encoded, in bytes. Many receivers take no more.
LARGEST = 25 * 1024 * 1024
#: Published clients repeat a send whose answer was lost, without saying that it is the same one.
REPEATED_WITHIN = timedelta(seconds=60)
#: In bytes. Larger messages are put together beside the event loop.
LARGE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sender:
    """The identity that sends. `mailbox` is its own address, `name` what stands before it in From."""

    mailbox: Mailbox
    name: str


@dataclass(frozen=True, slots=True)
class Sending:
    """
    A letter on its way out. `recipients` are those of the envelope. `upload_uuids` are used up with it.

    `request` is what a repetition of the same send shares with it; empty, and nothing is taken for a repetition.
    """

    sender: Sender
    letter: Letter
    recipients: tuple[str, ...]
    upload_uuids: tuple[str, ...] = ()
    request: bytes = b""


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter that needs nothing but its transaction: as bytes, as what is stored of it, and as what comes in here."""

    sending: Sending
    recipients: "_Sorted"
    raw: bytes
    message: Prepared
    parsed: Parsed
    incoming: Prepared | None


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Recipients by what is to be done: mailboxes here, those that we refuse with the reason, and everybody else."""

    here: list[tuple[str, Mailbox]]
    refused: list[Failure]
    elsewhere: list[str]


class Outbox:
    """What every identity sends."""

    def __init__(
        self,
        db: Database,
        mail: Mail,
        identities: Identities,
        events: Events,
        acquaintances: Acquaintances,
        uploads: Uploads,
        counter: SendCounter,
        now: Callable[[], datetime],
        *,
        has_relay: bool,
    ) -> None:
        self._db = db
        self._mail = mail
        self._identities = identities
        self._acquaintances = acquaintances
        self._uploads = uploads
        self._counter = counter
        self._now = now
        self._has_relay = has_relay
        self._audit = events.audit
        self.outcomes = Outcomes(mail, events, now)

    def new_message_id(self, sender: Sender) -> str:
        return f"<{uuid.uuid4()}@{sender.mailbox.address.rpartition('@')[2]}>"

    async def find_repeated(self, sender: Sender, request: bytes) -> int | None:
        """Return the id of the message that this same *request* has sent a moment ago."""
        return await storage.find_repeated(
            self._db,
            sender.mailbox.account_id,
            sender.mailbox.identity_id,
            fingerprint_of(request),
            since=micros(self._now() - REPEATED_WITHIN),
        )

    async def prepare(self, sending: Sending) -> Ready:
        """
        Put the message together, which takes long when it is large, and changes nothing.

        Raises RecipientNotAllowed, NoRelay when somebody is not on this server and there is no way to anybody else,
        TooLarge, and IdentityNotFound when the identity ended.
        """
        own = sending.sender.mailbox
        await self._identities.check_recipients(self._db, own.account_id, own.identity_id, sending.recipients)
        recipients = await self._sort(sending.recipients)
        if recipients.elsewhere and not self._has_relay:
            shown = ", ".join(recipients.elsewhere[:3])
            raise NoRelay(
                f"this server has no relay, so it reaches its own addresses only; not {shown}",
                details={"to_email": recipients.elsewhere},
            )
        size = sum(len(file.content) for file in sending.letter.files) + len(sending.letter.html)
        arrives = bool(recipients.here)
        made = (
            _made(sending.letter, arrives) if size < LARGE else await asyncio.to_thread(_made, sending.letter, arrives)
        )
        raw, parsed, message, incoming = made
        if len(raw) > LARGEST:
            raise TooLarge(f"the message is larger than {LARGEST} bytes", details={"largest_message": LARGEST})
        return Ready(sending, recipients, raw, message, parsed, incoming)

    async def send(self, ready: Ready) -> int:
        """
        Store the message, deliver and queue it, and return its row id.

        Raises RecipientNotAllowed, RateLimited, Invalid when a file was used meanwhile, and IdentityNotFound or
        Malformed when the identity ended. Then nothing was stored.
        """
        try:
            async with self._db.begin() as tx:
                return await self._send(tx, ready)
        except ReferenceGone:
            raise Malformed("the identity was deleted meanwhile") from None

    async def _send(self, tx: Transaction, ready: Ready) -> int:
        sending, recipients = ready.sending, ready.recipients
        own = sending.sender.mailbox
        await hold_identity(tx, own.identity_uuid)
        # In the order that everybody keeps (`lock_mail`): all the mail first, then contacts, then events.
        involved = {(each.account_id, each.identity_id) for each in (own, *(box for _, box in recipients.here))}
        for _, identity_id in sorted(involved):
            await lock_mail(tx, identity_id)
        for _, identity_id in sorted(involved):
            await tx.lock(f"contacts:{identity_id}")
        if sending.request:
            before = await self.find_repeated(sending.sender, sending.request)
            if before is not None:
                return before
        # Once more, because the owner may have ruled somebody out since.
        await self._identities.check_recipients(tx, own.account_id, own.identity_id, sending.recipients)
        await self._counter.count(own.account_id, own.identity_id)
        for account_id in sorted({account_id for account_id, _ in involved}):
            await tx.lock(f"events:{account_id}")
        # Once more, because nobody can end while we hold its mail, and somebody may have ended before.
        now = await self._sort([recipient for recipient, _ in recipients.here])
        failed = [*recipients.refused, *now.refused]
        message_pk, _ = await self._mail.insert(
            tx,
            ready.message,
            account_id=own.account_id,
            identity_id=own.identity_id,
            state="queued",
            message_id=sending.letter.message_id,
            correspondent=sending.recipients[0],
            envelope_from=own.address,
            envelope_to="",
            sender_type="trusted",
            sender_certain=True,
            verdicts=msgspec.to_builtins(LOCAL),
            fingerprint=fingerprint_of(sending.request) if sending.request else b"",
        )
        await self._uploads.use_up(tx, own.account_id, sending.upload_uuids)
        if now.here:
            await self._mail.receive(_envelope(ready, [mailbox for _, mailbox in now.here]), ready.incoming)
        await self._write_deliveries(tx, own, message_pk, sending.recipients, recipients.elsewhere, failed)
        await self._remember(tx, own, sending)
        target = {"message_id": message_pk, "recipients": len(sending.recipients)}
        await self._audit.append(tx, own.account_id, EMAIL_QUEUED, identity=own.identity_uuid, target=target)
        await self.outcomes.settled(tx, own.account_id, message_pk, raw=ready.raw, failed=failed)
        return message_pk

    async def _sort(self, recipients: Sequence[str]) -> _Sorted:
        here, refused, elsewhere = [], [], []
        for recipient in recipients:
            if not await self._identities.has_domain(recipient.rpartition("@")[2].lower()):
                elsewhere.append(recipient)
                continue
            try:
                here.append((recipient, await self._mail.resolve(recipient)))
            except RecipientRefused as reason:
                refused.append(Failure(recipient, reason.reply))
        return _Sorted(here, refused, elsewhere)

    async def _write_deliveries(
        self,
        tx: Transaction,
        own: Mailbox,
        message_pk: int,
        recipients: Sequence[str],
        elsewhere: Sequence[str],
        failed: Sequence[Failure],
    ) -> None:
        at = micros(self._now())
        reasons = {each.recipient: each.reason for each in failed}
        for recipient in recipients:
            queued = recipient in elsewhere
            await storage.insert(
                tx,
                account_id=own.account_id,
                identity_id=own.identity_id,
                message_pk=message_pk,
                recipient=recipient,
                state="queued" if queued else "failed" if recipient in reasons else "sent",
                next_at=at if queued else None,
                error=reasons.get(recipient, ""),
                at=at,
            )

    async def _remember(self, tx: Transaction, own: Mailbox, sending: Sending) -> None:
        """Whom one writes to one knows."""
        named = {each.email: each.name for each in (*sending.letter.to, *sending.letter.cc)}
        for recipient in sending.recipients:
            await self._acquaintances.touch(
                tx,
                own.account_id,
                own.identity_id,
                email=recipient.lower(),
                name=named.get(recipient, ""),
                at=self._now(),
            )


def _envelope(ready: Ready, mailboxes: Sequence[Mailbox]) -> Envelope:
    """Return the delivery of a message to inboxes of this server."""
    return Envelope(
        peer="",
        helo="",
        mail_from=ready.sending.sender.mailbox.address,
        recipients=tuple(mailboxes),
        raw=ready.raw,
        parsed=ready.parsed,
        verdicts=LOCAL,
        encrypted=True,
    )


def fingerprint_of(request: bytes) -> bytes:
    return hashlib.sha256(b"ravi/send\0" + request).digest()[:16]


def _made(letter: Letter, arrives: bool) -> tuple[bytes, Parsed, Prepared, Prepared | None]:
    """Return the message, what it says, and what is stored of it; of what *arrives* here also what is stored there."""
    raw = compose(letter)
    parsed = parse(raw)
    return raw, parsed, prepare(raw, parsed, incoming=False), prepare(raw, parsed, incoming=True) if arrives else None
