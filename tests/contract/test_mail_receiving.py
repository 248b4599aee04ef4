"""Whose an address is, and what follows when mail arrives: an event, and nothing for anybody else; on both engines."""

from typing import Any

import pytest

from ravi.server.mail.errors import (
    BadRecipient,
    MailboxDisabled,
    MailboxGone,
    NoSuchMailbox,
    RecipientRefused,
    RelayRefused,
)
from tests.support.mail import raw_message, receive
from tests.support.world import Actor, World

DOMAIN = "in.ravi.localhost"


async def events(actor: Actor, query: str = "") -> list[dict[str, Any]]:
    answer = await actor.get(f"/api/events/?event_types=email.message.received{query}")
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


async def test_an_event_tells_that_mail_has_come(world: World) -> None:
    raw = raw_message(subject="Your code", sender="Bob <bob@shop.example>", message_id="<1@shop.example>")
    (id_,) = await receive(world.services.mail, f"mine+shop@{DOMAIN}", raw)

    (event,) = await events(world.agent)
    (inbox,) = (await world.agent.get("/api/email/")).json()
    assert (event["type"], event["identity"]) == ("email.message.received", world.mine["uuid"])
    assert event["data"] == {
        "message_id": id_,
        "inbox_id": inbox["id"],
        "from_email": "bob@shop.example",
        "to_email": world.mine["email"],
        "subject": "Your code",
        "sender_type": "untrusted",
        "thread_id": "<1@shop.example>",
    }
    assert await events(world.ada) == [event]
    assert await events(world.ada, f"&identity={world.sibling['uuid']}") == []
    assert await events(world.eve) == []


async def test_each_account_hears_of_its_own_copies_only(world: World) -> None:
    addresses = [world.foreign["email"], world.sibling["email"], world.mine["email"]]
    ids = await receive(world.services.mail, addresses)

    assert len(set(ids)) == 3
    (foreign,) = await events(world.eve)
    both = await events(world.ada)
    assert foreign["identity"] == world.foreign["uuid"]
    assert {event["identity"] for event in both} == {world.mine["uuid"], world.sibling["uuid"]}
    assert {event["data"]["message_id"] for event in (foreign, *both)} == set(ids)
    (row,) = (await world.eve.get("/api/email-messages/")).json()
    for other in (world.mine, world.sibling):
        assert other["email"].partition("@")[0] not in str(row | {"to_email": ""})


async def test_a_trusted_sender_is_told_apart(world: World) -> None:
    await world.agent.post("/api/contacts/", {"email": "bob@shop.example", "is_trusted": True})
    for certain in (True, False):
        await receive(world.services.mail, world.mine["email"], raw_message(f"{certain}\n"), certain=certain)
    await receive(world.services.mail, world.mine["email"], raw_message(sender="ada@example.org"), certain=True)

    assert [event["data"]["sender_type"] for event in await events(world.agent)] == ["trusted", "untrusted", "owner"]
    rows = (await world.agent.get("/api/email-messages/")).json()
    assert [row["sender_type"] for row in rows] == ["owner", "untrusted", "trusted"]


@pytest.mark.parametrize(
    "given", [f"mine@{DOMAIN}", f"MINE@{DOMAIN.upper()}", f"mine+tag@{DOMAIN}", f"mine+a+b@{DOMAIN}", f"Mine@{DOMAIN}."]
)
async def test_an_address_is_found_however_it_is_spelled(world: World, given: str) -> None:
    mailbox = await world.services.mail.resolve(given)

    assert (mailbox.identity_uuid, mailbox.address, mailbox.given) == (world.mine["uuid"], world.mine["email"], given)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (f"nobody@{DOMAIN}", NoSuchMailbox),
        (f"+mine@{DOMAIN}", NoSuchMailbox),
        (f'"mine"@{DOMAIN}', NoSuchMailbox),
        (f"m\u0131ne@{DOMAIN}", NoSuchMailbox),
        (f"m\u0130ne@{DOMAIN}", NoSuchMailbox),
        (f"m_ne@{DOMAIN}", NoSuchMailbox),
        ("mine@elsewhere.example", RelayRefused),
        ("\u00fcber@elsewhere.example", RelayRefused),
        ("mine@localhost", RelayRefused),
        (f"mine@sub.{DOMAIN}", RelayRefused),
        (f"mine%elsewhere.example@{DOMAIN}", RelayRefused),
        (f"elsewhere.example!mine@{DOMAIN}", RelayRefused),
        (f"@elsewhere.example:mine@{DOMAIN}", RelayRefused),
        (f"@elsewhere.example,@{DOMAIN}:mine@{DOMAIN}", RelayRefused),
        (f"mine@elsewhere.example@{DOMAIN}", RelayRefused),
        (f'"mine@elsewhere.example"@{DOMAIN}', RelayRefused),
        ("", BadRecipient),
        ("mine", BadRecipient),
        (f"@{DOMAIN}", RelayRefused),
        ("mine@", BadRecipient),
        ("mine@[127.0.0.1]", BadRecipient),
        (f"mi ne@{DOMAIN}", BadRecipient),
        (f"mine@{DOMAIN}\r\nDATA", BadRecipient),
        (f"mine\0@{DOMAIN}", BadRecipient),
        (f"mine\udcff@{DOMAIN}", BadRecipient),
        (f"{'x' * 65}@{DOMAIN}", BadRecipient),
        (f"mine@{'x' * 256}", BadRecipient),
        ("x" * 1_000_000, BadRecipient),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_is_not_ours_is_refused_as_what_it_is(
    world: World, given: str, refusal: type[RecipientRefused]
) -> None:
    with pytest.raises(RecipientRefused) as refused:
        await world.services.mail.resolve(given)
    assert type(refused.value) is refusal


async def test_a_refusal_has_its_enhanced_code(world: World) -> None:
    resolve = world.services.mail.resolve
    path = f"/api/identities/{world.mine['uuid']}/"
    await world.ada.post(f"{path}disable/")
    with pytest.raises(MailboxDisabled) as refused:
        await resolve(world.mine["email"])
    assert refused.value.reply.startswith("550 5.2.1 ")
    await world.ada.post(f"{path}enable/")
    assert (await resolve(world.mine["email"])).identity_uuid == world.mine["uuid"]
    await world.ada.send("DELETE", path)
    with pytest.raises(MailboxGone) as refused:
        await resolve(world.mine["email"])
    assert refused.value.reply.startswith("550 5.1.6 ")
    await world.ada.send("PATCH", f"/api/identities/{world.sibling['uuid']}/", {"ttl_seconds": 60})
    world.clock.advance(seconds=60)
    with pytest.raises(MailboxGone):
        await resolve(world.sibling["email"])
    for refusal, begins in (
        (NoSuchMailbox, "550 5.1.1 "),
        (RelayRefused, "550 5.7.1 "),
        (BadRecipient, "553 5.1.3 "),
    ):
        assert refusal().reply.startswith(begins)


async def test_what_a_deletion_erases_stands_in_its_receipt(world: World) -> None:
    files = [("a.txt", "text/plain", b"x")]
    for number in range(2):
        raw = raw_message(f"{number}\n", attachments=files)
        await receive(world.services.mail, [world.mine["email"], world.sibling["email"]], raw)
    (row, _) = (await world.agent.get("/api/email-messages/")).json()
    answer = await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")

    erased = answer.json()["erased"]
    assert {name: erased[name] for name in ("messages", "attachments", "contacts")} == {
        "messages": 2,
        "attachments": 2,
        "contacts": 1,
    }
    assert (await world.ada.get(f"/api/email-messages/{row['id']}/")).status_code == 404
    assert (await world.ada.get(f"/api/email-messages/{row['id']}/raw/")).status_code == 404
    assert (await world.ada.get(f"/api/email-attachments/{row['attachments'][0]['uuid']}/")).status_code == 404
    assert len((await world.ada.get("/api/email-messages/")).json()) == 2, "the sibling's own"
    assert len((await world.ada.get("/api/email-inbox/")).json()) == 2
    assert len((await world.ada.get("/api/contacts/")).json()) == 1
