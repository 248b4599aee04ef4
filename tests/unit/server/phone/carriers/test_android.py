"""Sending through a phone, and what its URL must say. The phone is a double of the app on a real port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.android import Android, open_carrier
from ravi.server.phone.carriers.android.app import App
from ravi.server.phone.carriers.android.setup import setup_of
from ravi.server.phone.carriers.contract import Allocated, Later, Outgoing, Refused, Sent, Surroundings, Uncertain, Wish
from ravi.settings.server_carriers import carrier_url
from tests.support.android_double import DEVICE, KEY, PASSWORD, AndroidDouble

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://ravi.example.org/api/phone/carriers/android/"
ONE, TWO, THREE = "+4915112345678", "+4915187654321", "+4915100000001"
HERE = Surroundings(webhook_url=URL, key=b"k" * 32, now=lambda: NOW)
ID = "7f0c3f4e-5a0e-4f0a-9d57-0a6b1d1c2f3e"


@pytest.fixture
def phone() -> Iterator[AndroidDouble]:
    phone = AndroidDouble()
    yield phone
    phone.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "signing key"
    file.write_text(f"{KEY}\n")
    return file


@pytest.fixture
async def carrier(phone: AndroidDouble, key_file: Path) -> AsyncIterator[Callable[..., Android]]:
    made: list[Android] = []

    def make(*, more: str = "", seconds: float = 20.0) -> Android:
        url = carrier_url(phone.url(key_file, ONE, TWO, more=more))
        setup = setup_of(url)
        made.append(Android(url.name, setup, HERE, App(setup, seconds=seconds)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def text(*, again: bool = False, sender: str = ONE, age: timedelta = timedelta(), body: str = "Hello") -> Outgoing:
    return Outgoing(ID, sender, "1", "+12025550143", body, NOW - age, again)


async def test_a_text_goes_out_through_the_sim_of_its_number_and_wants_a_report(carrier, phone):
    assert await carrier().send(text(sender=TWO, body="Grüße 🌍\n")) == Sent(ID)
    assert phone.messages[ID]["asked"] == {
        "id": ID,
        "textMessage": {"text": "Grüße 🌍\n"},
        "phoneNumbers": ["+12025550143"],
        "simNumber": 2,
        "withDeliveryReport": True,
    }
    assert phone.requests[-1][1] == "/message"


async def test_a_gateway_server_is_told_which_phone_shall_send(key_file):
    gateway = AndroidDouble(prefix="/3rdparty/v1")
    try:
        carrier = open_carrier(carrier_url(gateway.url(key_file, ONE, more=f"&device={DEVICE}")), HERE)
        assert await carrier.send(text()) == Sent(ID)
        await carrier.close()
        assert gateway.messages[ID]["asked"]["deviceId"] == DEVICE
        assert gateway.requests[-1][1] == "/3rdparty/v1/messages"
    finally:
        gateway.close()


@pytest.mark.parametrize("conflicts", [True, False])
async def test_the_same_text_is_never_sent_twice(carrier, phone, conflicts):
    phone.conflicts = conflicts
    for again in (False, True, False):
        assert await carrier().send(text(again=again)) == Sent(ID)
    assert list(phone.messages) == [ID]


async def test_after_a_lost_answer_the_phone_is_asked_first(carrier, phone):
    phone.silent_after_taking = True
    with pytest.raises(Later, match="no answer within") as late:
        await carrier(seconds=0.3).send(text())
    assert late.value.maybe_sent
    phone.silent_after_taking = False
    assert await carrier().send(text(again=True)) == Sent(ID)
    assert [method for method, _, _ in phone.requests] == ["POST", "GET"]


async def test_a_text_that_never_arrived_is_sent_when_it_is_tried_again(carrier, phone):
    assert await carrier().send(text(again=True, age=timedelta(hours=19))) == Sent(ID)
    assert list(phone.messages) == [ID]


async def test_what_the_phone_may_have_forgotten_is_not_sent_a_second_time(carrier, phone):
    with pytest.raises(Uncertain):
        await carrier().send(text(again=True, age=timedelta(hours=21)))
    assert phone.messages == {}


async def test_what_became_of_the_earlier_attempt_is_told(carrier, phone):
    await carrier().send(text())
    phone.becomes(ID, "sms:delivered")
    assert await carrier().send(text(again=True)) == Sent(ID, "delivered")
    phone.becomes(ID, "sms:failed")
    phone.messages[ID]["recipients"][0]["error"] = "RESULT_ERROR_NO_SERVICE"
    with pytest.raises(Refused, match="RESULT_ERROR_NO_SERVICE"):
        await carrier().send(text(again=True))


@pytest.mark.parametrize(
    ("status", "said", "maybe_sent"),
    [(500, {}, True), (502, {}, True), (504, {}, True), (503, {"message": "queue limits exceeded"}, False)]
    + [(status, {}, False) for status in (401, 403, 404, 408, 429, 301)],
)
async def test_what_is_not_about_the_text_is_tried_again(carrier, phone, status, said, maybe_sent):
    phone.trouble = (status, said, {})
    with pytest.raises(Later) as late:
        await carrier().send(text())
    assert late.value.maybe_sent is maybe_sent
    assert PASSWORD not in str(late.value)


async def test_a_phone_that_asks_for_patience_gets_it(carrier, phone):
    phone.trouble = (429, {}, {"Retry-After": "90"})
    with pytest.raises(Later) as late:
        await carrier().send(text())
    assert late.value.after == 90


async def test_what_the_app_will_never_send_is_refused_in_its_words(carrier, phone):
    phone.trouble = (400, {"message": "Text message is \x1b[31mempty"}, {})
    with pytest.raises(Refused, match=r"answered 400: Text message is  \[31mempty$"):
        await carrier().send(text())


async def test_a_wrong_password_is_the_operators_matter(carrier, phone):
    wrong = carrier()
    phone.password = "changed"
    with pytest.raises(Later, match="refuses the user and password") as late:
        await wrong.send(text())
    assert not late.value.maybe_sent
    assert phone.messages == {}


async def test_a_phone_that_is_off_has_not_got_the_text(carrier, phone):
    it = carrier()
    phone.close()
    with pytest.raises(Later, match="cannot be reached") as late:
        await it.send(text())
    assert not late.value.maybe_sent


async def test_somebody_else_at_the_phones_address_has_not_sent_it_for_certain(carrier, phone):
    phone.trouble = (200, None, {})  # such as the page of a router
    with pytest.raises(Later, match="is not the app") as late:
        await carrier().send(text())
    assert late.value.maybe_sent


async def test_a_connection_that_breaks_leaves_it_open_whether_the_text_arrived(key_file):
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, family=socket.AF_INET)
    async with server:
        port = server.sockets[0].getsockname()[1]
        carrier = open_carrier(carrier_url(f"android+http://sms:secret@127.0.0.1:{port}/?key=abc&sims={ONE}"), HERE)
        with pytest.raises(Later, match="lost") as late:
            await carrier.send(text())
        await carrier.close()
    assert late.value.maybe_sent


async def test_a_number_whose_sim_is_gone_sends_through_no_other(carrier, phone):
    with pytest.raises(Later, match=r"not in sims= any more") as late:
        await carrier().send(text(sender=THREE))
    assert not late.value.maybe_sent
    assert phone.requests == []


async def test_every_sim_is_given_out_once_in_the_order_of_the_slots(carrier):
    known: set[str] = set()

    async def is_known(number: str) -> bool:
        return number in known

    for slot, number in ((1, ONE), (2, TWO)):
        allocated = await carrier().allocate(Wish("DE", slot, is_known))
        assert allocated == Allocated(number, str(slot))
        await carrier().release(allocated)  # a number that was given back is known for ever
        known.add(number)
    with pytest.raises(NumbersExhausted):
        await carrier().allocate(Wish("DE", 3, is_known))


def test_a_slot_may_be_left_out():
    setup = setup_of(carrier_url(f"android+http://sms:secret@192.168.1.5:8080/?key=abc&sims=,{TWO}"))
    assert (setup.slot_of(TWO), setup.slot_of(""), setup.slot_of(ONE)) == (2, None, None)


GOOD = f"?key=abc&sims={ONE}"


@pytest.mark.parametrize(
    "url",
    [
        f"android+http://sms:secret@192.168.1.5:8080/{GOOD}",
        f"android+http://sms:secret@192.168.1.5:8080{GOOD}",
        f"android+http://sms:secret@10.0.0.9:8080/{GOOD}",
        f"android+http://sms:secret@100.101.102.103:8080/{GOOD}",
        f"android+http://sms:secret@[fd00::5]:8080/{GOOD}",
        f"android+http://sms:secret@[fe80::5]:8080/{GOOD}",
        f"android+http://sms:secret@localhost:8080/{GOOD}",
        f"android+http://sms:secret@phone.local:8080/{GOOD}",
        f"android+http://sms:secret@phone.home.arpa/{GOOD}",
        f"android://sms:secret@phone.example.org/{GOOD}",
        f"android://sms:secret@api.sms-gate.app/3rdparty/v1{GOOD}&device=PyDmBQZZXYmyxMwED8Fzy",
    ],
)
def test_a_url_that_says_what_is_needed_is_taken(url):
    open_carrier(carrier_url(url), HERE)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"android+http://sms:secret@phone.example.org/{GOOD}", "unencrypted"),
        (f"android+http://sms:secret@8.8.8.8/{GOOD}", "unencrypted"),
        (f"android+http://sms:secret@0.0.0.0/{GOOD}", "unencrypted"),
        (f"android+http://sms:secret@[2001:4860:4860::8888]/{GOOD}", "unencrypted"),
        (f"android+http://sms:secret@localhost.example.org/{GOOD}", "unencrypted"),
        (f"android+ftp://sms:secret@192.168.1.5/{GOOD}", "is android://"),
        (f"android:{GOOD}", "host"),
        (f"android://192.168.1.5/{GOOD}", "user and the password"),
        (f"android://sms@192.168.1.5/{GOOD}", "user and the password"),
        (f"android://s%3Ams:secret@192.168.1.5/{GOOD}", "colon"),
        (f"android://sms:secret@192.168.1.5/?sims={ONE}", "key-file"),
        (f"android://sms:secret@192.168.1.5/?key=&sims={ONE}", "key-file"),
        ("android://sms:secret@192.168.1.5/?key=abc", "sims="),
        ("android://sms:secret@192.168.1.5/?key=abc&sims=,", "sims="),
        ("android://sms:secret@192.168.1.5/?key=abc&sims=015112345678", "country code"),
        ("android://sms:secret@192.168.1.5/?key=abc&sims=+49", "country code"),
        (f"android://sms:secret@192.168.1.5/?key=abc&sims={ONE},{ONE}", "twice"),
        (f"android://sms:secret@192.168.1.5/{GOOD}&port=1", "port"),
        (f"android://sms:secret@192.168.1.5/{GOOD}&device=%1b", "device"),
        (f"android://sms:secret@api.sms-gate.app/3rdparty/v1{GOOD}", "device=ID"),
    ],
)
def test_a_url_that_could_not_work_or_would_leak_is_refused_with_the_reason(url, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        open_carrier(carrier_url(url), HERE)
    assert "secret" not in str(refused.value)


async def test_secrets_are_in_no_repr(carrier):
    setup = setup_of(carrier_url(f"android://sms:secret@192.168.1.5/?key=hush-hush&sims={ONE}"))
    assert "secret" not in repr(setup)
    assert "hush" not in repr(setup)
