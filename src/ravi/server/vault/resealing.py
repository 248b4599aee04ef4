"""
What an upgrade does to a whole account: public keys registered, every sealed text read and written anew.

The server moves opaque texts. What keeps it honest: a row is written only if nobody has changed it since it was read,
and nothing is replaced by what is not sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ravi.server.db import Database, Transaction
from ravi.server.events import Events
from ravi.server.http import Principal
from ravi.server.http.errors import invalid
from ravi.server.identities import Identities
from ravi.server.identities.public_keys import check_public_key
from ravi.server.vault import sealed_storage, storage
from ravi.server.vault.errors import Conflict, IdentityNotFound, VaultKeyDiffers
from ravi.server.vault.records import Sealed
from ravi.server.vault.sealed_storage import TABLES
from ravi.server.vault.sealing import PREFIX, by, check_sealed, lock_keys, shared_owner
from ravi.wire import event_types

MOST_KEYS = 1000
LARGEST_PAGE = 200

#: Characters of sealed text after which a page ends early, so that the way back fits into one request.
_PAGE_CHARACTERS = 8 * 1024 * 1024
_ROWS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Anew:
    """Texts to put into the row *record* if its revision still is the one they were read with."""

    record: str
    revision: int
    fields: Mapping[str, str] = field(repr=False)


class Resealing:
    """The account's own client, at work on all of its identities."""

    def __init__(self, db: Database, events: Events, identities: Identities) -> None:
        self._db = db
        self._events = events
        self._identities = identities

    async def set_public_keys(self, who: Principal, keys: Mapping[str, str]) -> int:
        """
        Register public keys (standard base64) by identity uuid, all or none; return how many are new or changed.

        Raises Invalid, IdentityNotFound, and VaultKeyDiffers: when nothing is set up, or when an identity has another
        key and no upgrade is under way.
        """
        if len(keys) > MOST_KEYS:
            raise invalid(public_keys=f"at most {MOST_KEYS} at once")
        wanted = {uuid.lower(): check_public_key("public_keys", key) for uuid, key in keys.items()}
        changed = 0
        async with self._db.begin() as tx:
            await lock_keys(tx, who.account_id)
            encryption = await storage.find(tx, who.account_id)
            if encryption is None or encryption.format == 0:
                raise VaultKeyDiffers("the account's vault is not set up, so no key can be right")
            known = await self._identities.find_public_keys(tx, who.account_id, list(wanted))
            if known.keys() != wanted.keys():
                raise IdentityNotFound("no such identity")
            for uuid, (identity_id, old) in sorted(known.items()):
                new = wanted[uuid]
                if old == new:
                    continue
                if old is not None and not encryption.upgrading:
                    raise VaultKeyDiffers("an identity has another key already", details={"identity": uuid})
                await self._register(tx, who.account_id, identity_id, new, replace=encryption.upgrading)
                changed += 1
        return changed

    async def _register(self, tx: Transaction, account_id: int, identity_id: int, key: str, *, replace: bool) -> None:
        if replace:
            await self._identities.replace_public_key(tx, account_id, identity_id, key)
            return
        registered = await self._identities.register_public_key(tx, account_id, identity_id, key)
        if not registered and await self._identities.find_public_key(tx, account_id, identity_id) != key:
            raise VaultKeyDiffers("an identity has got another key in this moment")

    async def list_sealed(
        self, who: Principal, *, after: str | None = None, limit: int = LARGEST_PAGE
    ) -> tuple[list[Sealed], str | None]:
        """
        Return a page of the account's rows with sealed texts, and what *after* is for the next one (None: the end).

        A page has at most *limit* rows, and fewer when they are large. Raises Invalid for what is no cursor.
        """
        place = sealed_storage.parse(after) if after is not None else (TABLES[0], 0)
        if place is None:
            raise invalid(after="must be a `next` that you were given")
        if limit < 1:
            raise invalid(limit="must be at least 1")
        async with self._db.begin() as tx:
            page, more = await self._page(tx, who.account_id, *place, min(limit, LARGEST_PAGE))
            if page:
                data = {"names": [sealed.name for sealed in page], "by": by(who)}
                await self._events.record(tx, who.account_id, event_types.VAULT_READ, shared_owner(page), data)
        return page, page[-1].record if more else None

    async def _page(
        self, tx: Transaction, account_id: int, table: sealed_storage.Table, row_id: int, limit: int
    ) -> tuple[list[Sealed], bool]:
        """Return rows from there on, and whether there may be more."""
        page: list[Sealed] = []
        characters = 0
        for each in TABLES[TABLES.index(table) :]:
            last = row_id if each is table else 0
            while True:
                wanted = min(_ROWS_AT_ONCE, limit - len(page))
                if wanted == 0 or characters > _PAGE_CHARACTERS:
                    return page, True
                rows = await sealed_storage.list_after(tx, account_id, each, last, limit=wanted)
                page += rows
                characters += sum(len(text) for row in rows for text in row.fields.values())
                if len(rows) < wanted:
                    break
                _, last = _place(rows[-1].record)
        return page, False

    async def reseal(self, who: Principal, records: Sequence[Anew]) -> list[str]:
        """
        Put texts that were sealed anew into their rows; return the records of rows that were another by now, or gone.

        Only the revision of a row shows it. Raises Invalid for what is no record, no field or not sealed in the
        present format, and Conflict when no upgrade is under way.
        """
        if len(records) > LARGEST_PAGE:
            raise invalid(records=f"at most {LARGEST_PAGE} at once")
        work = [(*_place(each.record), each) for each in records]
        for table, _, each in work:
            for name, text in each.fields.items():
                if name not in table.fields:
                    raise invalid(fields=f"a {table.kind} has no {name[:80]!r}")
                check_sealed(name, text, PREFIX)
        stale = set()
        async with self._db.begin() as tx:
            await lock_keys(tx, who.account_id)
            encryption = await storage.find(tx, who.account_id)
            if encryption is None or not encryption.upgrading:
                raise Conflict("this account's vault is not being upgraded")
            # In one order, or two requests would wait for each other.
            for table, row_id, each in sorted(work, key=lambda task: (task[0].letter, task[1])):
                known = 0 < each.revision < 2**63  # no column holds another
                if not known or not await sealed_storage.reseal(
                    tx, who.account_id, table, row_id, each.revision, each.fields
                ):
                    stale.add(each.record)
            done = len(records) - len(stale)
            if done:
                data = {"records": done, "by": by(who)}
                await self._events.record(tx, who.account_id, event_types.VAULT_RESEALED, None, data)
        return [each.record for each in records if each.record in stale]


def _place(record: str) -> tuple[sealed_storage.Table, int]:
    found = sealed_storage.parse(record)
    if found is None:
        raise invalid(record="must be a record that you were given")
    return found
