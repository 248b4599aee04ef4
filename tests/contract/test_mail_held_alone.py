"""Everybody finds their own mail, whatever others have: by its Message-ID, which anybody may choose, and its inbox."""

from typing import Any

from ravi.server.mail.outbox_storage import find_outgoing
from tests.support.mail import raw_message, receive
from tests.support.sending import send
from tests.support.world import Actor, World

SAME = "<same@shop.example>"


async def deliver(world: World, to: dict[str, Any]) -> int:
    (id_,) = await receive(world.services.mail, to["email"], raw_message(message_id=SAME))
    return id_


async def test_of_many_with_one_message_id_each_identity_finds_its_own(world: World) -> None:
    later = [(await world.ada.post("/api/identities/", {"name": f"later-{place}"})).json() for place in range(3)]
    own = [(to, await deliver(world, to)) for to in (world.mine, world.sibling, *later)]

    for to, id_ in own:
        assert await found_by(world.with_token(to["api_key"])) == id_


async def test_mail_of_another_account_with_that_message_id_hides_nothing(world: World) -> None:
    foreign = [(await world.eve.post("/api/identities/", {"name": f"later-{place}"})).json() for place in range(3)]
    mine = await deliver(world, world.mine)
    for to in foreign:
        await deliver(world, to)

    assert await found_by(world.ada) == mine
    assert await found_by(world.agent) == mine


async def test_a_thread_lists_the_files_of_its_own_identity_alone(world: World) -> None:
    for to in (world.mine, world.sibling):
        raw = raw_message(attachments=[(f"{to['name']}.txt", "text/plain", b"x")])
        await receive(world.services.mail, to["email"], raw)
    async with world.services.db.begin() as tx:
        await tx.run("UPDATE messages SET thread_id = 'same' WHERE account_id = :account", account=world.account.id)

    rows = (await world.ada.get("/api/email-inbox/")).json()
    assert [row["attachment_names"] for row in rows] == [["sibling.txt"], ["mine.txt"]]


async def test_what_is_sent_is_from_the_inbox_of_who_sends_it(world: World) -> None:
    for each in (world.mine, world.sibling):
        (own,) = (await world.with_token(each["api_key"]).get("/api/email/")).json()
        sent = await send(world.with_token(each["api_key"]), world.foreign["inbox"])
        found = await find_outgoing(world.services.db, world.account.id, sent["id"])
        assert found is not None
        assert (found.identity_uuid, found.inbox_id) == (each["uuid"], own["id"])


async def test_who_has_no_inbox_sends_nothing(world: World) -> None:
    async with world.services.db.begin() as tx:
        await tx.run("DELETE FROM addresses WHERE account_id = :account", account=world.account.id)
    body = {"to_email": world.foreign["inbox"], "subject": "x", "content": "y"}
    answer = await world.agent.post("/api/email-messages/compose/", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "identity.no_inbox")


async def test_an_inbox_that_was_given_up_names_nobody(world: World) -> None:
    """Nor does it mean the only identity that there is."""
    gone = (await world.eve.post("/api/identities/", {"name": "gone"})).json()
    await world.eve.send("DELETE", f"/api/identities/{gone['uuid']}/")
    answer = await world.eve.get(f"/api/email-messages/?inbox={gone['email']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "identity.not_found")


async def found_by(actor: Actor) -> int:
    """Return which message is shown when it is asked for by its Message-ID."""
    answer = await actor.get(f"/api/email-messages/{SAME}/")
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]
