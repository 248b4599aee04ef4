"""
Endpoints and what they are told.

Owns the rules of endpoints and the view of the log. How events become deliveries, and what a try changes, is in
`deliveries.py`; when to try is the worker's, and the trying itself the sender's.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import IdentityRef, Page, Paging, Principal
from ravi.server.http.errors import invalid
from ravi.server.webhooks import storage
from ravi.server.webhooks.deliveries import SWITCHED_OFF, Deliveries, lock, owner_of
from ravi.server.webhooks.errors import Conflict, NotFound, TargetRefused
from ravi.server.webhooks.records import Delivery, Webhook
from ravi.server.webhooks.signing import new_secret
from ravi.server.webhooks.ssrf import Guard
from ravi.wire import audit as actions
from ravi.wire import event_types

MOST_WEBHOOKS = 100
#: What a list without paging shows of a log that has no end.
LONGEST_LOG = 1000
KEPT = timedelta(days=30)
_TYPE = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}", re.ASCII)


class Webhooks(Deliveries):
    """Every account's endpoints."""

    def __init__(self, db: Database, events: Events, guard: Guard, now: Callable[[], datetime]) -> None:
        super().__init__(db, events, now)
        self._guard = guard

    async def list_(self, who: Principal) -> list[Webhook]:
        """Return the endpoints in reach of *who*, oldest first."""
        return await storage.list_(self._db, who.account_id, _scope(who))

    async def get(self, who: Principal, ref: str) -> Webhook:
        """Return the endpoint with this number or uuid. Raises NotFound."""
        found = await storage.list_(self._db, who.account_id, _scope(who), **_named(ref))
        if not found:
            raise NotFound("no such webhook")
        return found[0]

    async def create(
        self, who: Principal, identity: IdentityRef | None, *, url: str, enabled: bool, types: list[str]
    ) -> Webhook:
        """
        Return a new endpoint, for events of *identity* or of the whole account; from now on, none from before.

        Raises Invalid for a URL that is never posted to, or a type that is no type, Conflict when there are too many.
        """
        self._check(url, types)
        now = self._now()
        async with self._db.begin() as tx:
            await lock(tx, who.account_id)
            if await storage.count(tx, who.account_id) >= MOST_WEBHOOKS:
                raise Conflict(f"an account has at most {MOST_WEBHOOKS} webhooks", hint="remove one that is not used")
            made = Webhook(
                id=0,
                uuid=str(uuid.uuid4()),
                account_id=who.account_id,
                identity_id=identity.id if identity else None,
                identity_uuid=identity.uuid if identity else None,
                url=url,
                enabled=enabled,
                event_types=types,
                signing_secret=new_secret(),
                cursor=await self._events.last_seq(who.account_id),
                failures=0,
                created_at=now,
                updated_at=now,
            )
            id_ = await storage.insert(
                tx,
                uuid=made.uuid,
                account_id=made.account_id,
                identity_id=made.identity_id,
                url=url,
                enabled=enabled,
                event_types=types,
                signing_secret=made.signing_secret,
                cursor=made.cursor,
                at=micros(now),
            )
            made = replace(made, id=id_)
            await self._note(tx, actions.WEBHOOK_CREATED, made)
        return made

    async def update(
        self,
        who: Principal,
        ref: str,
        *,
        url: str | None = None,
        enabled: bool | None = None,
        types: list[str] | None = None,
    ) -> Webhook:
        """
        Change what is given. Switched off, it is told nothing, and what waited has failed; switched on, it begins
        with what happens from then on. Raises NotFound, Invalid.
        """
        now = self._now()
        async with self._db.begin() as tx:
            await lock(tx, who.account_id)
            old = await self.get(who, ref)
            new_url, new_types = old.url if url is None else url, old.event_types if types is None else types
            self._check(new_url, new_types)
            on = old.enabled if enabled is None else enabled
            fresh = on and not old.enabled
            await storage.update(
                tx,
                who.account_id,
                old.id,
                url=new_url,
                enabled=on,
                event_types=new_types,
                cursor=await self._events.last_seq(who.account_id) if fresh else old.cursor,
                failures=0 if fresh or new_url != old.url else old.failures,
                at=micros(now),
            )
            if not on:
                await storage.give_up(tx, who.account_id, old.id, error=SWITCHED_OFF, at=micros(now))
            changed = await self.get(who, ref)
            await self._note(tx, actions.WEBHOOK_UPDATED, changed)
            return changed

    async def delete(self, who: Principal, ref: str) -> None:
        """Erase an endpoint with its log. Raises NotFound."""
        async with self._db.begin() as tx:
            await lock(tx, who.account_id)
            webhook = await self.get(who, ref)
            await storage.delete(tx, who.account_id, webhook.id)
            await self._note(tx, actions.WEBHOOK_DELETED, webhook)

    async def test(self, who: Principal, ref: str) -> Delivery:
        """
        Have a `webhook.test` event delivered to this endpoint alone, whatever types it takes; tried once.

        Raises NotFound, Conflict when it is switched off.
        """
        async with self._db.begin() as tx:
            await lock(tx, who.account_id)
            webhook = await self.get(who, ref)
            if not webhook.enabled:
                raise Conflict("this webhook is switched off", hint="switch it on first")
            data = {"webhook_id": webhook.id, "webhook_uuid": webhook.uuid}
            event = await self._events.record(tx, who.account_id, event_types.WEBHOOK_TEST, owner_of(webhook), data)
            made = await self._add(tx, webhook, event)
            assert made is not None  # the event is new
            found = await storage.find_delivery(tx, who.account_id, None, id=made)
        assert found is not None  # inserted above
        return found

    async def list_deliveries(self, who: Principal, endpoint: str | None, paging: Paging) -> Page[Delivery]:
        """Return the log, newest first, of all endpoints in reach or of one; at most 1000. Raises NotFound."""
        webhook_id = (await self.get(who, endpoint)).id if endpoint else None
        limit = LONGEST_LOG if paging.limit is None else paging.limit
        scope = _scope(who)
        items = await storage.list_deliveries(
            self._db, who.account_id, scope, webhook_id=webhook_id, limit=limit, offset=paging.offset
        )
        if paging.limit is None:
            return Page(items, len(items))
        return Page(items, await storage.count_deliveries(self._db, who.account_id, scope, webhook_id))

    async def get_delivery(self, who: Principal, ref: str) -> Delivery:
        """Return the delivery with this number or uuid. Raises NotFound."""
        found = await storage.find_delivery(self._db, who.account_id, _scope(who), **_named(ref))
        if found is None:
            raise NotFound("no such delivery")
        return found

    async def erase(self, tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
        """Erase the endpoints of an identity, and what was told about it to others, as part of *tx*."""
        await lock(tx, account_id)
        return await storage.erase(tx, account_id, identity_id)

    async def forget_old(self) -> int:
        """Drop what was delivered, or failed, long ago; return how many."""
        async with self._db.begin() as tx:
            return await storage.delete_old(tx, before=micros(self._now() - KEPT), limit=500)

    async def _note(self, tx: Transaction, action: str, webhook: Webhook) -> None:
        # The host only: paths and queries of such URLs are often what guards them.
        target = {
            "webhook_id": webhook.id,
            "webhook_uuid": webhook.uuid,
            "host": urlsplit(webhook.url).hostname,
            "enabled": webhook.enabled,
        }
        about = webhook.identity_uuid or ""
        await self._events.audit.append(tx, webhook.account_id, action, identity=about, target=target)

    def _check(self, url: str, types: list[str]) -> None:
        try:
            self._guard.check_url(url)
        except TargetRefused as refusal:
            raise invalid(url=str(refusal)) from None
        if len(types) > 50 or not all(_TYPE.fullmatch(name) for name in types):
            raise invalid(event_types="must be at most 50 types such as email.message.received")


def _scope(who: Principal) -> int | None:
    return who.identity.id if who.identity else None


def _named(ref: str) -> dict[str, Any]:
    """Return how a number or a uuid is looked for."""
    if ref.isascii() and ref.isdigit() and len(ref) <= 18:
        return {"id": int(ref)}
    return {"uuid": ref.lower()}
