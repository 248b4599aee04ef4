"""Webhooks of a carrier: stored before they are answered, once each, for the right identity, and only if genuine."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ravi.server.phone.devices_storage import list_devices
from tests.support.carried import URL, WEBHOOKS, Carried, carried_on
from tests.support.twilio_double import TOKEN
from tests.support.twilio_signing import Signed, signed_form


@pytest.fixture
async def carried(database_url: str) -> AsyncIterator[Carried]:
    async with carried_on(database_url) as it:
        yield it


def arrival(carried: Carried, body: str = "482913 is your code", *, sender: str = "22395", to: str = "") -> Signed:
    return carried.provider.arrival(URL, sender, to or carried.number, body)


async def test_a_text_is_stored_and_can_be_waited_for_when_the_answer_comes(carried: Carried) -> None:
    answer = await carried.deliver(arrival(carried))
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/xml")
    (text,) = await carried.texts()
    assert (text["from_number"], text["to_number"], text["verdict"]) == ("22395", carried.number, "network")
    waited = await carried.agent.post("/api/wait/", {"want": "otp", "seconds": 0})
    assert waited.json()["code"] == "482913"
    (event,) = (await carried.agent.get("/api/events/?event_types=sms.message.received")).json()["events"]
    assert {"message_id", "phone_id", "from_number", "to_number", "body"} <= set(event["data"])


async def test_the_same_webhook_again_changes_nothing(carried: Carried) -> None:
    webhook = arrival(carried)
    for _ in range(3):
        assert (await carried.deliver(webhook)).status_code == 200
    assert len(await carried.texts()) == 1
    assert len((await carried.agent.get("/api/events/?event_types=sms.message.received")).json()["events"]) == 1
    (contact,) = [each for each in (await carried.agent.get("/api/contacts/")).json() if each["phone_number"]] or [None]
    assert contact is None, "a short code is nobody that one knows"


async def test_two_texts_that_say_the_same_are_two(carried: Carried) -> None:
    for _ in range(2):
        await carried.deliver(arrival(carried))
    assert len(await carried.texts()) == 2


async def test_what_is_not_genuine_changes_nothing_and_is_logged_with_a_reason(
    carried: Carried, caplog: pytest.LogCaptureFixture
) -> None:
    genuine = arrival(carried)
    headers = genuine.headers
    fields = [("MessageSid", "SM" + "0" * 32), ("From", "22395"), ("To", carried.number), ("Body", "hi")]
    forged = [
        replace(genuine, body=genuine.body.replace(b"482913", b"482914")),
        replace(genuine, body=genuine.body[:-20]),
        replace(genuine, query="added=1"),
        replace(genuine, headers={name: value for name, value in headers.items() if name != "x-twilio-signature"}),
        replace(genuine, headers=headers | {"x-twilio-signature": "AAAA"}),
        replace(genuine, headers=headers | {"content-type": "application/json"}),
        signed_form("another token", URL, [*fields, ("AccountSid", carried.provider.account)]),
        signed_form(TOKEN, URL, [*fields, ("AccountSid", "AC" + "9" * 32)]),
        signed_form(TOKEN, URL.replace("http://", "https://"), [*fields, ("AccountSid", carried.provider.account)]),
    ]
    with caplog.at_level(logging.WARNING, "ravi.phone"):
        for place, webhook in enumerate(forged):
            answer = await carried.deliver(webhook)
            assert (answer.status_code, answer.content) == (403, b""), place
    assert await carried.texts() == []
    reasons = [record.__dict__["reason"] for record in caplog.records if record.getMessage() == "webhook refused"]
    assert len(reasons) == len(forged)
    assert all(reasons)
    (device,) = [each for each in await list_devices(carried.world.services.db) if each.device == ""]
    assert (device.carrier, device.refused, device.last_refusal) == ("twilio", len(forged), reasons[-1])
    assert TOKEN not in caplog.text
    assert (await carried.deliver(genuine)).status_code == 200, "and the genuine one still comes in"


async def test_a_number_that_nobody_has_is_told_to_nobody(carried: Carried) -> None:
    for number in ("+12025550199", "nonsense", ""):
        answer = await carried.deliver(arrival(carried, to=number or "22395"))
        assert answer.status_code in (200, 403)
    assert await carried.texts() == []


async def test_carriers_that_are_not_configured_are_not_there(carried: Carried) -> None:
    for path in ("/api/phone/carriers/loopback/", "/api/phone/carriers/contract/", "/api/phone/carriers/x/"):
        assert (await carried.world.client.post(path)).status_code == 404
    assert (await carried.world.client.get(WEBHOOKS)).status_code == 405


async def test_a_webhook_that_is_too_large_is_refused(carried: Carried) -> None:
    answer = await carried.world.client.post(WEBHOOKS, content=b"x" * 300_000)
    assert answer.status_code == 413


async def test_a_text_for_an_identity_that_is_off_is_dropped(carried: Carried) -> None:
    await carried.world.ada.post(f"/api/identities/{carried.mine['uuid']}/disable/")
    assert (await carried.deliver(arrival(carried))).status_code == 200
    await carried.world.ada.post(f"/api/identities/{carried.mine['uuid']}/enable/")
    assert await carried.texts() == []
