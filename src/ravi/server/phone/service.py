"""
Reading texts, and the whole of `Phone`.

How texts come in is in `receiving.py`, how they are accepted from identities in `sending.py`, how they leave in
`delivering.py`; where numbers come from is in `numbers.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ravi.server.db import Database, Transaction
from ravi.server.events import Events
from ravi.server.http import Paging, Principal
from ravi.server.http.paging import EVERYTHING
from ravi.server.http.send_limits import SendCounter
from ravi.server.identities import Identities
from ravi.server.phone import storage
from ravi.server.phone.carriers.contract import Carrier
from ravi.server.phone.errors import ConversationNotFound, TextNotFound
from ravi.server.phone.receiving import Acquaintances, lock_texts
from ravi.server.phone.records import Conversation, Text
from ravi.server.phone.sending import Sending
from ravi.server.phone.storage import Filter
from ravi.settings.uuids import is_uuid

_MISSING = "Not found."
#: Few enough that nobody notices the wait for the transaction.
_ERASED_AT_ONCE = 1000


class Phone(Sending):
    """The texts of every identity."""

    def __init__(
        self,
        db: Database,
        identities: Identities,
        events: Events,
        acquaintances: Acquaintances,
        carriers: Mapping[str, Carrier],
        counter: SendCounter,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(db, identities, events, acquaintances, now)
        self._carriers = carriers
        self._counter = counter

    async def get(self, who: Principal, ref: str) -> Text:
        """Return a text by its id or uuid. Raises TextNotFound, and IdentityDisabled when its identity is off."""
        found = await self._find(who, ref)
        if found is None:
            raise TextNotFound(_MISSING)
        await self._identities.acting(who, found.identity_id)
        return found

    async def list_texts(
        self, who: Principal, wanted: Filter, *, oldest_first: bool = False, paging: Paging = EVERYTHING
    ) -> tuple[list[Text], int]:
        """Return the texts that fit, newest first unless *oldest_first*, and how many there are without *paging*."""
        identity_id = who.identity.id if who.identity else None
        return await storage.list_(
            self._db, who.account_id, identity_id, wanted, oldest_first=oldest_first, paging=paging
        )

    async def count_unread(self, account_id: int, identity_ids: Sequence[int]) -> dict[int, int]:
        """Return how many texts of these identities are unread, by row id; who has none is missing."""
        return await storage.count_unread(self._db, account_id, identity_ids)

    async def list_conversations(
        self, who: Principal, *, unread: bool = False, paging: Paging = EVERYTHING
    ) -> tuple[list[Conversation], int]:
        """Return conversations, the one with the newest text first, and how many there are without *paging*."""
        identity_id = who.identity.id if who.identity else None
        return await storage.list_conversations(self._db, who.account_id, identity_id, unread=unread, paging=paging)

    async def get_conversation(self, who: Principal, conversation_id: str) -> list[Text]:
        """Return a conversation's texts, oldest first. Raises ConversationNotFound, and IdentityDisabled as `get`."""
        number, _, peer = conversation_id.partition("_")
        found: list[Text] = []
        if number.isascii() and number.isdigit() and len(number) <= 18 and peer:
            wanted = Filter(conversation=(int(number), peer))
            found, _ = await self.list_texts(who, wanted, oldest_first=True)
        if not found:
            raise ConversationNotFound(_MISSING)
        for owner in {text.identity_id for text in found}:
            await self._identities.acting(who, owner)
        return found

    async def mark(self, who: Principal, ref: str, *, is_read: bool) -> Text:
        """Mark a text as read or unread, and return it. Raises what `get` raises."""
        async with self._db.begin() as tx:
            text = await self.get(who, ref)
            if text.is_read != is_read:
                await storage.mark(tx, who.account_id, text.id, is_read=is_read)
        return replace(text, is_read=is_read)

    async def erase(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Count an identity's texts as part of *tx*; `purge` erases them."""
        await lock_texts(tx, identity_id)
        return {"texts": await storage.count(tx, account_id, identity_id)}

    async def purge(self, tx: Transaction, account_id: int, identity_id: int) -> bool:
        """Erase a part of the texts of an identity that was ended, as part of *tx*; return whether there was any."""
        await lock_texts(tx, identity_id)
        return await storage.delete_some(tx, account_id, identity_id, most=_ERASED_AT_ONCE) > 0

    async def _find(self, who: Principal, ref: str) -> Text | None:
        identity_id = who.identity.id if who.identity else None
        if ref.isascii() and ref.isdigit() and len(ref) <= 18:
            return await storage.find(self._db, who.account_id, identity_id, id=int(ref))
        if is_uuid(ref):
            return await storage.find(self._db, who.account_id, identity_id, uuid=ref.lower())
        return None
