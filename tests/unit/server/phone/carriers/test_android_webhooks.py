"""What the app posts: which of it is believed, and what it means."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.server.phone.carriers.android import Android, open_carrier
from ravi.server.phone.carriers.contract import (
    Alive,
    Happening,
    Received,
    Report,
    Surroundings,
    Webhook,
    WebhookRefused,
)
from ravi.settings.server_carriers import carrier_url
from tests.support.android_double import DEVICE, KEY, RECEIVED_AT, AndroidDouble

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://ravi.example.org/api/phone/carriers/android/"
ONE, TWO = "+4915112345678", "+4915187654321"
TEXT = {
    "messageId": "abc123",
    "message": "Your code is 482913",
    "phoneNumber": "+12025550143",
    "simNumber": 1,
    "receivedAt": RECEIVED_AT,
}


@pytest.fixture(scope="module")
def phone() -> Iterator[AndroidDouble]:
    phone = AndroidDouble()
    yield phone
    phone.close()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "key"
    file.write_text(f"{KEY}\n")
    return file


@pytest.fixture
def carrier(phone: AndroidDouble, key_file: Path) -> Callable[..., Android]:
    def make(*sims: str, more: str = "") -> Android:
        url = carrier_url(phone.url(key_file, *(sims or (ONE,)), more=more))
        return open_carrier(url, Surroundings(webhook_url=URL, key=b"k" * 32, now=lambda: NOW))

    return make


async def read(carrier: Android, headers: dict[str, str], body: bytes) -> tuple[Happening, ...]:
    return (await carrier.read(Webhook(URL, "", headers, body))).happenings


async def told(carrier: Android, phone: AndroidDouble, event: str, payload: Any) -> tuple[Happening, ...]:
    body = phone.envelope(event, payload)
    return await read(carrier, phone.signed(body, at=NOW.timestamp()), body)


async def test_a_text_is_for_the_number_of_the_sim_that_it_came_to(carrier, phone):
    first = await told(carrier(ONE, TWO), phone, "sms:received", TEXT)
    second = await told(carrier(ONE, TWO), phone, "sms:received", {**TEXT, "simNumber": 2})
    for number, (received, alive) in ((ONE, first), (TWO, second)):
        assert isinstance(received, Received)
        assert (received.to_number, received.sender, received.body) == (number, "+12025550143", "Your code is 482913")
        assert received.device == DEVICE
        assert alive == Alive(DEVICE)


async def test_the_two_deliveries_of_one_sms_share_their_key_and_nothing_else_does(carrier, phone):
    bodies = [phone.envelope("sms:received", TEXT) for _ in range(2)]
    assert bodies[0] != bodies[1]
    keys = [(await told(carrier(), phone, "sms:received", TEXT))[0].key for _ in range(2)]
    travelled = {**TEXT, "receivedAt": "2024-06-22T08:46:11Z"}  # the same moment, told in another zone
    keys.append((await told(carrier(), phone, "sms:received", travelled))[0].key)
    assert len(set(keys)) == 1
    others = [
        {**TEXT, "message": "Your code is 482914"},
        {**TEXT, "phoneNumber": "+12025550144"},
        {**TEXT, "receivedAt": "2024-06-22T15:46:12.000+07:00"},
    ]
    keys += [(await told(carrier(), phone, "sms:received", other))[0].key for other in others]
    keys.append((await told(carrier(ONE, TWO), phone, "sms:received", {**TEXT, "simNumber": 2}))[0].key)
    assert len(set(keys)) == 1 + len(others) + 1


@pytest.mark.parametrize("sender", ["6505551212", "72345", "MyBank", "+12025550143", "Gel\u202edbank"])
async def test_a_sender_stays_as_the_network_says_it(carrier, phone, sender):
    received, _ = await told(carrier(), phone, "sms:received", {**TEXT, "phoneNumber": sender})
    assert received.sender == sender


async def test_newer_apps_name_sender_and_recipient(carrier, phone):
    payload = {**TEXT, "sender": "+12025550199", "recipient": TWO, "simNumber": None}
    received, _ = await told(carrier(ONE, TWO), phone, "sms:received", payload)
    assert (received.sender, received.to_number) == ("+12025550199", TWO)


async def test_with_one_sim_a_phone_need_not_say_which(carrier, phone):
    received, _ = await told(carrier(ONE), phone, "sms:received", {**TEXT, "simNumber": None})
    assert received.to_number == ONE


@pytest.mark.parametrize(
    ("sims", "payload", "reason"),
    [
        ((ONE, TWO), {"simNumber": None}, "which SIM"),
        ((ONE, ""), {"simNumber": None}, "which SIM"),
        ((ONE, TWO), {"simNumber": None, "recipient": "+12025550100"}, "which SIM"),
        ((ONE, TWO), {"simNumber": 3}, "SIM 3"),
        ((ONE, TWO), {"simNumber": 0}, "SIM 0"),
        ((ONE, TWO), {"simNumber": -1}, "SIM -1"),
        ((ONE, TWO), {"simNumber": True}, "no number"),
        ((ONE, TWO), {"simNumber": "1"}, "no number"),
        ((ONE, TWO), {"simNumber": 1.0}, "no number"),
        ((ONE, TWO), {"simNumber": 1, "recipient": TWO}, "swapped"),
        ((ONE,), {"simNumber": 1, "recipient": "+4915100000000"}, "swapped"),
    ],
)
async def test_a_text_for_nobody_knows_whom_reaches_nobody(carrier, phone, sims, payload, reason):
    with pytest.raises(WebhookRefused, match=reason):
        await told(carrier(*sims), phone, "sms:received", {**TEXT, **payload})


async def test_a_sim_that_does_not_know_its_own_number_contradicts_nobody(carrier, phone):
    for recipient in (None, "", "015112345678", "???", 17):
        received, _ = await told(carrier(ONE), phone, "sms:received", {**TEXT, "recipient": recipient})
        assert received.to_number == ONE


async def test_texts_for_a_slot_that_is_none_of_ours_are_left_alone(carrier, phone):
    assert await told(carrier("", TWO), phone, "sms:received", TEXT) == (Alive(DEVICE),)


async def test_what_became_of_a_text_is_reported_under_its_id(carrier, phone):
    said = {"messageId": "our-id", "phoneNumber": "+12025550143", "simNumber": 1}
    assert (await told(carrier(), phone, "sms:sent", said))[0] == Report("our-id", "sent")
    assert (await told(carrier(), phone, "sms:delivered", said))[0] == Report("our-id", "delivered")
    failed = await told(carrier(), phone, "sms:failed", {**said, "reason": "RESULT_ERROR\x1b[2J_LIMIT_EXCEEDED"})
    assert failed == (Report("our-id", "failed", "RESULT_ERROR [2J_LIMIT_EXCEEDED"), Alive(DEVICE))


async def test_a_ping_says_how_the_phone_is(carrier, phone):
    (alive,) = await told(carrier(), phone, "system:ping", {"health": phone.health()})
    assert alive == Alive(DEVICE, "battery 94 %, charging, online, app 1.60.0")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        [],
        {"health": 7},
        {"health": {"checks": []}},
        {"health": {"checks": {"battery:level": {"observedValue": 10**400}, "x": None}, "version": 3}},
    ],
)
async def test_a_ping_of_an_older_or_odd_app_is_a_sign_of_life_all_the_same(carrier, phone, payload):
    assert await told(carrier(), phone, "system:ping", payload) == (Alive(DEVICE),)


@pytest.mark.parametrize("event", ["mms:received", "sms:data-received", "app:started", "sms:cancelled", "new:thing"])
async def test_an_event_that_we_did_not_ask_for_changes_nothing(carrier, phone, event):
    assert await told(carrier(), phone, event, {"anything": 1}) == (Alive(DEVICE),)


async def test_only_the_device_that_the_url_names_is_believed(carrier, phone):
    assert await told(carrier(more=f"&device={DEVICE}"), phone, "system:ping", {}) == (Alive(DEVICE),)
    with pytest.raises(WebhookRefused, match="device"):
        await told(carrier(more="&device=another"), phone, "system:ping", {})


BODY = json.dumps({"deviceId": DEVICE, "event": "sms:received", "id": "x", "payload": TEXT, "webhookId": "y"}).encode()


def hexdigest(message: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def headers(
    *, late: timedelta = timedelta(), body: bytes = BODY, key: str = KEY, **instead: str | None
) -> dict[str, str]:
    timestamp = str(int((NOW - late).timestamp()))
    made = {"x-timestamp": timestamp, "x-signature": hexdigest(body + timestamp.encode(), key)}
    named = {name.replace("_", "-"): value for name, value in instead.items()}
    return {name: value for name, value in {**made, **named}.items() if value is not None}


@pytest.mark.parametrize(
    "untouched",
    [
        headers(),
        headers(late=timedelta(minutes=4, seconds=59)),
        headers(late=-timedelta(minutes=4, seconds=59)),
        headers(x_signature=headers()["x-signature"].upper()),
    ],
)
async def test_what_the_app_signed_lately_is_believed(carrier, untouched):
    assert len(await read(carrier(), untouched, BODY)) == 2


TIMESTAMP = headers()["x-timestamp"]


@pytest.mark.parametrize(
    ("tampered", "body", "reason"),
    [
        ({}, BODY, "not signed"),
        (headers(x_signature=None), BODY, "not signed"),
        (headers(x_timestamp=None), BODY, "not signed"),
        (headers(x_signature=""), BODY, "not signed"),
        (headers(key="another"), BODY, "does not fit"),
        (headers(key=""), BODY, "does not fit"),
        (headers(), BODY.replace(b"482913", b"482914"), "does not fit"),
        (headers(), BODY[:-1], "does not fit"),
        (headers(), BODY + b" ", "does not fit"),
        (headers(), b"", "does not fit"),
        (headers(x_timestamp=str(int(TIMESTAMP) + 1)), BODY, "does not fit"),
        (headers(x_signature=hexdigest(BODY)), BODY, "does not fit"),
        (headers(x_signature=hexdigest(TIMESTAMP.encode() + BODY)), BODY, "does not fit"),
        (headers(x_signature="0" * 64), BODY, "does not fit"),
        (headers(x_signature=headers()["x-signature"][:-2]), BODY, "not written"),
        (headers(x_signature="g" * 64), BODY, "not written"),
        (headers(x_signature="\u00e9" * 64), BODY, "not written"),
        (headers(x_signature="sha256=" + headers()["x-signature"]), BODY, "not written"),
        (headers(x_timestamp="soon"), BODY, "not written"),
        (headers(x_timestamp="-1"), BODY, "not written"),
        (headers(x_timestamp="\u0661" * 10), BODY, "not written"),
        (headers(x_timestamp="9" * 400), BODY, "not written"),
        (headers(x_timestamp=f"{TIMESTAMP}000"), BODY, "not written"),
        (headers(late=timedelta(minutes=5, seconds=1)), BODY, "ago: a repetition"),
        (headers(late=-timedelta(minutes=5, seconds=1)), BODY, "in the future"),
        (headers(late=timedelta(days=365)), BODY, "ago: a repetition"),
    ],
)
async def test_what_was_forged_changed_or_kept_back_is_refused(carrier, tampered, body, reason):
    with pytest.raises(WebhookRefused, match=reason) as refused:
        await read(carrier(), tampered, body)
    assert KEY not in str(refused.value)
    assert "482913" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"deviceId":' + b"9" * 5000 + b"}",
        b"{}",
        json.dumps({"deviceId": DEVICE, "event": 3}).encode(),
        json.dumps({"deviceId": "", "event": "system:ping"}).encode(),
        json.dumps({"deviceId": "d" * 500, "event": "system:ping"}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:received"}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:received", "payload": "text"}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:received", "payload": {**TEXT, "message": None}}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:received", "payload": {**TEXT, "phoneNumber": 5}}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:received", "payload": {**TEXT, "receivedAt": 5}}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:sent", "payload": {}}).encode(),
        json.dumps({"deviceId": DEVICE, "event": "sms:failed", "payload": {"messageId": ["x"]}}).encode(),
    ],
)
async def test_what_is_signed_and_means_nothing_is_refused(carrier, body):
    with pytest.raises(WebhookRefused):
        await read(carrier(), headers(body=body), body)


async def test_half_a_surrogate_pair_becomes_something_that_can_be_stored(carrier, phone):
    received, _ = await told(carrier(), phone, "sms:received", {**TEXT, "message": "a\ud83db", "phoneNumber": "\udc00"})
    assert (received.body, received.sender) == ("a\ufffdb", "\ufffd")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(
    st.sampled_from([*TEXT, "sender", "recipient", "reason", "health", "messageId"]), ANYTHING, max_size=8
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    event=st.sampled_from(["sms:received", "sms:sent", "sms:delivered", "sms:failed", "system:ping", "x"]),
    payload=ANYTHING | PAYLOADS,
)
def test_whatever_is_signed_is_understood_or_refused(event, payload):
    from ravi.server.phone.carriers.android.setup import Setup
    from ravi.server.phone.carriers.android.webhooks import understand

    setup = Setup("http://127.0.0.1", True, "sms", "secret", b"key", (ONE, TWO))
    body = json.dumps({"deviceId": DEVICE, "event": event, "payload": payload}).encode()
    try:
        happenings = understand(body, setup)
    except WebhookRefused:
        return
    assert isinstance(happenings[-1], Alive)
    assert all(happening.to_number in (ONE, TWO) for happening in happenings if isinstance(happening, Received))
