"""Composing, replying and forwarding between identities of one server, on both engines."""

import asyncio
import email
import email.policy
from typing import Any

import pytest

from tests.support.sending import COMPOSE, MESSAGES, agent, events_of, inbox, raw, receive, send
from tests.support.world import Actor, World, world_on


def mine(world: World) -> str:
    return world.mine["inbox"]


def sibling(world: World) -> str:
    return world.sibling["inbox"]


def foreign(world: World) -> str:
    return world.foreign["inbox"]


async def refused(actor: Actor, body: dict[str, Any], path: str = COMPOSE) -> tuple[int, str]:
    answer = await actor.post(path, body)
    return answer.status_code, answer.json()["code"]


# --- what arrives


async def test_a_message_is_in_the_other_inbox_when_the_answer_comes(world: World) -> None:
    sent = await send(world.agent, sibling(world), subject="Grüße", content="Hällo\nWelt")

    assert (sent["direction"], sent["is_read"], sent["state"]) == ("outgoing", True, "sent")
    assert sent["message_id"].endswith("@in.ravi.localhost>")
    (got,) = await inbox(agent(world))
    assert (got["subject"], got["text_content"], got["from_email"]) == ("Grüße", "Hällo\nWelt", mine(world))
    assert (got["from_display_name"], got["to_email"], got["is_read"]) == ("mine", sibling(world), False)
    assert got["message_id"] == sent["message_id"]
    assert got["verdicts"]["local"] is True
    assert await raw(agent(world), got) == await raw(world.agent, sent)


async def test_it_reaches_another_owners_identity_with_one_event_on_each_side(world: World) -> None:
    sent = await send(world.agent, foreign(world))

    (got,) = await inbox(agent(world, "foreign"))
    assert got["message_id"] == sent["message_id"]
    (mine_,) = await events_of(world.agent, "email.")
    (theirs,) = await events_of(agent(world, "foreign"), "email.")
    assert (mine_["type"], mine_["data"]["message_id"]) == ("email.message.sent", sent["id"])
    assert (theirs["type"], theirs["data"]["message_id"]) == ("email.message.received", got["id"])


async def test_each_recipient_has_a_copy_and_nobody_sees_blind_ones(world: World) -> None:
    sent = await send(world.agent, "", cc=[sibling(world)], bcc=foreign(world), to_email=mine(world))

    assert foreign(world) not in str(sent)
    assert {each["recipient"] for each in sent["deliveries"]} == {mine(world), sibling(world)}
    for actor in (world.agent, agent(world), agent(world, "foreign")):
        (got,) = await inbox(actor)
        assert (got["to_email"], got["cc"]) == (mine(world), sibling(world))
        assert foreign(world).encode() not in await raw(actor, got)


async def test_html_has_a_text_part_and_text_has_no_html(world: World) -> None:
    await send(world.agent, sibling(world), content="<p>Hello <b>you</b></p>")
    await send(world.agent, sibling(world), content="1 < 2")

    plain, rich = await inbox(agent(world))
    assert (plain["text_content"], plain["html_content"]) == ("1 < 2", "")
    assert rich["text_content"] == "Hello you"
    assert "<b>you</b>" in rich["html_content"]


async def test_a_tag_behind_the_name_reaches_the_same_mailbox(world: World) -> None:
    await send(world.agent, sibling(world).replace("@", "+news@"))

    (got,) = await inbox(agent(world))
    assert got["envelope_to"] == sibling(world).replace("@", "+news@")


# --- who sends


async def test_an_owner_sends_as_the_identity_it_selects(world: World) -> None:
    mine_id = (await world.agent.get("/api/email/")).json()[0]["id"]
    for chosen in (f"?inbox={mine_id}", f"?inbox={mine(world)}", f"?identity={world.mine['uuid']}"):
        sent = await send(world.ada, sibling(world), path=COMPOSE + chosen, content=chosen)
        assert sent["from_email"] == mine(world)
    sent = await send(world.ada, sibling(world), inbox=mine_id)
    assert sent["from_email"] == mine(world)


async def test_an_owner_of_several_has_to_say_which_one(world: World) -> None:
    body = {"to_email": mine(world), "subject": "x", "content": "y"}

    assert await refused(world.ada, body) == (400, "identity.required")
    assert (await world.eve.post(COMPOSE, body)).json()["from_email"] == foreign(world)


async def test_nobody_sends_as_somebody_else(world: World) -> None:
    body = {"to_email": sibling(world), "subject": "x", "content": "y"}
    theirs = (await world.with_token(world.foreign["api_key"]).get("/api/email/")).json()[0]["id"]

    assert await refused(world.agent, body, f"{COMPOSE}?inbox={sibling(world)}") == (403, "auth.forbidden")
    assert await refused(world.agent, body, f"{COMPOSE}?inbox={theirs}") == (403, "auth.forbidden")
    assert await refused(world.agent, body, f"{COMPOSE}?inbox=99999") == (403, "auth.forbidden")
    assert await refused(world.agent, body, f"{COMPOSE}?identity={world.sibling['uuid']}") == (403, "auth.forbidden")
    assert await refused(world.ada, body, f"{COMPOSE}?inbox={foreign(world)}") == (404, "identity.not_found")
    assert await refused(world.ada, body, f"{COMPOSE}?inbox=99999") == (404, "identity.not_found")
    assert await refused(world.ada, {**body, "inbox": mine(world)}, f"{COMPOSE}?inbox={sibling(world)}") == (
        400,
        "identity.selectors_differ",
    )
    assert await inbox(agent(world)) == []


# --- replies and forwards


async def test_a_reply_continues_the_thread_on_both_sides(world: World) -> None:
    await send(world.agent, sibling(world), subject="Lunch?")
    (question,) = await inbox(agent(world))

    reply = await agent(world).post(f"{MESSAGES}{question['id']}/reply/", {"content": "Yes."})

    assert reply.status_code == 201, reply.text
    sent = reply.json()
    assert (sent["subject"], sent["to_email"], sent["in_reply_to"]) == (
        "Re: Lunch?",
        mine(world),
        question["message_id"],
    )
    (answer,) = await inbox(world.agent)
    assert answer["thread_id"] == question["message_id"]
    assert sent["thread_id"] == question["thread_id"]
    again = await world.agent.post(f"{MESSAGES}{answer['message_id']}/reply/", {"content": "Good.", "subject": ""})
    assert again.json()["subject"] == "Re: Lunch?"
    newest = (await inbox(agent(world)))[0]
    assert b"References: " in await raw(agent(world), newest)
    assert (newest["thread_id"], newest["in_reply_to"]) == (question["thread_id"], answer["message_id"])


async def test_a_reply_to_all_reaches_everybody_but_oneself(world: World) -> None:
    await send(world.agent, sibling(world), cc=foreign(world))
    (got,) = await inbox(agent(world))

    for path in ("reply-all/", "reply/?reply_all=true"):
        sent = (await agent(world).post(f"{MESSAGES}{got['uuid']}/{path}", {"content": path})).json()
        assert (sent["to_email"], sent["cc"]) == (mine(world), foreign(world))

    assert len(await inbox(agent(world))) == 1
    assert len(await inbox(agent(world, "foreign"))) == 3


async def test_a_forward_takes_the_original_and_its_files_along(world: World) -> None:
    await send(world.agent, sibling(world), subject="Report", content="<p>See <i>below</i></p>")
    (got,) = await inbox(agent(world))

    answer = await agent(world).post(
        f"{MESSAGES}{got['id']}/forward/", {"to_email": foreign(world), "content": "For you."}
    )

    assert answer.status_code == 201, answer.text
    (there,) = await inbox(agent(world, "foreign"))
    assert there["subject"] == "Fwd: Report"
    assert there["text_content"].startswith("For you.\n\n---------- Forwarded message ----------\nFrom: mine <")
    assert "See below" in there["text_content"]
    assert "<i>below</i>" in there["html_content"]


async def test_messages_of_others_cannot_be_answered(world: World) -> None:
    await send(world.agent, sibling(world))
    (got,) = await inbox(agent(world))

    for path in ("reply/", "reply-all/", "forward/"):
        body = {"to_email": foreign(world), "content": "x"}
        assert (await agent(world, "foreign").post(f"{MESSAGES}{got['id']}/{path}", body)).status_code == 404
        assert (await world.agent.post(f"{MESSAGES}{got['id']}/{path}", body)).status_code == 404
        assert (await world.agent.post(f"{MESSAGES}none/{path}", body)).status_code == 404


# --- once


async def test_the_same_send_within_a_minute_is_one_message(world: World) -> None:
    """Published clients repeat a send whose answer was lost, and say nothing about it."""
    body = {"to_email": sibling(world), "subject": "Once", "content": "x"}
    answers = await asyncio.gather(*(world.agent.post(COMPOSE, body) for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await inbox(agent(world))) == 1

    await send(world.agent, sibling(world), subject="Once", content="y")
    world.clock.advance(seconds=61)
    await send(world.agent, sibling(world), subject="Once", content="x")
    assert len(await inbox(agent(world))) == 3


async def test_an_idempotency_key_says_what_is_the_same(world: World) -> None:
    first = await send(world.agent, sibling(world), headers={"Idempotency_Key": "one"})
    same = await send(world.agent, sibling(world), headers={"Idempotency_Key": "one"})
    other = await send(world.agent, sibling(world), headers={"Idempotency_Key": "two"})

    assert first["id"] == same["id"] != other["id"]
    assert len(await inbox(agent(world))) == 2


# --- what is refused


@pytest.mark.parametrize(
    "change",
    [
        {"to_email": ""},
        {"to_email": None},
        {"to_email": "nobody"},
        {"to_email": "a@in.ravi.localhost\r\nBcc: b@example.org"},
        {"cc": ["a@in.ravi.localhost\nX-Evil: 1"]},
        {"bcc": "a b"},
        {"subject": "x\r\nBcc: b@example.org"},
        {"subject": "x\ny"},
        {"subject": "x" * 999},
        {"to_email": [f"p{number}@in.ravi.localhost" for number in range(101)]},
        {"attachment_uuids": ["8b0cbf3e-7f0c-4c4a-9a70-1c6c3d7a8c11"]},
        {"content": 5},
    ],
)
async def test_what_cannot_be_sent_is_422_and_leaves_nothing(world: World, change: dict[str, Any]) -> None:
    body = {"to_email": sibling(world), "subject": "x", "content": "y", **change}
    answer = await world.agent.post(COMPOSE, {name: value for name, value in body.items() if value is not None})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation.failed")
    assert (await world.agent.get(MESSAGES)).json() == []


async def test_a_body_is_required_and_may_be_empty(world: World) -> None:
    assert await refused(world.agent, {"to_email": sibling(world), "subject": "x"}) == (422, "validation.failed")
    await send(world.agent, sibling(world), content="")


async def test_without_a_relay_nothing_is_stored_for_anybody(world: World) -> None:
    body = {"to_email": sibling(world), "cc": "ada@example.org", "subject": "x", "content": "y"}

    assert await refused(world.agent, body) == (422, "mail.no_relay")
    assert (await world.agent.get(MESSAGES)).json() == []
    assert await inbox(agent(world)) == []


@pytest.mark.parametrize("spelling", ["victim%example.org@in.ravi.localhost", "a!b@in.ravi.localhost"])
async def test_a_local_address_is_never_a_way_out(world: World, spelling: str) -> None:
    sent = await send(world.agent, spelling)

    assert sent["state"] == "failed"
    assert sent["deliveries"][0]["last_error"].startswith("550 5.7.1")


# --- failures


async def test_a_message_to_nobody_comes_back(world: World) -> None:
    sent = await send(world.agent, "nobody-here@in.ravi.localhost", cc=sibling(world))

    assert sent["state"] == "partial"
    assert {each["recipient"]: each["state"] for each in sent["deliveries"]} == {
        "nobody-here@in.ravi.localhost": "failed",
        sibling(world): "sent",
    }
    (report,) = await inbox(world.agent)
    assert (report["from_email"], report["thread_id"]) == ("mailer-daemon@in.ravi.localhost", sent["thread_id"])
    assert "nobody-here@in.ravi.localhost" in report["text_content"]
    parts = email.message_from_bytes(await raw(world.agent, report), policy=email.policy.default)
    assert parts.get_content_type() == "multipart/report"
    assert [part.get_content_type() for part in parts.iter_parts()][1:] == [  # type: ignore[attr-defined]
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    (event,) = [each for each in await events_of(world.agent, "email.message.") if "failed" in each["type"]]
    assert event["data"]["failed"] == ["nobody-here@in.ravi.localhost"]


async def test_mail_to_who_is_switched_off_or_gone_comes_back_with_the_reason(world: World) -> None:
    await world.ada.send("PATCH", f"/api/identities/{world.sibling['uuid']}/", {"status": "disabled"})
    await world.ada.post(f"/api/identities/{world.sibling['uuid']}/disable/")
    await world.eve.send("DELETE", f"/api/identities/{world.foreign['uuid']}/")

    off = await send(world.agent, sibling(world))
    gone = await send(world.agent, foreign(world))

    assert off["deliveries"][0]["last_error"].startswith("550 5.2.1")
    assert gone["deliveries"][0]["last_error"].startswith("550 5.1.6")
    assert (off["state"], gone["state"], len(await inbox(world.agent))) == ("failed", "failed", 2)


async def test_a_report_about_somebody_elses_message_changes_nothing(world: World) -> None:
    """A report is believed about what its recipient has sent, and about nobody else's."""
    sent = await send(world.agent, sibling(world))
    report = (
        f"From: mailer-daemon@in.ravi.localhost\r\nTo: {sibling(world)}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; {sibling(world)}\r\nAction: failed\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {sent['message_id']}\r\n\r\n--b--\r\n"
    )
    assert await receive(world, report, sibling(world)) == 1
    assert (await world.agent.get(f"{MESSAGES}{sent['id']}/")).json()["state"] == "sent"

    assert await receive(world, report, mine(world), mail_from="eve@example.org") == 1
    assert (await world.agent.get(f"{MESSAGES}{sent['id']}/")).json()["state"] == "sent"

    assert await receive(world, report, mine(world)) == 1
    failed = (await world.agent.get(f"{MESSAGES}{sent['id']}/")).json()
    assert (failed["state"], failed["deliveries"][0]["state"]) == ("failed", "failed")
    assert [each["type"] for each in await events_of(world.agent, "email.message.failed")] == ["email.message.failed"]


# --- limits


async def test_sixty_messages_an_hour_for_the_whole_account(world: World) -> None:
    for number in range(60):
        actor, to = (world.agent, sibling(world)) if number % 2 else (agent(world), mine(world))
        await send(actor, to, content=str(number))

    answer = await world.agent.post(COMPOSE, {"to_email": sibling(world), "subject": "x", "content": "61"})

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limit.exceeded")
    assert answer.json()["retry_after_seconds"] == int(answer.headers["retry-after"]) == 3600
    assert len(await inbox(agent(world))) == 30
    await send(agent(world, "foreign"), mine(world))  # another account's are another's
    world.clock.advance(hours=1, seconds=1)
    await send(world.agent, sibling(world), content="62")


async def test_limits_are_the_operators(database_url: str) -> None:
    async with world_on(database_url, sends_per_hour="0", sends_per_day="3", identity_sends_per_hour="2") as world:
        for number in range(2):
            await send(world.agent, sibling(world), content=str(number))
        body = {"to_email": sibling(world), "subject": "x", "content": "3"}
        assert "one identity" in (await world.agent.post(COMPOSE, body)).json()["detail"]
        await send(agent(world), mine(world))
        world.clock.advance(hours=2)
        assert "messages a day" in (await world.agent.post(COMPOSE, body)).json()["detail"]


async def test_what_was_refused_does_not_count(database_url: str) -> None:
    async with world_on(database_url, sends_per_hour="1") as world:
        for _ in range(3):
            assert (await world.agent.post(COMPOSE, {"to_email": "x@example.org", "content": "y"})).status_code == 422
        await send(world.agent, sibling(world))


# --- at the same time


async def test_identities_that_write_to_each_other_at_once_never_lock_each_other_out(world: World) -> None:
    """Each takes the locks of both sides; in any but one order for all, PostgreSQL would end one of them."""
    sides = [(world.agent, mine(world)), (agent(world), sibling(world)), (agent(world, "foreign"), foreign(world))]

    await asyncio.gather(
        *(
            send(actor, to, cc=[other for _, other in sides if other != to], content=f"{round_}", **key)
            for round_ in range(6)
            for actor, own in sides
            for _, to in sides
            for key in ({}, {"headers": {"Idempotency_Key": f"{own}{to}{round_}"}})
            if to != own
        )
    )

    for actor, _ in sides:
        assert len(await inbox(actor)) == 6 * 2 * 2 * 2 + 6 * 2 * 2
