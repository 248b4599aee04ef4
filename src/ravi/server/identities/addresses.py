"""Handing out addresses, and the domains they are on."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from ravi.server.db import Database, Transaction, micros
from ravi.server.identities import holdings, mailboxes, storage
from ravi.server.identities.errors import AddressInvalid, AddressTaken, DomainMissing, InboxExists
from ravi.server.identities.mailboxes import FoundMailbox
from ravi.server.identities.names import check_local_part, local_parts
from ravi.server.identities.records import Domain, Inbox


class Addresses:
    """The part of `Identities` that deals with addresses."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def set_platform_domains(self, domains: list[str]) -> None:
        """Make *domains* available to every account, the first as the default. Called at start-up."""
        async with self._db.begin() as tx:
            await storage.forget_default_domain(tx)
            for place, domain in enumerate(domains):
                await storage.ensure_domain(
                    tx, str(uuid.uuid4()), domain.lower(), is_default=place == 0, at=micros(self._now())
                )

    async def list_domains(self, account_id: int) -> list[Domain]:
        """Return the domains that the account may have addresses on, the default first."""
        return await storage.list_domains(self._db, account_id)

    async def list_inboxes(self, account_id: int, identity_id: int | None, inbox_id: int | None = None) -> list[Inbox]:
        """Return the live addresses of one identity, or of the account; of them only *inbox_id* if given."""
        return await holdings.list_inboxes(self._db, account_id, identity_id, inbox_id)

    async def find_mailbox(self, address: str) -> FoundMailbox | None:
        """Return whose *address* (lower case, whole) is, of any account; None when nobody has or ever had it."""
        return await mailboxes.find(self._db, address, at=micros(self._now()))

    async def has_domain(self, domain: str) -> bool:
        """Tell whether addresses on *domain* (lower case) are this server's."""
        return await mailboxes.has_domain(self._db, domain)

    async def available(self, account_id: int, wish: str) -> tuple[str, bool]:
        """Return the whole address that *wish* means and whether it is free. Raises AddressInvalid, DomainMissing."""
        address = await self._wished_address(account_id, wish)
        return address, not await holdings.address_exists(self._db, address)

    async def add_inbox(self, account_id: int, identity_id: int, name: str, wish: str | None) -> Inbox:
        """Give an identity that has no address one. Raises InboxExists, AddressTaken, AddressInvalid."""
        async with self._db.begin() as tx:
            await tx.lock(f"identity-address:{identity_id}")
            if await holdings.list_inboxes(tx, account_id, identity_id):
                raise InboxExists("this identity already has its address")
            await self.give_address(tx, account_id, identity_id, name=name, chosen=wish)
            (inbox,) = await holdings.list_inboxes(tx, account_id, identity_id)
        return inbox

    async def give_address(
        self, tx: Transaction, account_id: int, identity_id: int, *, name: str, chosen: str | None
    ) -> str:
        """
        Give the identity *chosen* (a local part or a whole address), or one made from *name*.

        The unique constraint decides, not a look beforehand: two agents may want one name in the same instant.
        """
        if chosen is not None:
            wishes = iter([await self._wished_address(account_id, chosen)])
        else:
            domain = (await self._domains(account_id))[0]
            wishes = _proposals(name, domain)
        tried = ""
        for tried in wishes:
            if await holdings.insert_address(
                tx,
                uuid=str(uuid.uuid4()),
                account_id=account_id,
                identity_id=identity_id,
                address=tried,
                at=micros(self._now()),
            ):
                return tried
        raise taken(tried)

    async def check_addresses(self, account_id: int, wishes: Sequence[str | None]) -> list[str | AddressInvalid | None]:
        """Return the whole address that each of *wishes* means, or what is wrong with it. Raises DomainMissing."""
        domains = await self._domains(account_id)
        found: list[str | AddressInvalid | None] = []
        for wish in wishes:
            try:
                found.append(None if wish is None else _wished(domains, wish))
            except AddressInvalid as problem:
                found.append(problem)
        return found

    async def give_addresses(
        self, tx: Transaction, account_id: int, wanted: Sequence[tuple[int, str, str | None]]
    ) -> dict[int, str]:
        """
        Give addresses to identities, each (row id, name, chosen), as `give_address` does; return them by identity.

        A chosen one is whole (`check_addresses`), and goes before those made from names. Who is missing in the answer
        has chosen one that is taken.
        """
        domain = (await self._domains(account_id))[0]
        given: dict[int, str] = {}
        chosen: list[tuple[int, Iterator[str]]] = [(row, iter([wish])) for row, _, wish in wanted if wish is not None]
        made = [(row, _proposals(name, domain)) for row, name, wish in wanted if wish is None]
        for asking in (chosen, made):
            while asking:
                tried = {row: wish for row, wishes in asking if (wish := next(wishes, None)) is not None}
                # In one order: two transactions that want the same ones would otherwise wait for each other.
                rows = sorted(tried.items(), key=lambda each: (each[1], each[0]))
                got = await holdings.insert_addresses(
                    tx, account_id, [(str(uuid.uuid4()), row, wish) for row, wish in rows], at=micros(self._now())
                )
                given |= {row: tried[row] for row in got}
                asking = [(row, wishes) for row, wishes in asking if row in tried and row not in got]
        return given

    async def _wished_address(self, account_id: int, wish: str) -> str:
        return _wished(await self._domains(account_id), wish)

    async def _domains(self, account_id: int) -> list[str]:
        domains = [each.domain for each in await storage.list_domains(self._db, account_id)]
        if not domains:
            raise DomainMissing("the server has no mail domain; its operator sets one with --mail-domain")
        return domains


def taken(address: str) -> AddressTaken:
    """Return the refusal of *address*."""
    return AddressTaken(
        f"{address} is taken", details={"email": ["taken"]}, hint="choose another, or leave it out to get a free one"
    )


def _wished(domains: list[str], wish: str) -> str:
    """Return the whole address that *wish* means. Raises AddressInvalid."""
    local, at, domain = wish.strip().lower().partition("@")
    if at and domain not in domains:
        reason = f"the domain must be one of {', '.join(domains)}"
        raise AddressInvalid(f"email: {reason}", details={"email": [reason]})
    return f"{check_local_part(local)}@{domain or domains[0]}"


def _proposals(name: str, domain: str) -> Iterator[str]:
    return (f"{local}@{domain}" for local in local_parts(name))
