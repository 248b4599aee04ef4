"""Texts over HTTP: between identities, conversations, marking, what is refused, and who sees nothing."""

import asyncio
from typing import Any
from urllib.parse import quote

from tests.support.texts import inbox, simulate, text
from tests.support.world import World, world_on


async def test_a_text_to_another_identity_of_this_server_arrives(world: World) -> None:
    sibling = world.with_token(world.sibling["api_key"])
    sent = await text(world.agent, world.sibling["phone"], "your code is 482913")
    (got,) = await inbox(sibling)
    assert got["body"] == "your code is 482913"
    assert got["from_number"] == world.mine["phone"]
    assert got["to_number"] == world.sibling["phone"]
    assert (got["verdict"], got["state"], got["is_read"]) == ("local", "received", False)
    assert (got["encoding"], got["segments"]) == ("gsm-7", 1)
    assert sent["direction"] == "outgoing"
    assert sent["state"] in ("queued", "delivered")
    shown = (await world.agent.get(f"/api/messages/{sent['id']}/")).json()
    for _ in range(100):
        if shown["state"] == "delivered":
            break
        await asyncio.sleep(0.02)
        shown = (await world.agent.get(f"/api/messages/{sent['id']}/")).json()
    assert shown["state"] == "delivered"


async def test_a_conversation_is_found_by_its_id_with_the_plus_sign_raw_and_encoded(world: World) -> None:
    sibling = world.with_token(world.sibling["api_key"])
    await text(world.agent, world.sibling["phone"], "one")
    await inbox(sibling)
    await text(sibling, world.mine["phone"], "two")
    await inbox(world.agent)
    (listed,) = (await sibling.get("/api/sms-inbox/")).json()
    number = (await sibling.get("/api/phone/")).json()[0]["id"]
    assert listed["conversation_id"] == f"{number}_{world.mine['phone']}"
    assert (listed["message_count"], listed["unread_count"], listed["preview"]) == (2, 1, "two")
    for spelled in (listed["conversation_id"], quote(listed["conversation_id"], safe="")):
        detail = (await sibling.get(f"/api/sms-inbox/{spelled}/")).json()
        assert [each["body"] for each in detail["messages"]] == ["one", "two"]
        assert detail["phone"] == world.sibling["phone"]
    assert (await sibling.get("/api/sms-inbox/?has_unread=true")).json() == [listed]
    assert (await sibling.get("/api/sms-inbox/?limit=1")).json()["results"] == [listed]
    first = (await inbox(sibling))[0]
    marked = await sibling.send("PATCH", f"/api/messages/{first['id']}/", {"is_read": True})
    assert marked.json()["is_read"] is True
    assert (await sibling.get("/api/sms-inbox/?has_unread=true")).json() == []


# --- what is refused, and what is not repeated


async def test_numbers_for_fiction_reach_nobody_outside(world: World) -> None:
    for number in ("+12025550143", "+491701234567", "22395", world.foreign["phone"][:-1] + "7"):
        answer = await world.agent.post("/api/messages/send/", {"to_number": number, "body": "hi"})
        assert (answer.status_code, answer.json()["code"]) == (422, "phone.unreachable"), number
    assert (await world.agent.get("/api/messages/")).json() == []


async def test_what_is_no_number_or_no_text_is_refused_with_the_field(world: World) -> None:
    to = world.sibling["phone"]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"body": "hi"}, "to_number"),
        ({"to_number": "0301234567", "body": "hi"}, "to_number"),
        ({"to_number": "+1", "body": "hi"}, "to_number"),
        ({"to_number": "ada@example.org", "body": "hi"}, "to_number"),
        ({"to_number": to, "to": "+12025550143", "body": "hi"}, "to_number"),
        ({"to_number": to}, "body"),
        ({"to_number": to, "body": " \n"}, "body"),
        ({"to_number": to, "body": "x" * 1601}, "body"),
    ]
    for body, field in cases:
        answer = await world.agent.post("/api/messages/send/", body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, [field]), body


async def test_a_number_may_be_written_as_people_do(world: World) -> None:
    number = world.sibling["phone"]
    spelled = f"{number[:2]} ({number[2:5]}) {number[5:8]}-{number[8:]}" if number.startswith("+1") else number
    assert (await text(world.agent, spelled, "hi"))["to_number"] == number


async def test_without_a_number_nothing_is_sent(world: World) -> None:
    made = (await world.ada.post("/api/identities/", {"name": "mute", "provision_phone": False})).json()
    answer = await world.with_token(made["api_key"]).post(
        "/api/messages/send/", {"to_number": world.mine["phone"], "body": "hi"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "identity.no_phone")


async def test_the_same_text_within_a_minute_is_the_same_text(world: World) -> None:
    first = await text(world.agent, world.sibling["phone"], "hi")
    assert (await text(world.agent, world.sibling["phone"], "hi"))["id"] == first["id"]
    assert (await text(world.agent, world.sibling["phone"], "ho"))["id"] != first["id"]
    world.clock.advance(seconds=61)
    assert (await text(world.agent, world.sibling["phone"], "hi"))["id"] != first["id"]


async def test_with_a_key_of_its_own_each_request_is_a_text(world: World) -> None:
    sibling = world.with_token(world.sibling["api_key"])
    to = world.sibling["phone"]
    ids = {(await text(world.agent, to, "hi", Idempotency_Key=key))["id"] for key in ("one", "two", "one")}
    assert len(ids) == 2
    assert len(await inbox(sibling, least=2)) == 2


async def test_limits_are_per_account_and_identity_and_say_when_to_come_back(database_url: str) -> None:
    async with world_on(database_url, texts_per_hour="3", identity_texts_per_hour="2") as world:
        sibling = world.with_token(world.sibling["api_key"])
        for number in range(2):
            await text(world.agent, world.sibling["phone"], f"{number}")
        refused = await world.agent.post("/api/messages/send/", {"to": world.sibling["phone"], "body": "3"})
        assert refused.status_code == 429
        assert isinstance(refused.json()["retry_after_seconds"], int)
        assert int(refused.headers["Retry-After"]) == refused.json()["retry_after_seconds"]
        await text(sibling, world.mine["phone"], "4")
        refused = await sibling.post("/api/messages/send/", {"to": world.mine["phone"], "body": "5"})
        assert refused.status_code == 429
        assert "3 texts an hour" in refused.json()["detail"]


async def test_whom_the_owner_ruled_out_gets_no_text(world: World) -> None:
    allowed = {"allowed_recipients": [world.mine["phone"]]}
    answer = await world.ada.send("PATCH", f"/api/identities/{world.mine['uuid']}/", allowed)
    assert answer.status_code == 200, answer.text
    refused = await world.agent.post("/api/messages/send/", {"to": world.sibling["phone"], "body": "hi"})
    assert (refused.status_code, refused.json()["code"]) == (403, "recipient.not_allowed")
    await text(world.agent, world.mine["phone"], "to myself")


# --- numbers that were given back, identities that are off


async def test_a_released_number_reaches_nobody_and_is_never_given_again(world: World) -> None:
    old = world.sibling["phone"]
    uuid = world.sibling["uuid"]
    await simulate(world, "before", to="sibling")
    assert (await world.with_token(world.sibling["api_key"]).post(f"/api/identities/{uuid}/release-phone/")
            ).status_code == 403  # fmt: skip
    released = await world.ada.post(f"/api/identities/{uuid}/release-phone/")
    assert (released.status_code, released.json()["phone"]) == (200, None)
    refused = await world.agent.post("/api/messages/send/", {"to": old, "body": "hi"})
    assert refused.json()["code"] == "phone.unreachable"
    given = (await world.ada.post(f"/api/identities/{uuid}/provision-phone/")).json()["phone"]
    assert given not in (old, None)
    more = [(await world.ada.post("/api/identities/", {"name": f"n{n}"})).json()["phone"] for n in range(5)]
    assert old not in more
    kept = (await world.with_token(world.sibling["api_key"]).get("/api/messages/")).json()
    assert [each["body"] for each in kept] == ["before"], "its texts stay"
    assert (await world.ada.post(f"/api/identities/{uuid}/release-phone/")).status_code == 200
    assert (await world.ada.post(f"/api/identities/{uuid}/release-phone/")).json()["code"] == "identity.no_phone"


async def test_a_text_for_an_identity_that_is_off_is_dropped_with_an_event(world: World) -> None:
    uuid = world.sibling["uuid"]
    await world.ada.post(f"/api/identities/{uuid}/disable/")
    await text(world.agent, world.sibling["phone"], "482913 is your code")
    for _ in range(200):
        found = (await world.ada.get("/api/events/?event_types=sms.message.dropped,sms.message.failed")).json()
        if len(found["events"]) == 2:
            break
        await asyncio.sleep(0.02)
    dropped, failed = sorted(found["events"], key=lambda each: each["type"])
    assert "482913" not in str(dropped)
    assert dropped["data"]["to_number"] == world.sibling["phone"]
    assert failed["data"]["state"] == "failed"
    await world.ada.post(f"/api/identities/{uuid}/enable/")
    assert (await world.with_token(world.sibling["api_key"]).get("/api/messages/")).json() == []


async def test_deleting_an_identity_erases_its_texts_and_counts_them(world: World) -> None:
    for number in range(3):
        await simulate(world, f"canary {number}", to="sibling")
    receipt = (await world.ada.send("DELETE", f"/api/identities/{world.sibling['uuid']}/")).json()
    assert receipt["erased"]["texts"] == 3
    assert (await world.ada.get("/api/messages/")).json() == []
    assert (await world.ada.get("/api/sms-inbox/")).json() == []


# --- what an outsider can put into a text


async def test_senders_and_bodies_of_every_kind_arrive_as_they_are_and_can_be_found_again(world: World) -> None:
    senders = ["AT&T", "Müller GmbH", "a/b", "22395", "+44 20 7946 0123", "\u202eevil", "G\u200bitHub", " ", "x" * 64]
    for place, sender in enumerate(senders):
        answer = await world.ada.post(
            "/api/messages/simulate/",
            {"to": world.mine["phone"], "from_number": sender, "body": f"from {place} \U0001f510"},
        )
        assert answer.status_code == (422 if not sender.strip() else 201), answer.text
    body = "\x1b[2J\u202e\x01 1" + "y" * 1595
    made = await simulate(world, body, sender="22395")
    assert made["body"] == body
    assert made["segments"] > 1
    listed = (await world.agent.get("/api/sms-inbox/")).json()
    assert len(listed) == len(senders) - 1
    for conversation in listed:
        path = f"/api/sms-inbox/{quote(conversation['conversation_id'], safe='')}/"
        assert (await world.agent.get(path)).json()["from_number"] == conversation["from_number"]
        assert conversation["from_number"].isprintable()
    assert "+442079460123" in {each["from_number"] for each in listed}
    github = await simulate(world, "hi", sender="GitHub")
    assert github["conversation_id"] not in {each["conversation_id"] for each in listed}, "an invisible letter differs"


async def test_contacts_come_about_by_texts_and_only_a_certain_sender_is_trusted(world: World) -> None:
    sibling = world.with_token(world.sibling["api_key"])
    await simulate(world, "hello", sender="+442079460123")
    await text(sibling, world.mine["phone"], "hello")
    await inbox(world.agent, least=2)
    contacts = (await world.agent.get("/api/contacts/")).json()
    assert {each["phone_number"] for each in contacts} == {"+442079460123", world.sibling["phone"]}
    for contact in contacts:
        await world.agent.send("PATCH", f"/api/contacts/{contact['uuid']}/", {"is_trusted": True})
    await simulate(world, "again", sender="+442079460123")
    await simulate(world, "spoofed", sender=world.sibling["phone"])
    await text(sibling, world.mine["phone"], "again, really")
    types = {each["body"]: each["sender_type"] for each in await inbox(world.agent, least=5)}
    assert (types["again"], types["spoofed"], types["again, really"]) == ("untrusted", "untrusted", "trusted")


async def test_only_the_account_plays_the_world_and_only_for_its_own_numbers(world: World) -> None:
    body = {"from_number": "22395", "body": "482913 is your code"}
    assert (await world.agent.post("/api/messages/simulate/", {**body, "to": world.mine["phone"]})).status_code == 403
    for number in (world.foreign["phone"], "+12025550143"):
        answer = await world.ada.post("/api/messages/simulate/", {**body, "to": number})
        assert (answer.status_code, answer.json()["detail"]) == (422, "to_number: is no number of this account")
