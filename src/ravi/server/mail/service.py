"""
Reading mail, and the whole of `Mail`.

Owns what an identity sees of its messages and what is erased with it. How mail comes in is in `receiving.py`, how it
goes out in `outbox.py`; the listener that speaks SMTP is `server/smtp`; what texts mean is `server/extraction`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ravi.errors import IdentityAmbiguous, IdentityDisabled
from ravi.server.db import Transaction, micros
from ravi.server.http import IdentityRef, Paging, Principal
from ravi.server.http.paging import EVERYTHING
from ravi.server.identities.errors import IdentityNotFound
from ravi.server.mail import purging, search, storage, threads
from ravi.server.mail.errors import AttachmentNotFound, MessageNotFound, ThreadNotFound
from ravi.server.mail.parsing import extract_part
from ravi.server.mail.receiving import Receiving, lock_mail
from ravi.server.mail.records import Attachment, Message, Thread
from ravi.server.mail.storage import Filter
from ravi.settings.uuids import is_uuid

_MISSING = "Not found."
#: In bytes. Taking a part out of a larger message is done beside the event loop.
LARGE = 128 * 1024


class Mail(Receiving):
    """The mail of every identity."""

    _words_left: Literal["all", "some", "none"] = "all"
    """How much of the index of words may hold some that were erased."""

    async def get(self, who: Principal, ref: str) -> Message:
        """
        Return a message by its id, its uuid or its Message-ID (angle brackets may be missing).

        Raises MessageNotFound; IdentityDisabled when the message's identity is switched off; IdentityAmbiguous when
        several identities of the account have a message with that Message-ID and none is selected.
        """
        found = await self._find(who, ref)
        if not found:
            raise MessageNotFound(_MISSING)
        owners = {message.identity_uuid for message in found}
        if len(owners) > 1:
            raise IdentityAmbiguous(
                "several identities have this message",
                hint="select one, or use the message's number",
                details={"identities": sorted(owners)},
            )
        await self._identities.acting(who, found[0].identity_id)
        return found[0]

    async def list_messages(
        self, who: Principal, wanted: Filter, *, oldest_first: bool = False, paging: Paging = EVERYTHING
    ) -> tuple[list[Message], int]:
        """Return the messages that fit, newest first unless *oldest_first*, and how many there are without *paging*."""
        identity_id = who.identity.id if who.identity else None
        return await storage.list_(
            self._db, who.account_id, identity_id, wanted, oldest_first=oldest_first, paging=paging
        )

    async def search(
        self,
        who: Principal,
        query: str,
        wanted: Filter,
        *,
        oldest_first: bool = False,
        paging: Paging = EVERYTHING,
    ) -> tuple[list[Message], int]:
        """
        Return what `list_messages` does, of one identity, as far as it holds every word of *query*.

        The last word may be only begun. A query without a letter or digit finds nothing. Raises what
        `Identities.acting` raises.
        """
        identity = await self._identities.acting(who)
        words = search.asked_words(query)
        if not words:
            return [], 0
        wanted = replace(wanted, search=search.condition(self._db.dialect, identity.id, words))
        return await storage.list_(
            self._db, who.account_id, identity.id, wanted, oldest_first=oldest_first, paging=paging
        )

    async def count_unread(self, account_id: int, identity_ids: Sequence[int]) -> dict[int, int]:
        """Return how many messages of these identities are unread, by row id; who has none is missing."""
        return await storage.count_unread(self._db, account_id, identity_ids)

    async def list_threads(
        self, who: Principal, *, unread: bool = False, paging: Paging = EVERYTHING
    ) -> tuple[list[Thread], int]:
        """Return threads, the one with the newest message first, and how many there are without *paging*."""
        identity_id = who.identity.id if who.identity else None
        return await threads.list_threads(self._db, who.account_id, identity_id, unread=unread, paging=paging)

    async def get_thread(self, who: Principal, thread_id: str) -> list[Message]:
        """Return a thread's messages, oldest first. Raises ThreadNotFound, and IdentityDisabled as `get` does."""
        found, _ = await self.list_messages(who, Filter(thread_id=thread_id), oldest_first=True)
        if not found:
            raise ThreadNotFound(_MISSING)
        for owner in {message.identity_id for message in found}:
            await self._identities.acting(who, owner)
        return found

    async def mark(self, who: Principal, ref: str, *, is_read: bool) -> Message:
        """Mark a message as read or unread, and return it. Raises what `get` raises."""
        async with self._db.begin() as tx:
            message = await self.get(who, ref)
            if message.is_read != is_read:
                await storage.mark(tx, who.account_id, message.id, is_read=is_read)
        return replace(message, is_read=is_read)

    async def raw(self, who: Principal, ref: str) -> tuple[Message, bytes]:
        """Return a message, and its bytes exactly as they came or were sent. Raises what `get` raises."""
        message = await self.get(who, ref)
        found = await storage.find_raw(self._db, who.account_id, message.id)
        if found is None:  # deleted in between
            raise MessageNotFound(_MISSING)
        return message, found

    async def attachment(self, who: Principal, uuid: str) -> tuple[Attachment, bytes]:
        """Return an attachment and its decoded bytes. Raises AttachmentNotFound, and IdentityDisabled as `get` does."""
        identity_id = who.identity.id if who.identity else None
        found = await storage.find_attachment(self._db, who.account_id, identity_id, uuid.lower())
        if found is None:
            raise AttachmentNotFound(_MISSING)
        await self._identities.acting(who, found[0])
        return await self._content(who.account_id, *found[1:])

    async def signed_attachment(self, uuid: str) -> tuple[Attachment, bytes]:
        """
        Return what `attachment` does for whoever shows a good signature, which the caller has checked.

        The identity is looked up now, because signatures outlive it: raises AttachmentNotFound when it is gone and
        IdentityDisabled when it is switched off.
        """
        owner = await storage.find_owner_of_attachment(self._db, uuid.lower(), at=micros(self._now()))
        if owner is None:
            raise AttachmentNotFound(_MISSING)
        account_id, identity_id, disabled = owner
        if disabled:
            raise IdentityDisabled("this identity is switched off")
        found = await storage.find_attachment(self._db, account_id, identity_id, uuid.lower())
        if found is None:
            raise AttachmentNotFound(_MISSING)
        return await self._content(account_id, *found[1:])

    async def acting_at(self, who: Principal, inbox: int | str | None) -> IdentityRef | None:
        """
        Return the identity that the request means: of its selection, or of the *inbox* (id or address) that it names.

        None when it names neither. Raises Forbidden when a bound caller names another inbox than its own,
        SelectorsDiffer when the two name different identities, IdentityNotFound for an inbox that is not the
        account's, and IdentityDisabled.
        """
        if inbox is None or inbox == "":
            return who.identity
        owner = await self._owner_of_inbox(who.account_id, str(inbox))
        if owner is None:
            if who.identity is None:
                raise IdentityNotFound("no such inbox")
            owner = -1  # nobody's: for who is bound, as wrong as somebody else's
        return await self._identities.acting(who, owner)

    async def erase(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Return how much mail there is of an identity that ends with *tx*; `purge` erases it."""
        await lock_mail(tx, identity_id)
        return await storage.count(tx, account_id, identity_id)

    async def purge(self, tx: Transaction, account_id: int, identity_id: int) -> bool:
        """Erase a part of the mail of an identity that was ended, as part of *tx*; return whether there was any."""
        await lock_mail(tx, identity_id)
        erased = await purging.purge_part(tx, self._db.dialect, account_id, identity_id)
        if erased:
            self._words_left = "all"
        return erased

    async def tidy_words(self) -> None:
        """
        Do a part of dropping the words of what was erased from the index's file, until none is left.

        A chore. After a start it goes through the whole index once, since what was left to do is not written down.
        """
        if self._words_left == "none":
            return
        begin = self._words_left == "all"
        self._words_left, more = "some", None
        try:
            async with self._db.begin() as tx:
                more = await search.tidy(tx, self._db.dialect, begin=begin)
        finally:
            if more is None:
                self._words_left = "all"
        if not more and self._words_left == "some":  # otherwise more was erased meanwhile
            self._words_left = "none"

    async def _find(self, who: Principal, ref: str) -> list[Message]:
        identity_id = who.identity.id if who.identity else None
        if ref.isascii() and ref.isdigit():
            return await storage.find(self._db, who.account_id, identity_id, id=int(ref)) if len(ref) <= 18 else []
        if is_uuid(ref):
            return await storage.find(self._db, who.account_id, identity_id, uuid=ref.lower())
        if "@" not in ref and not ref.startswith("<"):
            return []
        message_id = ref if ref.startswith("<") else f"<{ref}>"
        return await storage.find(self._db, who.account_id, identity_id, message_id=message_id)

    async def _owner_of_inbox(self, account_id: int, inbox: str) -> int | None:
        if inbox.isascii() and inbox.isdigit():
            found = await self._identities.list_inboxes(account_id, None, int(inbox)) if len(inbox) <= 18 else []
            if not found:
                return None
            inbox = found[0].address
        mailbox = await self._identities.find_mailbox(inbox.strip().lower())
        if mailbox is None or mailbox.released or mailbox.account_id != account_id:
            return None
        return mailbox.identity_id

    async def _content(
        self, account_id: int, message_pk: int, position: int, shown: Attachment
    ) -> tuple[Attachment, bytes]:
        raw = await storage.find_raw(self._db, account_id, message_pk)
        if raw is None:  # deleted in between
            raise AttachmentNotFound(_MISSING)
        if len(raw) <= LARGE:
            return shown, extract_part(raw, position)
        return shown, await asyncio.to_thread(extract_part, raw, position)
