"""Whom an identity may write to: its owner says so, and nothing gets around it. On both engines."""

import asyncio
from typing import Any

import pytest

from tests.support.sending import COMPOSE, MESSAGES, agent, events_of, inbox, send
from tests.support.world import Actor, World

IDENTITIES = "/api/identities/"


async def restrict(world: World, *patterns: str) -> dict[str, Any]:
    """Let `mine` write to *patterns* only."""
    answer = await world.ada.send("PATCH", f"{IDENTITIES}{world.mine['uuid']}/", {"allowed_recipients": list(patterns)})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def refused(actor: Actor, path: str, body: dict[str, Any]) -> list[str]:
    """The recipients that *body* is refused for."""
    answer = await actor.post(path, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "recipient.not_allowed"), answer.text
    named: list[str] = problem["error"]["details"]["recipients"]
    assert all(each in problem["detail"] for each in named[:3])
    return named


async def test_without_a_list_anybody_may_be_written_to(world: World) -> None:
    assert world.mine["allowed_recipients"] is None
    await send(world.agent, world.foreign["inbox"])


@pytest.mark.parametrize("field", ["to_email", "cc", "bcc"])
async def test_one_who_is_not_allowed_keeps_a_message_from_everybody(world: World, field: str) -> None:
    sibling, foreign = world.sibling["inbox"], world.foreign["inbox"]
    await restrict(world, sibling)
    body = {"to_email": sibling, "subject": "x", "content": "y"}
    body[field] = f"{body.get(field, '')},{foreign}".strip(",")

    assert await refused(world.agent, COMPOSE, body) == [foreign]
    assert await inbox(agent(world)) == await inbox(agent(world, "foreign")) == []
    assert (await world.agent.get(MESSAGES)).json() == []
    assert await events_of(world.agent, "email.") == []
    await send(world.agent, sibling)


async def test_it_holds_for_answers_and_for_passing_on(world: World) -> None:
    await send(agent(world, "foreign"), world.mine["inbox"], cc=world.sibling["inbox"])
    (got,) = await inbox(world.agent)
    one = f"{MESSAGES}{got['id']}/"
    await restrict(world, world.sibling["inbox"])

    foreign = world.foreign["inbox"]
    assert await refused(world.agent, f"{one}reply/", {"content": "y"}) == [foreign]
    assert await refused(world.agent, f"{one}reply-all/", {"content": "y"}) == [foreign]
    assert await refused(world.agent, f"{one}reply/?reply_all=true", {"content": "y"}) == [foreign]
    assert await refused(world.agent, f"{one}forward/", {"to_email": foreign}) == [foreign]
    assert (await world.agent.post(f"{one}forward/", {"to_email": world.sibling["inbox"]})).status_code == 201


async def test_it_holds_whoever_acts_as_the_identity(world: World) -> None:
    await restrict(world, "example.org")
    body = {"to_email": world.sibling["inbox"], "subject": "x", "content": "y"}

    selecting = {"X_Ravi_Identity": world.mine["uuid"]}
    answer = await world.ada.post(COMPOSE, body, **selecting)
    assert (answer.status_code, answer.json()["code"]) == (403, "recipient.not_allowed")
    answer = await world.agent.post(COMPOSE, body, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (403, "recipient.not_allowed")


async def test_who_is_not_allowed_is_named_before_it_is_told_whether_mail_would_get_there(world: World) -> None:
    await restrict(world, world.sibling["inbox"])

    body = {"to_email": "ada@evil.example", "subject": "x", "content": "y"}
    assert await refused(world.agent, COMPOSE, body) == ["ada@evil.example"]
    await restrict(world, "*.evil.example", "evil.example")
    assert (await world.agent.post(COMPOSE, body)).json()["code"] == "mail.no_relay"


async def test_an_empty_list_means_nobody_and_null_lifts_it(world: World) -> None:
    assert (await restrict(world))["allowed_recipients"] == []
    body = {"to_email": world.mine["inbox"], "subject": "x", "content": "y"}
    assert await refused(world.agent, COMPOSE, body) == [world.mine["inbox"]]

    one = f"{IDENTITIES}{world.mine['uuid']}/"
    renamed = (await world.ada.send("PATCH", one, {"name": "renamed"})).json()
    assert renamed["allowed_recipients"] == [], "what is not named stays"
    assert (await world.ada.send("PATCH", one, {"allowed_recipients": None})).json()["allowed_recipients"] is None
    await send(world.agent, world.sibling["inbox"])


async def test_an_identity_sees_its_list_and_cannot_change_it(world: World) -> None:
    await restrict(world, "Example.org")
    one = f"{IDENTITIES}{world.mine['uuid']}/"

    assert (await world.agent.get(one)).json()["allowed_recipients"] == ["example.org"]
    for method in ("PATCH", "PUT"):
        for wish in (None, [], ["evil.example"], ["example.org"]):
            answer = await world.agent.send(method, one, {"name": "x", "allowed_recipients": wish})
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")
    shown = (await world.agent.get(one)).json()
    assert (shown["name"], shown["allowed_recipients"]) == ("mine", ["example.org"])


async def test_a_change_is_an_event(world: World) -> None:
    await restrict(world, "example.org")

    assert [each["type"] for each in await events_of(world.agent, "identity.")][-1] == "identity.updated"


async def test_a_pattern_that_names_nobody_is_422_and_changes_nothing(world: World) -> None:
    await restrict(world, "example.org")
    one = f"{IDENTITIES}{world.mine['uuid']}/"

    answer = await world.ada.send("PATCH", one, {"name": "x", "allowed_recipients": ["example.com", "alice"]})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["allowed_recipients"])
    shown = (await world.ada.get(one)).json()
    assert (shown["name"], shown["allowed_recipients"]) == ("mine", ["example.org"])


async def test_an_identity_may_be_restricted_from_its_first_moment(world: World) -> None:
    made = (await world.ada.post(IDENTITIES, {"name": "new", "allowed_recipients": ["example.org"]})).json()

    assert made["allowed_recipients"] == ["example.org"]
    body = {"to_email": world.mine["inbox"], "subject": "x", "content": "y"}
    assert await refused(world.with_token(made["api_key"]), COMPOSE, body) == [world.mine["inbox"]]
    answer = await world.ada.post(IDENTITIES, {"name": "odd", "allowed_recipients": ["odd"]})
    assert answer.status_code == 422


async def test_reuse_never_answers_with_an_identity_that_may_write_to_others(world: World) -> None:
    for theirs in (None, ["example.org", "example.com"]):
        await world.ada.send("PATCH", f"{IDENTITIES}{world.mine['uuid']}/", {"allowed_recipients": theirs})
        answer = await world.ada.post(
            IDENTITIES, {"name": "mine", "reuse": True, "allowed_recipients": ["example.org"]}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    await restrict(world, "example.org")
    for more in ({}, {"allowed_recipients": ["example.org"]}):
        answer = await world.ada.post(IDENTITIES, {"name": "mine", "reuse": True, **more})
        assert (answer.status_code, answer.json()["uuid"]) == (200, world.mine["uuid"])


async def test_a_rename_at_the_same_time_never_undoes_what_the_owner_sets(world: World) -> None:
    one = f"{IDENTITIES}{world.mine['uuid']}/"
    for number in range(5):
        await world.ada.send("PATCH", one, {"allowed_recipients": None, "labels": {}})
        renames = [world.agent.send("PATCH", one, {"name": f"name {number} {each}"}) for each in range(4)]
        owner = world.ada.send("PATCH", one, {"allowed_recipients": ["example.org"], "labels": {"by": "owner"}})
        answers = await asyncio.gather(*renames[:2], owner, *renames[2:])
        assert [each.status_code for each in answers] == [200] * 5
        shown = (await world.ada.get(one)).json()
        assert (shown["allowed_recipients"], shown["labels"]) == (["example.org"], {"by": "owner"})


async def test_nothing_goes_out_after_the_owner_has_the_answer(world: World) -> None:
    """Sends that are under way when the owner restricts come before it, or are refused."""

    async def write(number: int) -> int:
        body = {"to_email": world.sibling["inbox"], "subject": f"{number}", "content": "y"}
        return (await world.agent.post(COMPOSE, body)).status_code

    sending = [asyncio.create_task(write(number)) for number in range(20)]
    await asyncio.sleep(0)
    await restrict(world, "example.org")
    there = {each["subject"] for each in await inbox(agent(world))}
    statuses = await asyncio.gather(*sending)

    assert {each["subject"] for each in await inbox(agent(world))} == there
    assert statuses.count(201) == len(there)
    assert set(statuses) <= {201, 403}
