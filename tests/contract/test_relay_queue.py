"""What leaves the server: queued durably, tried again, given up, reported; on both engines."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from ravi.server.mail import outbox_storage
from ravi.server.mail.delivering import CLAIMED, LONGEST, Deliverer
from tests.support.relay import ScriptedRelay, scripted_relay
from tests.support.sending import MESSAGES, agent, events_of, inbox, raw, receive, send
from tests.support.world import World, world_on

OUTSIDE = "ada@example.org"


@dataclass
class Outside:
    """A world, and the relay that it hands mail to."""

    world: World
    relay: ScriptedRelay

    @property
    def deliverer(self) -> Deliverer:
        found = self.world.services.sending.deliverer
        assert found is not None
        return found

    async def try_now(self) -> int:
        return await self.deliverer.send_due()

    async def message(self, sent: dict[str, Any]) -> dict[str, Any]:
        return (await self.world.agent.get(f"{MESSAGES}{sent['id']}/")).json()


@pytest.fixture
async def outside(database_url: str) -> AsyncIterator[Outside]:
    """The test decides when the queue is looked at, not the server's own chore."""
    async with scripted_relay() as relay:
        settings = {"relay": relay.url, "relay_tls": "none", "sends_per_hour": "0", "sends_per_day": "0"}
        async with world_on(database_url, **settings) as world:
            await world.app._chores.close()
            yield Outside(world, relay)


async def test_the_answer_comes_before_the_relay_is_asked(outside: Outside) -> None:
    sent = await send(outside.world.agent, OUTSIDE, bcc="hidden@example.org", cc=outside.world.sibling["inbox"])
    assert (sent["state"], outside.relay.taken) == ("queued", [])
    assert len(await inbox(agent(outside.world))) == 1
    assert await events_of(outside.world.agent, "email.message.sent") == []

    assert await outside.try_now() == 2

    (taken,) = outside.relay.taken
    assert (taken.mail_from, sorted(taken.recipients)) == (
        outside.world.mine["inbox"],
        [OUTSIDE, "hidden@example.org"],
    )
    assert taken.content == await raw(outside.world.agent, sent)
    assert b"hidden" not in taken.content
    assert (await outside.message(sent))["state"] == "sent"
    (event,) = await events_of(outside.world.agent, "email.message.sent")
    assert event["data"]["message_id"] == sent["id"]
    assert await outside.try_now() == 0


async def test_what_the_relay_puts_off_is_tried_again_later_and_later(outside: Outside) -> None:
    outside.relay.replies[OUTSIDE] = "451 4.7.1 greylisted"
    sent = await send(outside.world.agent, OUTSIDE)
    assert await outside.try_now() == 1

    for minutes in (1, 5, 30, 120, 360, 360):
        (waiting,) = (await outside.message(sent))["deliveries"]
        assert (waiting["state"], waiting["last_error"]) == ("queued", "451 4.7.1 greylisted")
        outside.world.clock.advance(minutes=minutes, seconds=-1)
        assert await outside.try_now() == 0
        outside.world.clock.advance(seconds=1)
        assert await outside.try_now() == 1

    outside.relay.replies.clear()
    outside.world.clock.advance(hours=6)
    assert await outside.try_now() == 1
    after = await outside.message(sent)
    assert (after["state"], after["deliveries"][0]["attempts"], after["deliveries"][0]["last_error"]) == ("sent", 8, "")


async def test_after_two_days_it_is_given_up_and_reported(outside: Outside) -> None:
    outside.relay.to_data = ["452 4.3.1 full"] * 100
    sent = await send(outside.world.agent, OUTSIDE)
    start = outside.world.clock.at

    while (await outside.message(sent))["state"] == "queued":
        await outside.try_now()
        outside.world.clock.advance(hours=1)

    assert outside.world.clock.at - start >= LONGEST
    (report,) = await inbox(outside.world.agent)
    assert "452 4.3.1 full" in report["text_content"]
    (event,) = await events_of(outside.world.agent, "email.message.failed")
    assert (event["data"]["state"], event["data"]["failed"]) == ("failed", [OUTSIDE])
    assert outside.relay.taken == []


async def test_a_final_no_fails_at_once_and_only_for_whom_it_is_about(outside: Outside) -> None:
    outside.relay.replies["nobody@example.org"] = "550 5.1.1 who?"
    sent = await send(outside.world.agent, [OUTSIDE, "nobody@example.org"])  # type: ignore[arg-type]
    await outside.try_now()

    after = await outside.message(sent)
    assert after["state"] == "partial"
    assert {each["recipient"]: each["state"] for each in after["deliveries"]} == {
        OUTSIDE: "sent",
        "nobody@example.org": "failed",
    }
    (report,) = await inbox(outside.world.agent)
    assert (report["thread_id"], report["verdicts"]["local"]) == (sent["thread_id"], True)
    assert "nobody@example.org" in report["text_content"]
    assert OUTSIDE not in report["text_content"]


async def test_a_refused_message_fails_for_all(outside: Outside) -> None:
    outside.relay.to_data = ["554 5.7.1 spam"]
    sent = await send(outside.world.agent, [OUTSIDE, "bob@example.org"])  # type: ignore[arg-type]
    await outside.try_now()

    assert (await outside.message(sent))["state"] == "failed"
    assert len(await inbox(outside.world.agent)) == 1


async def test_a_relay_that_is_away_costs_time_only(outside: Outside) -> None:
    port = outside.relay.port
    await outside.relay.close()
    sent = await send(outside.world.agent, OUTSIDE)
    assert await outside.try_now() == 1
    (waiting,) = (await outside.message(sent))["deliveries"]
    assert (waiting["state"], "not reached" in waiting["last_error"]) == ("queued", True)

    outside.world.clock.advance(minutes=1)
    async with scripted_relay(port) as back:
        await outside.try_now()
        assert len(back.taken) == 1
    assert (await outside.message(sent))["state"] == "sent"


async def test_who_is_killed_in_the_middle_has_its_mail_sent_again(outside: Outside) -> None:
    """A claim that nobody ends comes up again: twice is better than not at all, and both are the same message."""
    sent = await send(outside.world.agent, OUTSIDE)
    assert len(await outside.deliverer._claim(8)) == 1  # as far as a server comes that is killed now
    assert await outside.try_now() == 0

    outside.world.clock.advance(seconds=CLAIMED.total_seconds())
    assert await outside.try_now() == 1
    assert sent["message_id"].encode() in outside.relay.taken[0].content
    assert (await outside.message(sent))["state"] == "sent"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_only_server_there_is_comes_back_at_once(outside: Outside) -> None:
    outside.relay.replies["later@example.org"] = "451 4.7.1 later"
    await send(outside.world.agent, "later@example.org")
    await outside.try_now()
    await send(outside.world.agent, OUTSIDE)
    assert len(await outside.deliverer._claim(8)) == 1

    await outside.deliverer.take_back()

    assert await outside.try_now() == 1  # and not the one that waits for its time
    assert [taken.recipients for taken in outside.relay.taken] == [[OUTSIDE]]


async def test_a_server_that_stops_gives_back_what_it_has_claimed(outside: Outside) -> None:
    outside.relay.hang_after_taking = True
    sent = await send(outside.world.agent, OUTSIDE)
    trying = asyncio.create_task(outside.try_now())
    while not outside.relay.taken:
        await asyncio.sleep(0.01)

    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying

    outside.relay.hang_after_taking = False
    assert await outside.try_now() == 1
    first, second = outside.relay.taken
    assert first.content == second.content
    assert (await outside.message(sent))["state"] == "sent"


async def test_what_is_given_back_after_it_was_sent_is_not_sent_again(outside: Outside) -> None:
    await send(outside.world.agent, OUTSIDE)
    assert await outside.try_now() == 1
    db, account_id = outside.world.services.db, outside.world.account.id
    ((delivery_id,),) = await db.all("SELECT id FROM deliveries WHERE account_id = :account", account=account_id)
    async with db.begin() as tx:
        await outbox_storage.release(tx, account_id, delivery_id, at=0)
        late = {"state": "failed", "next_at": None, "error": "too late", "at": 0}
        assert not await outbox_storage.settle(tx, account_id, delivery_id, **late)

    assert await outside.try_now() == 0


async def test_two_servers_never_send_the_same(outside: Outside) -> None:
    for number in range(20):
        await send(outside.world.agent, f"p{number}@example.org")

    tried = await asyncio.gather(*(outside.try_now() for _ in range(4)))

    assert sum(tried) == 20
    assert sorted(each for taken in outside.relay.taken for each in taken.recipients) == sorted(
        f"p{number}@example.org" for number in range(20)
    )


async def test_a_slow_message_holds_up_no_other(outside: Outside) -> None:
    outside.relay.slow.add("slow@example.org")
    slow = await send(outside.world.agent, "slow@example.org")
    trying = asyncio.create_task(outside.try_now())
    while outside.relay.slow:
        await asyncio.sleep(0.01)
    others = [await send(outside.world.agent, f"p{number}@example.org") for number in range(20)]

    for each in others:
        while (await outside.message(each))["state"] == "queued":
            await asyncio.sleep(0.05)

    assert not trying.done()
    assert (await outside.message(slow))["state"] == "queued"
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    assert await outside.try_now() == 1
    assert (await outside.message(slow))["state"] == "sent"


async def test_mail_of_who_is_switched_off_waits(outside: Outside) -> None:
    sent = await send(outside.world.agent, OUTSIDE)
    uuid = outside.world.mine["uuid"]
    assert (await outside.world.ada.post(f"/api/identities/{uuid}/disable/")).status_code == 200
    assert await outside.try_now() == 0

    assert (await outside.world.ada.post(f"/api/identities/{uuid}/enable/")).status_code == 200
    assert await outside.try_now() == 1
    assert (await outside.message(sent))["state"] == "sent"


async def test_mail_of_who_is_deleted_is_gone(outside: Outside) -> None:
    await send(outside.world.agent, OUTSIDE)
    await outside.world.ada.send("DELETE", f"/api/identities/{outside.world.mine['uuid']}/")

    assert await outside.try_now() == 0
    assert outside.relay.taken == []


async def test_a_report_from_far_away_marks_what_was_sent(outside: Outside) -> None:
    sent = await send(outside.world.agent, OUTSIDE)
    await outside.try_now()
    report = (
        "From: mailer-daemon@example.org\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; {OUTSIDE.upper()}\r\nAction: failed\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {sent['message_id']}\r\n\r\nhi\r\n--b--\r\n"
    )
    await receive(outside.world, report, outside.world.mine["inbox"])

    assert (await outside.message(sent))["state"] == "failed"
    assert [each["type"] for each in await events_of(outside.world.agent, "email.message.")] == [
        "email.message.sent",
        "email.message.received",
        "email.message.failed",
    ]
