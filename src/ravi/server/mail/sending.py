"""
Composing, replying, forwarding: from a draft and the message it is about to a letter for the outbox.

Who may send as whom is decided here; nothing of it is in `outbox.py`, which takes what it is given.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import msgspec

from ravi.errors import NoInbox, TooLarge
from ravi.server.http import IdentityRef, Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import Identities
from ravi.server.mail import quoting
from ravi.server.mail.composing import File, Letter
from ravi.server.mail.drafting import Draft, check_count, read_addresses
from ravi.server.mail.outbox import LARGE, LARGEST, Outbox, Sender, Sending
from ravi.server.mail.parsed import Address
from ravi.server.mail.parsing import extract_part, parse
from ravi.server.mail.records import Mailbox, Message
from ravi.server.mail.service import Mail
from ravi.server.mail.uploads import Uploads

#: Of all attachments, in bytes; in the message they take a third more.
LARGEST_FILES = LARGEST // 4 * 3 - 256 * 1024


#: Sends what was put together, and returns it as it was stored; raises what `Outbox.send` raises.
Unsent = Callable[[], Awaitable[Message]]


class Composing:
    """
    Sends what an identity writes, in two steps.

    The first does what takes long, and changes nothing; the second is one transaction. So nobody waits for the
    database while a large message is put together, also inside the transaction of an Idempotency-Key.
    """

    def __init__(
        self, mail: Mail, outbox: Outbox, uploads: Uploads, identities: Identities, now: Callable[[], datetime]
    ) -> None:
        self._mail = mail
        self._outbox = outbox
        self._uploads = uploads
        self._identities = identities
        self._now = now

    async def compose(self, who: Principal, draft: Draft, *, inbox: int | str | None, once: bool) -> Unsent:
        """
        Put *draft* together; what is returned sends it.

        The identity is the selected one, that of *inbox*, or the account's only one. *once*: the caller knows itself
        what it has sent; otherwise the same again within a minute is the same message. Raises Invalid, NoInbox, and
        what `Mail.acting_at`, `Identities.acting` and `Outbox.prepare` raise.
        """
        identity = await self._mail.acting_at(who, inbox) or await self._identities.acting(who)
        if not draft.to and not draft.cc and not draft.bcc:
            raise invalid(to_email="is required")
        _require_content(draft)
        return await self._prepare(who, identity, draft, kind="compose", once=once)

    async def reply(self, who: Principal, ref: str, draft: Draft, *, everybody: bool, once: bool) -> Unsent:
        """Answer the message *ref*, all its recipients with *everybody*. Raises as `compose`, and MessageNotFound."""
        message = await self._mail.get(who, ref)
        identity = await self._identities.acting(who, message.identity_id)
        _require_content(draft)
        own = (await self._sender(who.account_id, identity)).mailbox.address
        to, cc = quoting.reply_recipients(message, own, everybody=everybody)
        given = {each.email.lower() for each in (*draft.to, *draft.cc, *draft.bcc)}
        draft = replace(
            draft,
            # Addresses that others wrote into their headers: what cannot be written to is not left out silently.
            to=draft.to
            or _known(message, read_addresses("to_email", [each for each in to if each.lower() not in given])),
            cc=(*draft.cc, *read_addresses("cc", [each for each in cc if each.lower() not in given])),
            subject=draft.subject or quoting.reply_subject(message.subject),
        )
        if not draft.recipients:
            raise invalid(to_email="the message says nobody to answer to")
        check_count(draft)
        kind = "reply-all" if everybody else "reply"
        return await self._prepare(who, identity, draft, kind=kind, once=once, answered=message)

    async def forward(self, who: Principal, ref: str, draft: Draft, *, once: bool) -> Unsent:
        """Pass the message *ref* on with its attachments. Raises as `compose`, MessageNotFound, and TooLarge."""
        message, raw = await self._mail.raw(who, ref)
        identity = await self._identities.acting(who, message.identity_id)
        if not draft.to and not draft.cc and not draft.bcc:
            raise invalid(to_email="is required")
        if sum(each.size for each in message.attachments) > LARGEST_FILES:
            raise TooLarge(f"the attachments are together larger than {LARGEST_FILES} bytes")
        take = asyncio.to_thread(_files_of, raw) if len(raw) > LARGE else None
        files = _files_of(raw) if take is None else await take
        html = ""
        if draft.html or message.html_content:
            html = quoting.forwarded_html(draft.html or quoting.text_as_html(draft.text), message)
        forwarded = replace(
            draft,
            subject=draft.subject or quoting.forward_subject(message.subject),
            text=quoting.forwarded_text(draft.text, message),
            html=html,
        )
        return await self._prepare(who, identity, forwarded, kind="forward", once=once, forwarded=message, files=files)

    async def _prepare(
        self,
        who: Principal,
        identity: IdentityRef,
        draft: Draft,
        *,
        kind: str,
        once: bool,
        answered: Message | None = None,
        forwarded: Message | None = None,
        files: tuple[File, ...] = (),
    ) -> Unsent:
        sender = await self._sender(who.account_id, identity)
        about = answered or forwarded
        request = b"" if once else msgspec.json.encode([kind, about.id if about else 0, draft])
        if request:
            # First, because a repetition names files that its forerunner has used up.
            before = await self._outbox.find_repeated(sender, request)
            if before is not None:
                return lambda: self._mail.get(who, str(before))
        uploaded = await self._uploads.files(who.account_id, identity.id, draft.upload_uuids, most_bytes=LARGEST_FILES)
        letter = Letter(
            message_id=self._outbox.new_message_id(sender),
            at=self._now(),
            sender=Address(sender.name, sender.mailbox.address),
            to=draft.to,
            cc=draft.cc,
            subject=draft.subject or "",
            text=draft.text,
            html=draft.html,
            files=(*files, *uploaded),
            in_reply_to=answered.message_id if answered and answered.message_id.isascii() else "",
            references=quoting.references_to(about) if about else (),
        )
        sending = Sending(sender, letter, draft.recipients, draft.upload_uuids, request)
        ready = await self._outbox.prepare(sending)

        async def send() -> Message:
            return await self._mail.get(who, str(await self._outbox.send(ready)))

        return send

    async def _sender(self, account_id: int, identity: IdentityRef) -> Sender:
        inboxes = await self._identities.list_inboxes(account_id, identity.id)
        if not inboxes:
            raise NoInbox("this identity has no address to send from")
        address = inboxes[0].address
        mailbox = Mailbox(account_id, identity.id, identity.uuid, inboxes[0].id, address=address, given=address)
        return Sender(mailbox, " ".join(identity.name.split()))


def _require_content(draft: Draft) -> None:
    if not draft.said and not draft.upload_uuids:
        raise invalid(content="is required")


def _known(message: Message, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Put the name of the sender before its address, as it was in the message."""
    return tuple(
        Address(message.from_name[:250], each.email)
        if each.email.lower() == message.from_email
        and message.direction == "incoming"
        and message.from_name.isprintable()
        else each
        for each in addresses
    )


def _files_of(raw: bytes) -> tuple[File, ...]:
    """Return the attachments of a message, to be attached to another."""
    return tuple(
        File(
            filename=part.filename,
            content_type=part.content_type,
            content=extract_part(raw, part.position),
            content_id=f"<{part.content_id}>"
            if part.content_id.isascii() and part.content_id.isprintable() and part.content_id
            else "",
            is_inline=part.is_inline,
        )
        for part in parse(raw).attachments
    )
