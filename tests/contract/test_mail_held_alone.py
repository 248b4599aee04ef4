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


async def test_what_is_sent_is_from_the_inbox_of_who_sends_it(world: World) -> None:
    for each in (world.mine, world.sibling):
        (own,) = (await world.with_token(each["api_key"]).get("/api/email/")).json()
        sent = await send(world.with_token(each["api_key"]), world.foreign["inbox"])
        found = await find_outgoing(world.services.db, world.account.id, sent["id"])
        assert found is not None
        assert (found.identity_uuid, found.inbox_id) == (each["uuid"], own["id"])


async def found_by(actor: Actor) -> int:
    """Return which message is shown when it is asked for by its Message-ID."""
    answer = await actor.get(f"/api/email-messages/{SAME}/")
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]
