"""Texts that go out, over real sockets to a double of the provider: nothing is lost, nothing is sent twice."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ravi.server.phone.carriers.contract import Later, Outgoing, Refused, Sent, Surroundings, Uncertain
from ravi.server.phone.carriers.twilio import Twilio, open_carrier
from ravi.server.phone.carriers.twilio.setup import Setup, setup_of
from ravi.server.smtp.tls import make_certificate
from ravi.settings.server_carriers import carrier_url
from tests.support.receiver import Receiver, answer, receiving
from tests.support.twilio_double import ACCOUNT, TOKEN, Fault, TwilioDouble, twilio_double

URL = "https://ravi.example.org/api/phone/carriers/twilio/"
OURS, WORLD = "+12015550001", "+14155550100"
SERVICE = "MG" + "1" * 32
NOW = datetime(2026, 3, 1, 12, 0, 30, 250_000, tzinfo=UTC)


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with twilio_double() as it:
        it.own(OURS)
        it.now = lambda: NOW
        yield it


def setup(url: str, options: str = "") -> Setup:
    return setup_of(carrier_url(f"{url.replace('http://', f'twilio+http://{ACCOUNT}:{TOKEN}@')}{options}"))


def carrier_at(url: str, options: str = "", *, seconds: float = 10.0) -> Twilio:
    here = Surroundings(URL, bytes(32), lambda: NOW)
    return Twilio("twilio", here, setup(url, options), seconds=seconds)


@pytest.fixture
async def carrier(double: TwilioDouble) -> AsyncIterator[Twilio]:
    it = carrier_at(double.url)
    yield it
    await it.close()


def text(body: str = "Hello", to: str = WORLD, *, again: bool = False, created_at: datetime = NOW) -> Outgoing:
    return Outgoing("id-1", OURS, "PN1", to, body, created_at, again)


def posted(double: TwilioDouble) -> list[dict[str, str]]:
    return [form for method, path, form in double.requests if method == "POST" and "Messages" in path]


async def test_a_text_is_posted_as_a_form(double: TwilioDouble, carrier: Twilio) -> None:
    sent = await carrier.send(text("Grüße & 1+1=2 👋\nend"))
    (message,) = double.messages.values()

    assert sent == Sent(message["sid"])
    assert posted(double) == [
        {"From": OURS, "To": WORLD, "Body": "Grüße & 1+1=2 👋\nend", "StatusCallback": URL},
    ]


async def test_a_base_path_and_a_messaging_service_are_used() -> None:
    async with twilio_double("/api/laml") as double:
        double.own(OURS)
        carrier = carrier_at(double.url, f"?messaging-service={SERVICE}")
        assert (await carrier.send(text())).ref in double.messages
        await carrier.close()

    (form,) = posted(double)
    assert (form["MessagingServiceSid"], form["From"]) == (SERVICE, OURS)


async def test_an_api_key_signs_in_in_place_of_the_token(double: TwilioDouble) -> None:
    key = "SK" + "a" * 32
    double.keys[key] = "its/secret"
    double.token = "1" * 32
    carrier = carrier_at(double.url, f"?key={key}&secret=its%2Fsecret")
    assert (await carrier.send(text())).ref in double.messages
    await carrier.close()


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
    ],
)
async def test_what_will_never_be_sent_is_refused_with_the_providers_words(
    double: TwilioDouble, carrier: Twilio, to: str, code: int
) -> None:
    with pytest.raises(Refused, match=rf"^twilio: .+ \(error {code}\)$"):
        await carrier.send(text(to=to))
    assert double.messages == {}


async def test_a_trial_account_refuses_strangers(double: TwilioDouble, carrier: Twilio) -> None:
    double.fail(Fault("POST", "Messages", 403, 21608, "The number is unverified\x1b[2J\u202e"))
    with pytest.raises(Refused, match=r"^twilio: The number is unverified \[2J \(error 21608\)$"):
        await carrier.send(text())


@pytest.mark.parametrize(
    ("fault", "maybe_sent", "after", "reason"),
    [
        (Fault("POST", "Messages", 429, 20429, "Too Many", headers={"Retry-After": "7"}), False, 7.0, "too often"),
        (Fault("POST", "Messages", 429, 20429, headers={"Retry-After": "999999"}), False, 3600.0, "too often"),
        (Fault("POST", "Messages", 429, body=b"slow down", headers={"Retry-After": "soon"}), False, None, "too often"),
        (Fault("POST", "Messages", 500, 20500, "Internal Server Error"), True, None, "500"),
        (Fault("POST", "Messages", 503, body=b"<html>", headers={"Retry-After": "-1"}), True, None, "503"),
        (Fault("POST", "Messages", 401, 20003, "Authenticate"), False, None, "account and its token.*20003"),
        (Fault("POST", "Messages", 403, 20403, "Forbidden"), False, None, "Forbidden.*20403"),
        (Fault("POST", "Messages", 404, 20404, "Not found"), False, None, "20404"),
        (Fault("POST", "Messages", 400, 30002, "Account suspended"), False, None, "30002"),
        (Fault("POST", "Messages", 400, 21609, "Invalid StatusCallback"), False, None, "21609"),
        (Fault("POST", "Messages", 400, 21611, "Queue is full"), False, None, "21611"),
        (Fault("POST", "Messages", 400, 21711, "Not in the service"), False, None, "21711"),
        (Fault("POST", "Messages", 400, body=b"Bad Request"), False, None, "URL of the carrier"),
        (Fault("POST", "Messages", 307, headers={"Location": "https://evil.example/"}), False, None, "redirects"),
        (Fault("POST", "Messages", 201, body=b"<html>"), True, None, "not its JSON"),
        (Fault("POST", "Messages", 201, body=b"[" * 100_000), True, None, "not its JSON"),
        (Fault("POST", "Messages", 201, body=b"{}"), True, None, "what it calls"),
        (Fault("POST", "Messages", 201, body=b'{"sid": ""}'), True, None, "what it calls"),
        (Fault("POST", "Messages", 0), True, None, "connection to it was lost"),
    ],
    ids=lambda value: f"{value.status}-{value.code}" if isinstance(value, Fault) else None,
)
async def test_what_may_pass_is_for_later(
    double: TwilioDouble, carrier: Twilio, fault: Fault, maybe_sent: bool, after: float | None, reason: str
) -> None:
    double.fail(fault)
    with pytest.raises(Later, match=reason) as raised:
        await carrier.send(text())
    assert (raised.value.maybe_sent, raised.value.after) == (maybe_sent, after)
    assert len(posted(double)) == 1

    assert (await carrier.send(text())).ref in double.messages


async def test_an_answer_that_does_not_come_in_time_leaves_it_open(double: TwilioDouble) -> None:
    carrier = carrier_at(double.url, seconds=0.3)
    double.fail(Fault("POST", "Messages", -1, done=True))
    with pytest.raises(Later, match=r"did not answer within 0\.3 seconds") as raised:
        await carrier.send(text())
    assert raised.value.maybe_sent
    await carrier.close()


async def test_an_answer_without_end_is_read_to_its_bound_only() -> None:
    async with receiving() as endless:
        endless.answers = lambda _: b"HTTP/1.1 201 Created\r\n\r\n" + b" " * 5_000_000
        carrier = carrier_at(f"http://127.0.0.1:{endless.port}")
        with pytest.raises(Later, match="too large") as raised:
            await carrier.send(text())
        assert raised.value.maybe_sent
        await carrier.close()


async def test_nobody_there_means_that_nothing_was_sent() -> None:
    async with receiving() as gone:
        url = f"http://127.0.0.1:{gone.port}"
    carrier = carrier_at(url)
    with pytest.raises(Later, match="it cannot be reached") as raised:
        await carrier.send(text())
    assert not raised.value.maybe_sent
    await carrier.close()


async def test_a_certificate_that_is_not_trusted_sees_neither_token_nor_text(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(make_certificate(["localhost"]))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    imposter = Receiver(0)
    server = await asyncio.start_server(imposter.take, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = carrier_url(f"twilio://{ACCOUNT}:{TOKEN}@localhost:{port}")
        carrier = open_carrier(url, Surroundings(URL, bytes(32), lambda: NOW))
        with pytest.raises(Later, match="certificate is not trusted") as raised:
            await carrier.send(text())
        await carrier.close()

    assert not raised.value.maybe_sent
    assert imposter.posts == []


async def test_what_is_no_http_leaves_it_open() -> None:
    async with receiving() as odd:
        odd.answers = lambda _: b"SSH-2.0-x\r\n\r\n"
        carrier = carrier_at(f"http://127.0.0.1:{odd.port}")
        with pytest.raises(Later) as raised:
            await carrier.send(text())
        assert raised.value.maybe_sent
        odd.answers = lambda _: answer(200, b'{"sid": 5}')
        with pytest.raises(Later):
            await carrier.send(text())
        await carrier.close()


@pytest.mark.parametrize("status", [0, -1, 500])
async def test_a_text_that_was_taken_although_nobody_heard_so_is_not_sent_again(
    double: TwilioDouble, status: int
) -> None:
    carrier = carrier_at(double.url, seconds=1.0 if status < 0 else 10.0)
    double.fail(Fault("POST", "Messages", status, done=True))
    with pytest.raises(Later) as raised:
        await carrier.send(text())
    assert raised.value.maybe_sent
    (sid,) = double.messages

    assert await carrier.send(text(again=True)) == Sent(sid)
    assert len(posted(double)) == len(double.messages) == 1
    await carrier.close()


async def test_a_text_that_was_not_taken_is_sent_again(double: TwilioDouble, carrier: Twilio) -> None:
    double.add(WORLD, OURS, "Hello")
    double.add(OURS, WORLD, "Another", direction="outbound-api")
    double.add(OURS, "+14155550199", "Hello", direction="outbound-api")
    # A text between two numbers of the account is in its list a second time.
    double.add(OURS, WORLD, "Hello")
    double.fail(Fault("POST", "Messages", 0))
    with pytest.raises(Later):
        await carrier.send(text())
    sent = await carrier.send(text(again=True))

    assert double.messages[sent.ref]["body"] == "Hello"
    assert double.messages[sent.ref]["direction"] == "outbound-api"
    assert len(posted(double)) == 2


async def test_the_same_words_of_an_earlier_day_are_another_text(double: TwilioDouble, carrier: Twilio) -> None:
    double.now = lambda: NOW - timedelta(minutes=3)
    old = double.add(OURS, WORLD, "Hello", direction="outbound-api")
    double.now = lambda: NOW
    sent = await carrier.send(text(again=True))

    assert sent.ref != old["sid"]
    assert len(posted(double)) == 1


async def test_the_same_words_of_a_moment_before_leave_it_uncertain(double: TwilioDouble, carrier: Twilio) -> None:
    double.now = lambda: NOW - timedelta(seconds=5)
    double.add(OURS, WORLD, "Hello", direction="outbound-api")
    with pytest.raises(Uncertain, match="same words"):
        await carrier.send(text(again=True))
    assert posted(double) == []


async def test_of_two_with_the_same_words_the_older_one_is_ours(double: TwilioDouble, carrier: Twilio) -> None:
    double.now = lambda: NOW + timedelta(seconds=9)
    double.add(OURS, WORLD, "Hello", direction="outbound-api")
    double.now = lambda: NOW + timedelta(seconds=2)
    older = double.add(OURS, WORLD, "Hello", direction="outbound-api")
    double.now = lambda: NOW + timedelta(seconds=5)
    double.add(OURS, WORLD, "Hello", direction="outbound-api")

    assert await carrier.send(text(again=True)) == Sent(older["sid"])


async def test_each_request_has_a_connection_of_its_own(double: TwilioDouble, carrier: Twilio) -> None:
    """One that was kept may end just when a text is written to it, and then nobody knows whether it arrived."""
    await carrier.send(text())
    await carrier.send(text())

    assert len(set(double.ports)) == 2


async def test_a_text_is_found_behind_what_a_trial_account_puts_before_it(
    double: TwilioDouble, carrier: Twilio
) -> None:
    body = "Sent from your Twilio trial account - Hello"
    found = double.add(OURS, WORLD, body, direction="outbound-api")

    assert await carrier.send(text("Hello ", again=True)) == Sent(found["sid"])


async def test_a_text_is_found_on_a_later_page_and_the_credential_stays_at_home(
    double: TwilioDouble, carrier: Twilio
) -> None:
    found = double.add(OURS, WORLD, "Hello", direction="outbound-api")
    for n in range(250):
        double.add(OURS, WORLD, f"text {n}", direction="outbound-api")

    assert await carrier.send(text(again=True)) == Sent(found["sid"])
    asked = [path for method, path, _ in double.requests if method == "GET"]
    assert len(asked) == 3
    assert all(path.startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?") for path in asked)


async def test_more_texts_than_are_looked_through_leave_it_uncertain(double: TwilioDouble, carrier: Twilio) -> None:
    for n in range(1001):
        double.add(OURS, WORLD, f"text {n}", direction="outbound-api")
    with pytest.raises(Uncertain, match="so many"):
        await carrier.send(text(again=True))
    assert posted(double) == []


async def test_a_service_that_may_write_other_letters_leaves_it_uncertain(double: TwilioDouble) -> None:
    carrier = carrier_at(double.url, f"?messaging-service={SERVICE}")
    double.add(OURS, WORLD, '"Hello"', direction="outbound-api")
    with pytest.raises(Uncertain, match="other letters"):
        await carrier.send(text("“Hello”", again=True))
    assert (await carrier.send(text("Hi", again=True))).ref in double.messages
    await carrier.close()


@pytest.mark.parametrize("status", [0, 401, 429, 500, 404])
async def test_a_list_that_cannot_be_looked_at_is_for_later(double: TwilioDouble, carrier: Twilio, status: int) -> None:
    double.fail(Fault("GET", "Messages", status, 20000 + status))
    with pytest.raises(Later) as raised:
        await carrier.send(text(again=True))
    assert raised.value.maybe_sent
    assert posted(double) == []


@pytest.mark.parametrize("body", [b'{"messages": 1}', b"{}", b"<html>"])
async def test_a_list_that_is_none_is_for_later(double: TwilioDouble, carrier: Twilio, body: bytes) -> None:
    double.fail(Fault("GET", "Messages", 200, body=body))
    with pytest.raises(Later) as raised:
        await carrier.send(text(again=True))
    assert raised.value.maybe_sent


async def test_what_became_of_an_earlier_attempt_meanwhile_is_known_at_once(
    double: TwilioDouble, carrier: Twilio
) -> None:
    row = double.add(OURS, WORLD, "Hello", direction="outbound-api", status="delivered")
    assert await carrier.send(text(again=True)) == Sent(row["sid"], "delivered")

    row.update(status="undelivered", error_code=30007, error_message=None)
    with pytest.raises(Refused, match=r"filtered as spam \(error 30007\)"):
        await carrier.send(text(again=True))


async def test_a_row_without_a_date_may_be_ours(double: TwilioDouble, carrier: Twilio) -> None:
    row = double.add(OURS, WORLD, "Hello", direction="outbound-api", date_created="yesterday")

    assert await carrier.send(text(again=True)) == Sent(row["sid"])


async def test_neither_words_nor_the_token_are_logged_or_shown(
    double: TwilioDouble, carrier: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await carrier.send(text("a very private word"))
    double.fail(Fault("POST", "Messages", 500))
    with pytest.raises(Later) as raised:
        await carrier.send(text("a very private word"))

    shown = caplog.text + str(raised.value) + repr(setup(double.url))
    assert "private" not in shown
    assert TOKEN not in shown
