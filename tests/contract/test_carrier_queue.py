"""Sending over a carrier that may fail: what is queued, tried again, given up, and never sent twice."""

from collections.abc import AsyncIterator

import pytest

from ravi.server.db import micros
from ravi.server.phone import queue_storage
from tests.support.carried import URL, Carried, carried_on, until
from tests.support.twilio_double import Fault


@pytest.fixture
async def carried(database_url: str) -> AsyncIterator[Carried]:
    async with carried_on(database_url) as it:
        yield it


def sent_bodies(carried: Carried) -> list[str]:
    return [row["body"] for row in carried.provider.messages.values() if row["direction"] == "outbound-api"]


async def test_a_text_goes_out_once_and_keeps_what_the_carrier_calls_it(carried: Carried) -> None:
    accepted = await carried.send("hi")
    assert (accepted["state"], accepted["from_number"]) == ("queued", carried.number)
    sent = await carried.state(accepted, "sent")
    (row,) = (row for row in carried.provider.messages.values() if row["direction"] == "outbound-api")
    assert (sent["message_sid"], row["body"], row["status_callback"]) == (row["sid"], "hi", URL)
    events = (await carried.agent.get("/api/events/?event_types=sms.message.sent")).json()["events"]
    assert [each["data"]["message_id"] for each in events] == [sent["id"]]


@pytest.mark.parametrize("status", [429, 500, 503, 401])
async def test_what_the_carrier_cannot_take_now_is_tried_again_later(carried: Carried, status: int) -> None:
    carried.provider.fail(Fault("POST", "Messages", status))
    accepted = await carried.send("hi")
    waiting = await carried.failed_once(accepted)
    assert (waiting["state"], sent_bodies(carried)) == ("queued", [])
    carried.world.clock.advance(seconds=61)
    assert (await carried.state(accepted, "sent"))["error"] == ""
    assert sent_bodies(carried) == ["hi"]


@pytest.mark.parametrize("done", [True, False])
async def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(carried: Carried, done: bool) -> None:
    carried.provider.fail(Fault("POST", "Messages", 0, done=done))
    accepted = await carried.send("hi")
    await carried.failed_once(accepted)
    assert sent_bodies(carried) == (["hi"] if done else [])
    carried.world.clock.advance(seconds=61)
    await carried.state(accepted, "sent")
    assert sent_bodies(carried) == ["hi"]


async def test_a_text_that_is_refused_fails_with_the_reason_and_is_not_tried_again(carried: Carried) -> None:
    accepted = await carried.send("hi", to="+15005550004")
    failed = await carried.state(accepted, "failed")
    assert "unsubscribed" in failed["error"]
    events = (await carried.agent.get("/api/events/?event_types=sms.message.failed")).json()["events"]
    assert [each["data"]["error"] for each in events] == [failed["error"]]
    tries = len(carried.provider.requests)
    carried.world.clock.advance(seconds=3600)
    await carried.state(await carried.send("next"), "sent")
    assert len([each for each in carried.provider.requests[tries:] if each[0] == "POST"]) == 1


@pytest.mark.parametrize(("status", "end"), [(429, "failed"), (500, "uncertain")])
async def test_what_could_not_be_sent_for_hours_is_given_up(carried: Carried, status: int, end: str) -> None:
    """After a 500 nobody knows; a provider that says "too many" has taken nothing."""
    carried.provider.faults += [Fault("POST", "Messages", status)] * 20
    accepted = await carried.send("hi")
    await carried.failed_once(accepted)
    carried.world.clock.advance(seconds=5 * 3600)
    assert (await carried.state(accepted, end))["error"]
    assert sent_bodies(carried) == []


async def test_texts_of_one_number_keep_their_order(carried: Carried) -> None:
    accepted = [await carried.send(f"{number}") for number in range(8)]
    for each in accepted:
        await carried.state(each, "sent")
    assert sent_bodies(carried) == [f"{number}" for number in range(8)]


async def test_the_texts_of_an_identity_that_is_off_wait_until_it_is_on_again(carried: Carried) -> None:
    carried.provider.fail(Fault("POST", "Messages", 500))
    accepted = await carried.send("hi")
    await carried.failed_once(accepted)
    path = f"/api/identities/{carried.mine['uuid']}/"
    await carried.world.ada.post(f"{path}disable/")
    carried.world.clock.advance(seconds=61)
    other = await carried.world.ada.post(
        "/api/messages/send/", {"to": "+12025550143", "body": "mine"}, X_Ravi_Identity=carried.world.sibling["uuid"]
    )
    assert other.status_code == 404, "the sibling has no number: nothing else goes out meanwhile"
    now = micros(carried.world.clock())
    db = carried.world.services.db
    async with db.begin() as tx:
        claimed = await queue_storage.claim(tx, db.dialect, at=now, until=now, busy=[], most=8)
    assert (claimed, sent_bodies(carried)) == ([], [])
    await carried.world.ada.post(f"{path}enable/")
    await carried.state(accepted, "sent")


async def test_what_a_dead_server_had_claimed_is_asked_about_and_not_sent_twice(carried: Carried) -> None:
    """The claim is in the database, the provider has the text, and nobody has written down that it does."""
    accepted = await carried.send("hi")
    await carried.state(accepted, "sent")
    async with carried.world.services.db.begin() as tx:
        await tx.run(
            "UPDATE sms_messages SET state = 'queued', carrier_ref = '', maybe_sent = 1, next_at = created_at"
            " WHERE id = :id AND account_id = :account",
            id=accepted["id"],
            account=carried.world.account.id,
        )
    sent = await carried.state(accepted, "sent")
    assert sent_bodies(carried) == ["hi"]
    assert sent["message_sid"] in carried.provider.messages


async def test_reports_come_twice_late_and_in_any_order_and_the_last_word_stays(carried: Carried) -> None:
    sent = await carried.state(await carried.send("hi"), "sent")
    ref = sent["message_sid"]
    for status, expected in (("delivered", "delivered"), ("sent", "delivered"), ("failed", "delivered")):
        change = carried.provider.status_change(URL, ref, status, 30003 if status == "failed" else None)
        for _ in range(2):
            assert (await carried.deliver(change)).status_code == 200
        assert (await carried.state(sent, expected))["state"] == expected
    async with carried.world.services.db.begin() as tx:  # nor does an attempt that hears from the carrier later
        late = {"state": "sent", "next_at": None, "maybe_sent": False}
        assert not await queue_storage.settle(tx, carried.world.account.id, sent["id"], **late)
    other = await carried.state(await carried.send("ho"), "sent")
    await carried.deliver(carried.provider.status_change(URL, other["message_sid"], "undelivered", 30003))
    failed = await carried.state(other, "failed")
    assert "30003" in failed["error"]
    await carried.deliver(carried.provider.status_change(URL, other["message_sid"], "sent"))
    assert (await carried.state(other, "failed"))["error"] == failed["error"]

    async def failures() -> list[int]:
        found = (await carried.agent.get("/api/events/?event_types=sms.message.failed")).json()["events"]
        return [each["data"]["message_id"] for each in found]

    assert await until(failures, bool) == [other["id"]]
