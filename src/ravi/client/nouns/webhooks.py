"""Webhooks: events posted to a URL."""

from __future__ import annotations

from ravi.client.calls import webhooks as calls
from ravi.client.core import Pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.webhooks import Webhook, WebhookDelivery

#: A test is tried at once, for at most ten seconds; then its outcome is written down.
_LOOKS = 60
_BETWEEN_LOOKS = 0.25


def _test(core: Core, ref: str) -> Steps[WebhookDelivery]:
    made: WebhookDelivery = yield from core.send(calls.test(ref))
    for _ in range(_LOOKS):
        if made["status"] != "pending":
            break
        yield Pause(_BETWEEN_LOOKS)
        made = yield from core.send(calls.delivery(made["uuid"]))
    return made


class Webhooks:
    """Endpoints, by number or uuid. `signing_secret` is only in the answer to the creation."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(self, ref: str) -> Webhook:
        """One webhook. Raises NotFound."""
        return self._run(lambda core: core.send(calls.get(ref)))

    def create(self, url: str, *, types: Sequence[str] | None = None, whole_account: bool = False) -> Webhook:
        """
        Have the selected identity's events posted to *url*, of these *types* or all; with *whole_account* those of
        every identity in reach. Raises Invalid for a URL that the server never posts to.
        """
        call = calls.create(url, types=types, whole_account=whole_account)
        return self._run(lambda core: core.send(call))

    def update(
        self, ref: str, *, url: str | None = None, enabled: bool | None = None, types: Sequence[str] | None = None
    ) -> Webhook:
        """Change what is given. Raises NotFound, Invalid."""
        return self._run(lambda core: core.send(calls.update(ref, url=url, enabled=enabled, types=types)))

    def delete(self, ref: str) -> None:
        """Erase a webhook with its log. Raises NotFound."""
        return self._run(lambda core: core.send(calls.delete(ref)))

    def test(self, ref: str) -> WebhookDelivery:
        """Have a test event posted, and wait for how that went. Raises NotFound, Conflict when it is switched off."""
        return self._run(lambda core: _test(core, ref))

    def deliveries(self, *, endpoint: str | None = None, whole_account: bool = False) -> list[WebhookDelivery]:
        """What was posted, newest first: by the selected identity's webhooks, or by every one in reach."""
        call = calls.deliveries(endpoint=endpoint, whole_account=whole_account)
        return self._run(lambda core: core.send(call))

    def list(self, *, whole_account: bool = False) -> list[Webhook]:
        """The selected identity's webhooks; with *whole_account* every one in reach."""
        return self._run(lambda core: core.send(calls.list_(whole_account=whole_account)))


class AsyncWebhooks:
    """`Webhooks`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def get(self, ref: str) -> Webhook:
        return await self._run(lambda core: core.send(calls.get(ref)))

    async def create(self, url: str, *, types: Sequence[str] | None = None, whole_account: bool = False) -> Webhook:
        call = calls.create(url, types=types, whole_account=whole_account)
        return await self._run(lambda core: core.send(call))

    async def update(
        self, ref: str, *, url: str | None = None, enabled: bool | None = None, types: Sequence[str] | None = None
    ) -> Webhook:
        return await self._run(lambda core: core.send(calls.update(ref, url=url, enabled=enabled, types=types)))

    async def delete(self, ref: str) -> None:
        return await self._run(lambda core: core.send(calls.delete(ref)))

    async def test(self, ref: str) -> WebhookDelivery:
        return await self._run(lambda core: _test(core, ref))

    async def deliveries(self, *, endpoint: str | None = None, whole_account: bool = False) -> list[WebhookDelivery]:
        call = calls.deliveries(endpoint=endpoint, whole_account=whole_account)
        return await self._run(lambda core: core.send(call))

    async def list(self, *, whole_account: bool = False) -> list[Webhook]:
        return await self._run(lambda core: core.send(calls.list_(whole_account=whole_account)))
