"""
A server that answers as Twilio documents for its REST interface (2010-04-01), and signs webhooks as it does.

Written from the provider's pages about Accounts, AvailablePhoneNumbers, IncomingPhoneNumbers, Messages, test
credentials (the numbers that provoke errors), errors and webhook security, without a look at our client. The official
library drives it in `test_twilio_double.py`, so that it cannot drift towards us.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import aiohttp
from aiohttp import web

from tests.support.twilio_answers import answer, error, found, paged
from tests.support.twilio_signing import Signed, signed_form

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "fedcba98765432100123456789abcdef"
VERSION = "2010-04-01"

#: Numbers of the page "Test credentials", and the error that a text to one, or from one, ends with.
TO_ERRORS = {
    "+15005550001": (21211, "Invalid 'To' Phone Number: +15005550001"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via SMS"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
FROM_ERRORS = {
    "+15005550001": (21212, "The 'From' number +15005550001 is not a valid phone number"),
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable inbound phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}


def sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True)
class Fault:
    """
    Something that goes wrong with the next request that fits.

    `status` answers with that; 0 closes the connection without an answer, -1 says nothing for ever. `done`: the request
    is carried out before. `body` replaces the provider's JSON.
    """

    method: str
    resource: str
    status: int
    code: int = 0
    message: str = "Something went wrong"
    done: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class TwilioDouble:
    """One account. What it holds may be changed at any time."""

    def __init__(self) -> None:
        self.account, self.token = ACCOUNT, TOKEN
        self.keys: dict[str, str] = {}
        self.status, self.kind = "active", "Full"
        self.offers: dict[tuple[str, str], list[str]] = {("US", "Local"): [f"+1201555{n:04d}" for n in range(1, 40)]}
        self.taken: set[str] = set()
        self.numbers: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        #: The port that each came from.
        self.ports: list[int] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.url = ""
        self._closing = asyncio.Event()

    def fail(self, fault: Fault) -> None:
        """Let the next request that fits fail; one that clients repeat by themselves after a lost connection, twice."""
        self.faults += [fault] * (2 if fault.status == 0 and fault.method != "POST" else 1)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        root = f"/{VERSION}/Accounts/{self.account}"
        app.add_routes(
            [
                web.get(f"{root}.json", self._get_account),
                web.get(root + "/AvailablePhoneNumbers/{country}/{kind}.json", self._search),
                web.get(f"{root}/IncomingPhoneNumbers.json", self._list_numbers),
                web.post(f"{root}/IncomingPhoneNumbers.json", self._buy),
                web.get(root + "/IncomingPhoneNumbers/{sid}.json", self._get_number),
                web.post(root + "/IncomingPhoneNumbers/{sid}.json", self._set_number),
                web.delete(root + "/IncomingPhoneNumbers/{sid}.json", self._drop_number),
                web.get(f"{root}/Messages.json", self._list_messages),
                web.post(f"{root}/Messages.json", self._create_message),
                web.get(root + "/Messages/{sid}.json", self._get_message),
                web.delete(root + "/Messages/{sid}.json", self._drop_message),
            ]
        )
        app.on_shutdown.append(self._let_go)
        return app

    async def _let_go(self, app: web.Application) -> None:
        self._closing.set()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append((request.method, request.path_qs, form))
        assert request.transport is not None
        self.ports.append(request.transport.get_extra_info("peername")[1])
        if (refused := self._unauthenticated(request)) is not None:
            return refused
        fault = next((f for f in self.faults if f.method == request.method and f.resource in request.path), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault.done:
                await handler(request)
            return await self._fail(request, fault)
        try:
            return await handler(request)  # type: ignore[no-any-return]  # aiohttp does not type its handlers
        except web.HTTPNotFound:
            return error(404, 20404, f"The requested resource {request.path} was not found")

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.status < 0:
            await self._closing.wait()
        if fault.status <= 0:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.body is not None:
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        return error(fault.status, fault.code, fault.message, fault.headers)

    def _unauthenticated(self, request: web.Request) -> web.Response | None:
        try:
            given = aiohttp.BasicAuth.decode(request.headers.get("Authorization", ""))
        except ValueError:
            return error(401, 20003, "Authenticate")
        if (given.login, given.password) == (self.account, self.token):
            return None
        # A standard key has no access to the account itself.
        if self.keys.get(given.login) == given.password and not request.path.endswith(f"/{self.account}.json"):
            return None
        return error(401, 20003, "Authenticate")

    # The account, and numbers.

    async def _get_account(self, request: web.Request) -> web.Response:
        return answer(
            {
                "sid": self.account,
                "auth_token": self.token,
                "friendly_name": "My account",
                "status": self.status,
                "type": self.kind,
                "owner_account_sid": self.account,
                "date_created": self._date(),
                "date_updated": self._date(),
                "uri": request.path,
                "subresource_uris": {},
            }
        )

    async def _search(self, request: web.Request) -> web.Response:
        country, kind = request.match_info["country"], request.match_info["kind"]
        if (country, kind) not in self.offers:
            return error(404, 20404, f"The requested resource {request.path} was not found")
        free = [number for number in self.offers[country, kind] if number not in self._owned()]
        size = int(request.query.get("PageSize", "50"))
        rows = [
            {
                "phone_number": number,
                "friendly_name": number,
                "iso_country": country,
                "address_requirements": "none",
                "beta": False,
                "capabilities": {"voice": True, "SMS": True, "MMS": country == "US"},
            }
            for number in free[:size]
        ]
        return answer({"uri": request.path_qs, "available_phone_numbers": rows})

    def _owned(self) -> set[str]:
        return {str(row["phone_number"]) for row in self.numbers.values()}

    async def _buy(self, request: web.Request) -> web.Response:
        form = await request.post()
        number, url = str(form.get("PhoneNumber", "")), str(form.get("SmsUrl", ""))
        if not number.startswith("+"):
            return error(400, 21421, f"{number} is not a valid phone number")
        if url and not url.startswith(("http://", "https://")):
            return error(400, 21502, "SmsUrl is not valid")
        on_offer = any(number in numbers for numbers in self.offers.values())
        if not on_offer or number in self.taken or number in self._owned():
            return error(400, 21422, f"{number} is not available")
        return answer(self.own(number, **{name: str(value) for name, value in form.items()}), 201)

    def own(self, number: str, **form: str) -> dict[str, Any]:
        """Let the account have *number*, with fields such as SmsUrl."""
        row = {
            "sid": sid("PN"),
            "account_sid": self.account,
            "phone_number": number,
            "friendly_name": form.get("FriendlyName", number),
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "sms_url": form.get("SmsUrl", ""),
            "sms_method": form.get("SmsMethod", "POST"),
            "sms_fallback_url": "",
            "sms_fallback_method": "POST",
            "sms_application_sid": form.get("SmsApplicationSid", ""),
            "voice_url": None,
            "status_callback": "",
            "status": "in-use",
            "origin": "twilio",
            "beta": False,
            "address_requirements": "none",
            "api_version": VERSION,
            "date_created": self._date(),
            "date_updated": self._date(),
        }
        self.numbers[str(row["sid"])] = row
        return row

    async def _list_numbers(self, request: web.Request) -> web.Response:
        wanted = request.query.get("PhoneNumber")
        rows = [row for row in self.numbers.values() if wanted in (None, row["phone_number"])]
        return paged(request, "incoming_phone_numbers", rows)

    async def _get_number(self, request: web.Request) -> web.Response:
        return answer(found(self.numbers, request))

    async def _set_number(self, request: web.Request) -> web.Response:
        row, form = found(self.numbers, request), await request.post()
        for name, key in (
            ("SmsUrl", "sms_url"),
            ("SmsMethod", "sms_method"),
            ("SmsApplicationSid", "sms_application_sid"),
            ("FriendlyName", "friendly_name"),
        ):
            if name in form:
                row[key] = str(form[name])
        return answer(row)

    async def _drop_number(self, request: web.Request) -> web.Response:
        del self.numbers[found(self.numbers, request)["sid"]]
        return web.Response(status=204)

    # Messages.

    async def _create_message(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        callback = form.get("StatusCallback", "https://")
        for wrong, (code, message) in (
            (not to, (21604, "A 'To' phone number is required.")),
            (not sender and "MessagingServiceSid" not in form, (21603, "A 'From' phone number is required.")),
            (not body, (21602, "Message body is required.")),
            (len(body) > 1600, (21617, "The concatenated message body exceeds the 1600 character limit")),
            (not callback.startswith(("http://", "https://")), (21609, "The StatusCallback URL is not a valid URL.")),
            (to in TO_ERRORS, TO_ERRORS.get(to, (0, ""))),
            (not to.startswith("+"), (21211, f"Invalid 'To' Phone Number: {to}")),
            (sender in FROM_ERRORS, FROM_ERRORS.get(sender, (0, ""))),
            (sender not in self._owned(), (21606, f"The From phone number {sender} is not a valid number")),
        ):
            if wrong:
                return error(400, code, message)
        service = form.get("MessagingServiceSid")
        status = "accepted" if service else "queued"
        row = self.add(sender, to, body, direction="outbound-api", status=status, messaging_service_sid=service)
        row["status_callback"] = form.get("StatusCallback", "")
        return answer({name: value for name, value in row.items() if name != "status_callback"}, 201)

    def add(self, sender: str, to: str, body: str, **more: Any) -> dict[str, Any]:
        """Put a text into the account's list."""
        row = {
            "sid": sid("SM"),
            "account_sid": self.account,
            "api_version": VERSION,
            "body": body,
            "from": sender,
            "to": to,
            "num_segments": "1",
            "num_media": "0",
            "direction": "inbound",
            "status": "received",
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "messaging_service_sid": None,
            "date_created": self._date(),
            "date_updated": self._date(),
            "date_sent": None,
        } | more
        self.messages[str(row["sid"])] = row
        return row

    async def _list_messages(self, request: web.Request) -> web.Response:
        rows = [
            row
            for row in reversed(self.messages.values())
            if request.query.get("To") in (None, row["to"]) and request.query.get("From") in (None, row["from"])
        ]
        return paged(request, "messages", rows)

    async def _get_message(self, request: web.Request) -> web.Response:
        return answer(found(self.messages, request))

    async def _drop_message(self, request: web.Request) -> web.Response:
        del self.messages[found(self.messages, request)["sid"]]
        return web.Response(status=204)

    def _date(self) -> str:
        return format_datetime(self.now().astimezone(UTC))

    # Webhooks.

    def arrival(self, url: str, sender: str, to: str, body: str, *, media: int = 0, **more: str) -> Signed:
        """A text from the world, as it is posted to *url*."""
        row = self.add(sender, to, body, num_media=str(media))
        fields = {
            "ToCountry": "US",
            "MessageSid": row["sid"],
            "SmsMessageSid": row["sid"],
            "SmsSid": row["sid"],
            "NumMedia": str(media),
            "NumSegments": "1",
            "SmsStatus": "received",
            "Body": body,
            "From": sender,
            "To": to,
            "AccountSid": self.account,
            "ApiVersion": VERSION,
            **{f"MediaUrl{n}": f"https://api.twilio.com/media/{n}" for n in range(media)},
        } | more
        return signed_form(self.token, url, list(fields.items()))

    def status_change(self, url: str, ref: str, status: str, error_code: int | None = None) -> Signed:
        """Let a text that was sent become *status*, and say so as a status callback to *url*."""
        row = self.messages[ref]
        row["status"], row["error_code"] = status, error_code
        fields = {
            "MessageSid": ref,
            "SmsSid": ref,
            "MessageStatus": status,
            "SmsStatus": status,
            "From": row["from"],
            "To": row["to"],
            "AccountSid": self.account,
            "ApiVersion": VERSION,
        } | ({"ErrorCode": str(error_code)} if error_code else {})
        return signed_form(self.token, url, list(fields.items()))

    async def post(self, webhook: Signed) -> tuple[int, str, bytes]:
        """Send a webhook for real; return status, content type and body of the answer."""
        url = f"{webhook.url}?{webhook.query}" if webhook.query else webhook.url
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=webhook.body, headers=webhook.headers) as said,
        ):
            return said.status, said.content_type, await said.read()


@asynccontextmanager
async def twilio_double(prefix: str = "") -> AsyncIterator[TwilioDouble]:
    """A double, from its first request to its last, below the path *prefix* of its server."""
    double = TwilioDouble()
    app = double.application()
    if prefix:
        outer = web.Application()
        outer.add_subapp(prefix, app)
        app = outer
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.url = f"http://{host}:{port}{prefix}"
    try:
        yield double
    finally:
        await runner.cleanup()
