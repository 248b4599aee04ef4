"""Sending with an Idempotency-Key: one message, one answer, and nobody waits while a large one is put together."""

import asyncio
import threading

import pytest

from ravi.server.mail import outbox
from ravi.server.mail.composing import Letter, compose
from tests.contract.test_uploads import upload
from tests.support.sending import COMPOSE, agent, inbox, send
from tests.support.world import World

KEY = {"Idempotency_Key": "k"}


def body(world: World, *files: str) -> dict[str, object]:
    return {"to_email": world.sibling["inbox"], "subject": "s", "content": "c", "attachment_uuids": list(files)}


async def test_others_write_while_a_large_message_is_put_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    others_are_done = threading.Event()

    def compose_when_others_are_done(letter: Letter) -> bytes:
        assert others_are_done.wait(20), "somebody waited for this message"
        return compose(letter)

    monkeypatch.setattr(outbox, "compose", compose_when_others_are_done)
    file = await upload(world, world.agent, b"x" * (outbox.LARGE + 1))

    sending = asyncio.create_task(world.agent.post(COMPOSE, body(world, file), **KEY))
    await asyncio.sleep(0.1)
    path = f"/api/identities/{world.sibling['uuid']}/"
    renamed = await asyncio.wait_for(world.ada.send("PATCH", path, {"name": "renamed"}), 10)
    others_are_done.set()

    assert renamed.status_code == 200
    assert (await sending).status_code == 201


async def test_a_repetition_gets_the_answer_though_its_files_are_used_up(world: World) -> None:
    asked = body(world, await upload(world, world.agent, b"x"))
    first = await world.agent.post(COMPOSE, asked, **KEY)
    again = await world.agent.post(COMPOSE, asked, **KEY)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert len(await inbox(agent(world))) == 1


async def test_of_ten_at_once_one_is_sent_and_all_get_its_answer(world: World) -> None:
    asked = body(world, await upload(world, world.agent, b"x"))
    answers = await asyncio.gather(*(world.agent.post(COMPOSE, asked, **KEY) for _ in range(10)))

    assert {(each.status_code, each.json()["id"]) for each in answers} == {(201, answers[0].json()["id"])}
    assert len(await inbox(agent(world))) == 1


async def test_a_key_that_was_used_for_something_else_is_refused(world: World) -> None:
    await send(world.agent, world.sibling["inbox"], headers=KEY)
    answer = await world.agent.post(COMPOSE, body(world), **KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.mismatch")
    assert (await world.agent.post(COMPOSE, body(world), Idempotency_Key="x" * 256)).status_code == 400
    assert len(await inbox(agent(world))) == 1


async def test_what_was_refused_may_be_tried_again_with_its_key(world: World) -> None:
    wrong = body(world) | {"to_email": "ada@elsewhere.example"}
    for _ in range(2):
        assert (await world.agent.post(COMPOSE, wrong, **KEY)).json()["code"] == "mail.no_relay"
    assert (await world.agent.post(COMPOSE, body(world), **KEY)).status_code == 201


async def test_an_answer_of_another_caller_is_nobodys(world: World) -> None:
    """Keys of an identity and of its owner are nothing to each other, in the first half too."""
    mine = await world.agent.post(COMPOSE, body(world), **KEY)
    owners = await world.ada.post(f"{COMPOSE}?identity={world.mine['uuid']}", body(world) | {"subject": "t"}, **KEY)

    assert owners.status_code == 201
    assert owners.json()["id"] != mine.json()["id"]
