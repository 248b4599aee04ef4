"""Where carriers send their webhooks. Nothing in one is believed before the carrier's file has verified it."""

import logging
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ravi.errors import Malformed, NotFound, TooLarge
from ravi.server.http import Routes
from ravi.server.http.arriving import in_time
from ravi.server.phone.carriers import webhook_url
from ravi.server.phone.carriers.contract import Carrier, Webhook, WebhookRefused
from ravi.server.phone.service import Phone
from ravi.wire import paths

log = logging.getLogger("ravi.phone")

routes = Routes("sms")

#: In bytes: the longest text there is, as JSON, many times over.
LARGEST_WEBHOOK = 256 * 1024


class Webhooks:
    """The configured carriers, as those who send webhooks see them."""

    def __init__(self, phone: Phone, carriers: Mapping[str, Carrier], *, public_url: str) -> None:
        self._phone = phone
        self._carriers = carriers
        self._public_url = public_url

    async def take(self, name: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """
        Verify and store one; the carrier hears of success when everything is durable.

        Raises NotFound for a carrier that there is not. Whoever is refused hears nothing about why.
        """
        carrier = self._carriers.get(name)
        if carrier is None:
            raise NotFound("there is no such carrier")
        url = webhook_url(self._public_url, name) + (f"?{query}" if query else "")
        try:
            reading = await carrier.read(Webhook(url, query, headers, body))
        except WebhookRefused as reason:
            await self._phone.note_refused(name, str(reason))
            return Response(status_code=403)
        for happening in reading.happenings:
            await self._phone.told(name, happening)
        return Response(reading.answer, media_type=reading.content_type)


@routes.post(f"{paths.CARRIERS}{{carrier}}/", scope=None, largest_body=LARGEST_WEBHOOK)
async def take_webhook(carrier: str, request: Request, webhooks: Webhooks) -> Response:
    """Take what a carrier tells: texts that came in, and what became of those that went out. Signed by the carrier."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # Two of one name are one list (RFC 9110 section 5.2), and no signature fits that.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return await webhooks.take(carrier, request.url.query, headers, await _body(request))


async def _body(request: Request) -> bytes:
    """Return the whole body. Raises TooLarge, and Malformed when it did not come to its end."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with in_time():
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST_WEBHOOK:
                    raise TooLarge(f"the body is larger than {LARGEST_WEBHOOK} bytes")
                chunks.append(chunk)
    except ClientDisconnect:
        raise Malformed("the connection ended inside the body") from None
    return b"".join(chunks)
