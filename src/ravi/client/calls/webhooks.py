"""Calls on webhooks. The signing secret appears once, in the answer to the creation."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.wire.webhooks import Webhook, WebhookDelivery

_WEBHOOK = ("id", "uuid", "url", "enabled", "event_types")
_DELIVERY = ("id", "uuid", "endpoint", "event_type", "status")


def list_(*, whole_account: bool = False) -> Call[list[Webhook]]:
    """The selected identity's webhooks, or every one in reach."""
    return Call("GET", paths.WEBHOOKS, keys=_WEBHOOK, many=True, account=whole_account)


def create(url: str, *, types: Sequence[str] | None = None, whole_account: bool = False) -> Call[Webhook]:
    """Post the selected identity's events, or the account's, to *url*."""
    body = given(url=url, event_types=None if types is None else list(types))
    return Call("POST", paths.WEBHOOKS, body=body, keys=_WEBHOOK, idempotent=True, account=whole_account)


def get(ref: str) -> Call[Webhook]:
    return Call("GET", f"{paths.WEBHOOKS}{ref}/", keys=_WEBHOOK, account=True)


def update(
    ref: str, *, url: str | None = None, enabled: bool | None = None, types: Sequence[str] | None = None
) -> Call[Webhook]:
    body = given(url=url, enabled=enabled, event_types=None if types is None else list(types))
    return Call("PATCH", f"{paths.WEBHOOKS}{ref}/", body=body, keys=_WEBHOOK, account=True)


def delete(ref: str) -> Call[None]:
    return Call("DELETE", f"{paths.WEBHOOKS}{ref}/", account=True)


def test(ref: str) -> Call[WebhookDelivery]:
    """Have a test event delivered; the answer comes before that has been tried."""
    return Call("POST", f"{paths.WEBHOOKS}{ref}/test/", keys=_DELIVERY, idempotent=True, account=True)


def deliveries(*, endpoint: str | None = None, whole_account: bool = False) -> Call[list[WebhookDelivery]]:
    """What was posted, newest first: by the selected identity's webhooks, or by every one in reach."""
    query = given(endpoint=endpoint)
    return Call("GET", paths.WEBHOOK_DELIVERIES, query, keys=_DELIVERY, many=True, account=whole_account)


def delivery(ref: str) -> Call[WebhookDelivery]:
    return Call("GET", f"{paths.WEBHOOK_DELIVERIES}{ref}/", keys=_DELIVERY, account=True)
