"""Whose secrets a request reaches, and what is recorded about it, on both engines."""

import pytest

from tests.support.sealed import events_of, sealed
from tests.support.world import Actor, World

SECRETS = "/api/secrets/"


async def put(actor: Actor, key: str, query: str = "") -> dict[str, str]:
    answer = await actor.send("PUT", f"{SECRETS}{key}/{query}", {"value": sealed()})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def test_each_identity_has_names_of_its_own(world: World) -> None:
    mine = await put(world.agent, "TOKEN")
    siblings = await put(world.ada, "TOKEN", f"?identity={world.sibling['uuid']}")
    foreign = await put(world.eve, "TOKEN")

    assert (await world.agent.get(SECRETS)).json() == [mine]
    assert (await world.ada.get(SECRETS)).json() == [mine, siblings]
    assert (await world.ada.get(SECRETS, x_ravi_identity=world.sibling["uuid"])).json() == [siblings]
    assert (await world.eve.get(SECRETS)).json() == [foreign]


async def test_a_name_that_several_identities_use_needs_a_selection(world: World) -> None:
    mine = await put(world.agent, "TOKEN")
    siblings = await put(world.ada, "TOKEN", f"?identity={world.sibling['uuid']}")

    for method in ("GET", "PATCH", "DELETE"):
        unsaid = await world.ada.send(method, f"{SECRETS}TOKEN/", {})
        assert (unsaid.status_code, unsaid.json()["code"]) == (409, "vault.entry_ambiguous")
        assert unsaid.json()["error"]["details"] == {"identities": [world.mine["uuid"], world.sibling["uuid"]]}
    assert (await world.ada.get(f"{SECRETS}{siblings['uuid']}/")).json() == siblings
    assert (await world.ada.get(f"{SECRETS}TOKEN/?identity={world.mine['uuid']}")).json() == mine


async def test_the_account_acts_as_the_owner_of_what_it_addresses(world: World) -> None:
    siblings = await put(world.ada, "TOKEN", f"?identity={world.sibling['uuid']}")
    path = f"{SECRETS}{siblings['uuid']}/"

    changed = await world.ada.send("PATCH", path, {"value": sealed()})
    assert (changed.status_code, changed.json()["identity"]) == (200, world.sibling["id"])
    elsewhere = await world.ada.send("DELETE", f"{path}?identity={world.mine['uuid']}")
    assert elsewhere.status_code == 404, "selected is selected"
    assert (await world.ada.send("DELETE", path)).status_code == 204


async def test_a_body_may_name_the_identity_by_its_number(world: World) -> None:
    async def create(actor: Actor, key: str, number: int | None, query: str = "") -> tuple[int, str]:
        answer = await actor.post(f"{SECRETS}{query}", {"key": key, "value": sealed(), "identity": number})
        return answer.status_code, answer.json().get("identity_uuid") or answer.json()["code"]

    assert await create(world.ada, "A", world.sibling["id"]) == (201, world.sibling["uuid"])
    assert await create(world.agent, "B", world.mine["id"]) == (201, world.mine["uuid"])
    assert await create(world.agent, "C", None) == (201, world.mine["uuid"])
    assert await create(world.agent, "D", world.sibling["id"]) == (403, "auth.forbidden")
    for number in (world.foreign["id"], 10**12, 2**80, -1):
        assert await create(world.ada, "E", number) == (404, "identity.not_found")
    selected = f"?identity={world.mine['uuid']}"
    assert await create(world.ada, "F", world.sibling["id"], selected) == (400, "identity.selectors_differ")
    assert await create(world.ada, "G", None) == (400, "identity.required")
    assert len((await world.ada.get(SECRETS)).json()) == 3


async def test_an_account_with_one_identity_need_not_name_it(world: World) -> None:
    assert (await put(world.eve, "TOKEN"))["identity_uuid"] == world.foreign["uuid"]
    for method, path, body in (
        ("PUT", f"{SECRETS}TOKEN/", {"value": sealed()}),
        ("PUT", SECRETS, {"secrets": [{"key": "TOKEN", "value": sealed()}]}),
        ("POST", SECRETS, {"key": "TOKEN", "value": sealed()}),
    ):
        unsaid = await world.ada.send(method, path, body)
        assert (unsaid.status_code, unsaid.json()["code"]) == (400, "identity.required"), method


async def test_a_selection_out_of_reach_is_refused_before_anything_is_written(world: World) -> None:
    await world.ada.send("DELETE", f"/api/identities/{world.sibling['uuid']}/")
    for actor, identity, status, code in (
        (world.agent, world.sibling, 403, "auth.forbidden"),
        (world.agent, world.foreign, 403, "auth.forbidden"),
        (world.ada, world.foreign, 404, "identity.not_found"),
        (world.ada, world.sibling, 404, "identity.not_found"),
    ):
        for method, path, body in (("GET", SECRETS, None), ("PUT", f"{SECRETS}TOKEN/", {"value": sealed()})):
            answer = await actor.send(method, path, body, x_ravi_identity=identity["uuid"])
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, identity["name"])
    assert (await world.ada.get(SECRETS)).json() == (await world.eve.get(SECRETS)).json() == []


async def test_nothing_is_done_as_an_identity_that_is_switched_off(world: World) -> None:
    row = await put(world.agent, "TOKEN")
    other = await put(world.eve, "TOKEN")
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    await world.eve.post(f"/api/identities/{world.foreign['uuid']}/disable/")

    for actor, secret, chosen in (
        (world.agent, row, ""),
        (world.ada, row, ""),
        (world.ada, row, f"?identity={world.mine['uuid']}"),
        (world.eve, other, ""),
    ):
        for method in ("GET", "PATCH", "DELETE"):
            answer = await actor.send(method, f"{SECRETS}{secret['uuid']}/{chosen}", {})
            assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled"), (method, chosen)
    only = await world.eve.send("PUT", f"{SECRETS}TOKEN/", {"value": sealed()})
    assert (only.status_code, only.json()["code"]) == (403, "identity.disabled"), "nor by being the only one"
    by_number = await world.ada.post(SECRETS, {"key": "NEW", "value": sealed(), "identity": world.mine["id"]})
    assert by_number.json()["code"] == "identity.disabled"


async def test_every_use_leaves_one_event_with_names_and_no_values(world: World) -> None:
    texts = [sealed() for _ in range(6)]
    await world.agent.send("PUT", f"{SECRETS}A/", {"value": texts[0], "notes": texts[1]})
    await world.agent.send("PUT", SECRETS, {"secrets": [{"key": key, "value": texts[2]} for key in ("C", "B")]})
    await world.agent.post(SECRETS, {"key": "D", "value": texts[3]})
    await world.agent.get(SECRETS)
    await world.agent.get(f"{SECRETS}?key=C&key=A")
    await world.agent.get(f"{SECRETS}a/")
    await world.agent.send("PATCH", f"{SECRETS}A/", {"value": texts[4]})
    await world.agent.send("PATCH", f"{SECRETS}B/", {"value": texts[5], "key": "E"})
    await world.agent.send("DELETE", f"{SECRETS}C/")

    events = await events_of(world.agent, "secret")
    assert [(event["type"], event["data"]["names"]) for event in events] == [
        ("secret.written", ["A"]),
        ("secret.written", ["B", "C"]),
        ("secret.written", ["D"]),
        ("secret.read", ["A", "B", "C", "D"]),
        ("secret.read", ["A", "C"]),
        ("secret.read", ["A"]),
        ("secret.written", ["A"]),
        ("secret.written", ["B", "E"]),
        ("secret.deleted", ["C"]),
    ]
    key = (await world.agent.get("/api/auth/keys/identity/")).json()[0]
    for event in events:
        assert event["data"]["by"] == {"kind": "identity_key", "credential": key["uuid"]}
        assert event["identity"] == world.mine["uuid"]
    assert not [text for text in texts if text.removeprefix("e2e2::") in str(events)]


async def test_what_hands_out_no_value_leaves_no_event(world: World) -> None:
    row = await put(world.agent, "TOKEN")
    before = await events_of(world.ada, "secret")
    for method, path, body in (
        ("GET", f"{SECRETS}?values=false", None),
        ("GET", f"{SECRETS}?key=OTHER", None),
        ("GET", f"{SECRETS}OTHER/", None),
        ("PUT", SECRETS, {"secrets": []}),
        ("PUT", f"{SECRETS}TOKEN/", {"value": "readable"}),
        ("POST", SECRETS, {"key": "TOKEN", "value": sealed()}),
        ("PATCH", f"{SECRETS}{row['uuid']}/", {"key": "NEW"}),
        ("DELETE", f"{SECRETS}OTHER/", None),
    ):
        await world.agent.send(method, path, body)

    assert await events_of(world.ada, "secret") == before


async def test_what_the_account_reads_of_several_identities_is_the_accounts_event(world: World) -> None:
    await put(world.agent, "TOKEN")
    await world.ada.get(SECRETS)
    assert (await events_of(world.agent, "secret"))[-1]["data"]["by"]["kind"] == "session", "told to its owner"
    await put(world.ada, "TOKEN", f"?identity={world.sibling['uuid']}")
    await world.ada.get(SECRETS)

    last = (await events_of(world.ada, "secret"))[-1]
    assert (last["type"], last["identity"], last["data"]["names"]) == ("secret.read", None, ["TOKEN", "TOKEN"])


@pytest.mark.parametrize("entries", [0, 3])
async def test_ending_an_identity_erases_its_secrets_and_counts_them(world: World, entries: int) -> None:
    for number in range(entries):
        await put(world.agent, f"K{number}")
    kept = await put(world.ada, "TOKEN", f"?identity={world.sibling['uuid']}")

    receipt = (await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")).json()

    assert receipt["erased"]["secrets"] == entries
    assert (await world.ada.get(SECRETS)).json() == [kept]
