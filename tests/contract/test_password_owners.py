"""Whose passwords a request reaches, and what is recorded about it."""

import uuid

from tests.support.password_entries import FIELDS, MISSING, PASSWORDS, entry, made, path
from tests.support.sealed import (
    events_of,
    sealed,
)
from tests.support.world import World


async def test_a_body_may_name_the_identity_by_its_number(world: World) -> None:
    row = await made(world.ada, identity=world.sibling["id"])
    assert row["identity_uuid"] == world.sibling["uuid"]
    assert (await made(world.agent, identity=world.mine["id"]))["identity_uuid"] == world.mine["uuid"]
    assert (await made(world.agent, identity=None))["identity_uuid"] == world.mine["uuid"]

    cases = [
        (world.agent, world.sibling["id"], "", 403, "auth.forbidden"),
        (world.ada, world.foreign["id"], "", 404, "identity.not_found"),
        (world.ada, 10**12, "", 404, "identity.not_found"),
        (world.ada, 2**80, "", 404, "identity.not_found"),
        (world.ada, world.sibling["id"], f"?identity={world.mine['uuid']}", 400, "identity.selectors_differ"),
        (world.ada, None, "", 400, "identity.required"),
    ]
    for actor, number, query, status, code in cases:
        answer = await actor.post(f"{PASSWORDS}{query}", entry(identity=number))
        assert (answer.status_code, answer.json()["code"]) == (status, code), (number, query)
    assert len((await world.ada.get(PASSWORDS)).json()) == 3


async def test_an_account_with_one_identity_need_not_name_it(world: World) -> None:
    assert (await made(world.eve))["identity_uuid"] == world.foreign["uuid"]


async def test_the_account_sees_all_of_its_identities_and_acts_as_the_owner_of_an_entry(world: World) -> None:
    mine = await made(world.agent)
    siblings = await made(world.ada, identity=world.sibling["id"], domain="sibling.example")

    assert (await world.ada.get(PASSWORDS)).json() == [mine, siblings]
    assert (await world.ada.get(f"{PASSWORDS}?identity={world.sibling['uuid']}")).json() == [siblings]
    assert (await world.ada.get(path(siblings))).json() == siblings
    changed = await world.ada.send("PATCH", path(siblings), {"password": sealed()})
    assert (changed.status_code, changed.json()["identity"]) == (200, world.sibling["id"])
    assert (await world.ada.send("DELETE", path(siblings))).status_code == 204
    assert (await world.ada.get(PASSWORDS)).json() == [mine]


async def test_nothing_is_done_as_an_identity_that_is_switched_off(world: World) -> None:
    row = await made(world.agent)
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")

    for method, place in (("GET", path(row)), ("PATCH", path(row)), ("DELETE", path(row)), ("POST", PASSWORDS)):
        for query in (f"?identity={world.mine['uuid']}", ""):
            if query or place != PASSWORDS:
                answer = await world.ada.send(method, place + query, {} if method == "PATCH" else entry())
                assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled"), (method, query)


async def test_what_belongs_to_others_looks_absent_and_stays_untouched(world: World) -> None:
    siblings = await made(world.ada, identity=world.sibling["id"])
    foreign = await made(world.eve)
    absent = {"uuid": str(uuid.uuid4())}

    for actor, row in ((world.agent, siblings), (world.agent, foreign), (world.ada, foreign), (world.ada, absent)):
        for method, place in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "history/")):
            body = {"password": sealed()} if method == "PATCH" else None
            answer = await actor.send(method, path(row) + place, body)
            assert (answer.status_code, answer.json()["detail"]) == (404, MISSING)
    chosen = await world.ada.get(f"{path(siblings)}?identity={world.mine['uuid']}")
    assert chosen.status_code == 404, "selected is selected"
    assert (await world.agent.get(PASSWORDS)).json() == []
    assert (await world.ada.get(PASSWORDS)).json() == [siblings]
    assert (await world.eve.get(PASSWORDS)).json() == [foreign]


# --- what is recorded


async def test_every_use_leaves_one_event_with_names_and_no_values(world: World) -> None:
    row = await made(world.agent)
    other = await made(world.agent, domain="zeta.example")
    texts = [row[name] for name in FIELDS] + [other[name] for name in FIELDS] + [sealed()]
    await world.agent.get(PASSWORDS)
    await world.agent.get(path(row))
    await world.agent.send("PATCH", path(row), {"password": texts[-1]})
    await world.agent.get(f"{path(row)}history/")
    await world.agent.send("DELETE", path(other))
    await world.agent.get(f"{PASSWORDS}?domain=nothing.example")
    await world.agent.get(path(other))

    events = await events_of(world.agent, "password")
    both = (["example.com", "zeta.example"], [row["uuid"], other["uuid"]])
    one, last = (["example.com"], [row["uuid"]]), (["zeta.example"], [other["uuid"]])
    assert [(event["type"], (event["data"]["names"], event["data"]["uuids"])) for event in events] == [
        ("password.written", one),
        ("password.written", last),
        ("password.read", both),
        ("password.read", one),
        ("password.written", one),
        ("password.read", one),
        ("password.deleted", last),
    ]
    assert [event["data"].get("versions") for event in events] == [None] * 5 + [1, None]
    key = (await world.agent.get("/api/auth/keys/identity/")).json()[0]
    assert {str(event["data"]["by"]) for event in events} == {str({"kind": "identity_key", "credential": key["uuid"]})}
    assert {event["identity"] for event in events} == {world.mine["uuid"]}
    assert not [text for text in texts if text in str(events) or text.removeprefix("e2e2::") in str(events)]


async def test_a_refused_request_leaves_no_event(world: World) -> None:
    row = await made(world.agent)
    before = await events_of(world.ada, "password")
    await world.agent.post(PASSWORDS, entry(uuid=row["uuid"]))
    await world.agent.post(PASSWORDS, entry(password="readable"))
    await world.agent.send("PATCH", path(row), {"password": sealed(), "revision": 9})
    await world.agent.send("PATCH", path(row), {"domain": "other.example"})
    await world.ada.get(f"{path(row)}?identity={world.sibling['uuid']}")

    assert await events_of(world.ada, "password") == before


async def test_what_the_account_reads_of_one_identity_is_told_to_it_and_of_several_to_the_account(
    world: World,
) -> None:
    await made(world.agent)
    await world.ada.get(PASSWORDS)
    assert (await events_of(world.agent, "password"))[-1]["type"] == "password.read"
    await made(world.ada, identity=world.sibling["id"])
    await world.ada.get(PASSWORDS)

    last = (await events_of(world.ada, "password"))[-1]
    assert (last["type"], last["identity"], last["data"]["by"]["kind"]) == ("password.read", None, "session")
