"""Webhooks over HTTP."""

from typing import TypedDict

import msgspec

from ravi.server.auth import Auth
from ravi.server.http import IdentityRef, Page, Paging, Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339, rfc3339_or_none
from ravi.server.webhooks.errors import Forbidden, SelectorsDiffer
from ravi.server.webhooks.records import Delivery, Webhook
from ravi.server.webhooks.service import Webhooks
from ravi.wire import paths
from ravi.wire import webhooks as wire
from ravi.wire.scopes import Scope

routes = Routes("webhooks")

ONE = f"{paths.WEBHOOKS}{{webhook_ref}}/"


class DeliveryQuery(TypedDict, total=False):
    """`endpoint` is a webhook's number or uuid."""

    endpoint: str


@routes.get(paths.WEBHOOKS, scope=Scope.WEBHOOKS, selects=Selects.FILTERS, lists=True)
async def list_webhooks(who: Principal, webhooks: Webhooks) -> list[wire.Webhook]:
    """List webhooks, oldest first: an identity sees its own."""
    return [to_wire(webhook) for webhook in await webhooks.list_(who)]


@routes.post(paths.WEBHOOKS, scope=Scope.WEBHOOKS, selects=Selects.ACTS, status=201, creates=True)
async def create_webhook(who: Principal, body: wire.WebhookWrite, webhooks: Webhooks, auth: Auth) -> wire.Webhook:
    """Have events posted to a URL; the answer is the only place where the signing secret is shown."""
    if not body.get("url"):
        raise invalid(url="is required")
    made = await webhooks.create(
        who,
        await _identity(who, body.get("identity_uuid"), auth),
        url=body["url"],
        enabled=body.get("enabled", True),
        types=body.get("event_types", []),
    )
    return to_wire(made, secret=made.signing_secret)


@routes.get(ONE, scope=Scope.WEBHOOKS, selects=Selects.FILTERS)
async def get_webhook(who: Principal, webhook_ref: str, webhooks: Webhooks) -> wire.Webhook:
    """Show one webhook, by its number or uuid."""
    return to_wire(await webhooks.get(who, webhook_ref))


@routes.patch(ONE, scope=Scope.WEBHOOKS, selects=Selects.FILTERS)
async def update_webhook(who: Principal, webhook_ref: str, body: wire.WebhookWrite, webhooks: Webhooks) -> wire.Webhook:
    """Change URL or types, or switch a webhook on or off. Whose events it gets stays as it is."""
    if "identity_uuid" in body:
        old = await webhooks.get(who, webhook_ref)
        if (body["identity_uuid"] or "").lower() != (old.identity_uuid or ""):
            raise invalid(identity_uuid="cannot be changed: make another webhook")
    return to_wire(
        await webhooks.update(
            who, webhook_ref, url=body.get("url"), enabled=body.get("enabled"), types=body.get("event_types")
        )
    )


@routes.delete(ONE, scope=Scope.WEBHOOKS, selects=Selects.FILTERS, status=204)
async def delete_webhook(who: Principal, webhook_ref: str, webhooks: Webhooks) -> None:
    """Erase a webhook with its log."""
    await webhooks.delete(who, webhook_ref)


@routes.post(f"{ONE}test/", scope=Scope.WEBHOOKS, selects=Selects.ACTS, status=201, creates=True)
async def test_webhook(who: Principal, webhook_ref: str, webhooks: Webhooks) -> wire.WebhookDelivery:
    """Have a test event delivered to this webhook alone, once; the delivery tells how that went."""
    return delivery_to_wire(await webhooks.test(who, webhook_ref))


@routes.get(paths.WEBHOOK_DELIVERIES, scope=Scope.WEBHOOKS, selects=Selects.FILTERS, lists=True)
async def list_deliveries(
    who: Principal, query: DeliveryQuery, paging: Paging, webhooks: Webhooks
) -> Page[wire.WebhookDelivery]:
    """List what was posted and how that went, newest first; without paging the newest 1000."""
    found = await webhooks.list_deliveries(who, query.get("endpoint"), paging)
    return Page([delivery_to_wire(delivery) for delivery in found.items], found.count)


@routes.get(f"{paths.WEBHOOK_DELIVERIES}{{delivery_ref}}/", scope=Scope.WEBHOOKS, selects=Selects.FILTERS)
async def get_delivery(who: Principal, delivery_ref: str, webhooks: Webhooks) -> wire.WebhookDelivery:
    """Show one delivery, by its number or uuid."""
    return delivery_to_wire(await webhooks.get_delivery(who, delivery_ref))


async def _identity(who: Principal, named: str | None, auth: Auth) -> IdentityRef | None:
    """Return whose events a new webhook gets; None for the whole account's."""
    if not named or (who.identity is not None and named.lower() == who.identity.uuid):
        return who.identity
    if who.bound:
        raise Forbidden("this credential belongs to another identity")
    if who.identity is not None:
        raise SelectorsDiffer("the body names another identity than the request selects")
    return await auth.select(who, named)


def to_wire(webhook: Webhook, *, secret: str = "") -> wire.Webhook:
    return {
        "id": webhook.id,
        "uuid": webhook.uuid,
        "url": webhook.url,
        "identity": webhook.identity_id,
        "identity_uuid": webhook.identity_uuid,
        "enabled": webhook.enabled,
        "event_types": webhook.event_types,
        "signing_secret": secret,
        "created_dt": rfc3339(webhook.created_at),
        "updated_dt": rfc3339(webhook.updated_at),
    }


def delivery_to_wire(delivery: Delivery) -> wire.WebhookDelivery:
    return {
        "id": delivery.id,
        "uuid": delivery.uuid,
        "endpoint": delivery.webhook_id,
        "endpoint_url": delivery.webhook_url,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "payload": msgspec.json.decode(delivery.payload),
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": rfc3339_or_none(delivery.next_at),
        "response_status": delivery.response_status,
        "response_preview": delivery.response_preview,
        "last_error": delivery.last_error,
        "created_dt": rfc3339(delivery.created_at),
        "updated_dt": rfc3339(delivery.updated_at),
    }
