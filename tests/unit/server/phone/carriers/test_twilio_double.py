"""The provider's own library drives our double of it: what it cannot use, or misreads, is our mistake."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from multidict import MultiDict
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.support.twilio_double import ACCOUNT, TOKEN, Fault, TwilioDouble, twilio_double
from tests.support.twilio_signing import Signed, signed_form, signed_json

OURS = "+12015550001"
WORLD = "+14155550100"
URL = "https://ravi.example.org/api/phone/carriers/twilio/"


class Redirected(TwilioHttpClient):
    """The library's HTTP client, which finds the double where it looks for api.twilio.com."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=False, timeout=10)
        self._url = url

    def request(self, method: str, url: str, *more: Any, **others: Any) -> Any:
        assert url.startswith("https://api.twilio.com/")
        return super().request(method, url.replace("https://api.twilio.com", self._url), *more, **others)


Ask = Callable[[Callable[[], Any]], Any]


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with twilio_double() as it:
        yield it


@pytest.fixture
def client(double: TwilioDouble) -> Client:
    return Client(ACCOUNT, TOKEN, http_client=Redirected(double.url))


async def test_the_account_is_fetched(double: TwilioDouble, client: Client) -> None:
    account = await asyncio.to_thread(client.api.accounts(ACCOUNT).fetch)

    assert (account.sid, account.status, account.type) == (ACCOUNT, "active", "Full")
    assert account.date_created is not None


async def test_a_number_is_searched_bought_found_changed_and_given_back(double: TwilioDouble, client: Client) -> None:
    def life() -> None:
        (offer,) = client.available_phone_numbers("US").local.list(sms_enabled=True, limit=1)
        bought = client.incoming_phone_numbers.create(phone_number=offer.phone_number, sms_url=URL, sms_method="POST")
        assert (bought.phone_number, bought.sms_url, bought.sms_method) == (offer.phone_number, URL, "POST")
        assert bought.capabilities["sms"]
        (listed,) = client.incoming_phone_numbers.list(phone_number=offer.phone_number)
        assert (listed.sid, listed.status) == (bought.sid, "in-use")
        changed = client.incoming_phone_numbers(bought.sid).update(sms_url=f"{URL}x", sms_application_sid="")
        assert (changed.sms_url, changed.sms_application_sid) == (f"{URL}x", "")
        assert client.incoming_phone_numbers(bought.sid).delete()
        assert client.incoming_phone_numbers.list() == []

    await asyncio.to_thread(life)


async def test_a_text_is_sent_fetched_listed_and_deleted(double: TwilioDouble, client: Client) -> None:
    double.own(OURS)

    def life() -> None:
        sent = client.messages.create(to=WORLD, from_=OURS, body="Grüße 👋", status_callback=URL)
        assert (sent.status, sent.direction, sent.error_code) == ("queued", "outbound-api", None)
        assert (sent.from_, sent.to, sent.body) == (OURS, WORLD, "Grüße 👋")
        fetched = client.messages(sent.sid).fetch()
        assert fetched.date_created is not None
        assert fetched.date_sent is None
        assert [m.sid for m in client.messages.list(to=WORLD, from_=OURS)] == [sent.sid]
        assert client.messages.list(to=OURS) == []
        assert client.messages(sent.sid).delete()
        assert client.messages.list() == []

    await asyncio.to_thread(life)


async def test_the_library_walks_from_page_to_page(double: TwilioDouble, client: Client) -> None:
    for n in range(7):
        double.add(WORLD, OURS, f"text {n}")
    found = await asyncio.to_thread(lambda: client.messages.list(page_size=3))

    assert [message.body for message in found] == [f"text {n}" for n in reversed(range(7))]


@pytest.mark.parametrize(
    ("to", "sender", "body", "code"),
    [
        ("+15005550001", OURS, "x", 21211),
        ("+15005550002", OURS, "x", 21612),
        ("+15005550003", OURS, "x", 21408),
        ("+15005550004", OURS, "x", 21610),
        ("+15005550009", OURS, "x", 21614),
        (WORLD, "+15005550008", "x", 21611),
        (WORLD, "+19995550000", "x", 21606),
        (WORLD, OURS, "", 21602),
        (WORLD, OURS, "x" * 1601, 21617),
    ],
)
async def test_an_error_is_raised_with_its_code(
    double: TwilioDouble, client: Client, to: str, sender: str, body: str, code: int
) -> None:
    double.own(OURS)
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(lambda: client.messages.create(to=to, from_=sender, body=body))

    assert (raised.value.code, raised.value.status) == (code, 400)
    assert double.messages == {}


async def test_a_number_that_is_gone_cannot_be_bought_or_given_back(double: TwilioDouble, client: Client) -> None:
    double.taken.add(OURS)
    for act, code in (
        (lambda: client.incoming_phone_numbers.create(phone_number=OURS), 21422),
        (lambda: client.incoming_phone_numbers("PN" + "0" * 32).delete(), 20404),
        (lambda: client.messages("SM" + "0" * 32).fetch(), 20404),
    ):
        with pytest.raises(TwilioRestException) as raised:
            await asyncio.to_thread(act)
        assert raised.value.code == code
    with pytest.raises(TwilioException, match="HTTP 404"):
        await asyncio.to_thread(client.available_phone_numbers("XX").local.list)


async def test_a_wrong_token_and_too_many_requests_are_what_the_library_expects(double: TwilioDouble) -> None:
    double.own(OURS)

    def send(token: str) -> Any:
        client = Client(ACCOUNT, token, http_client=Redirected(double.url))
        return client.messages.create(to=WORLD, from_=OURS, body="Hello")

    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(send, "0" * 32)
    assert (raised.value.status, raised.value.code) == (401, 20003)

    double.fail(Fault("POST", "Messages", 429, 20429, "Too Many Requests"))
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(send, TOKEN)
    assert (raised.value.status, raised.value.code) == (429, 20429)
    assert (await asyncio.to_thread(send, TOKEN)).status == "queued"


async def test_an_api_key_reaches_everything_but_the_account(double: TwilioDouble) -> None:
    key = "SK" + "a" * 32
    double.keys[key] = "its-secret"
    client = Client(key, "its-secret", ACCOUNT, http_client=Redirected(double.url))

    assert await asyncio.to_thread(client.messages.list) == []
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(client.api.accounts(ACCOUNT).fetch)
    assert raised.value.status == 401


def judged(signed: Signed, *, token: str = TOKEN) -> bool:
    """What the provider's validator says, given what a web framework would give it."""
    called = f"{signed.url}?{signed.query}" if signed.query else signed.url
    given: Any = signed.body.decode()
    if not signed.headers["content-type"].startswith("application/json"):
        given = MultiDict(parse_qsl(given, keep_blank_values=True))
    return bool(RequestValidator(token).validate(called, given, signed.headers["x-twilio-signature"]))


async def test_the_providers_validator_accepts_what_the_double_signs(double: TwilioDouble) -> None:
    double.own(OURS)
    sent = double.add(OURS, WORLD, "Hello", direction="outbound-api")
    for signed in (
        double.arrival(URL, WORLD, OURS, "Your code is 271 828 + ünïcode 👋", media=2),
        double.arrival(URL.replace("https://", "http://"), WORLD, OURS, ""),
        double.status_change(URL, sent["sid"], "failed", 30003),
        signed_form(TOKEN, URL, [("Digits", "5678"), ("Digits", "1234"), ("To", "")], "a=1&b=%20"),
        signed_json(TOKEN, URL, {"MessageSid": sent["sid"], "To": OURS}, "a=1"),
    ):
        assert judged(signed)
        assert not judged(signed, token="0" * 32)
