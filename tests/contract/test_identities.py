"""Identities over the wire (contract: identities, own resources), on both engines."""

import asyncio

import pytest

from tests.support.world import World

IDENTITIES = "/api/identities/"


async def test_an_identity_carries_both_generations_of_names_for_address_and_number(world: World) -> None:
    made = world.mine
    assert made["inbox"] == made["email"] == "mine@in.ravi.localhost"
    assert made["phone"] == made["phone_number"]
    assert made["phone"].startswith("+1")
    assert made["status"] == "active"
    assert made["created_dt"].endswith("Z")
    assert made["api_key"].startswith("ravi_id_")


async def test_the_key_is_shown_at_creation_only(world: World) -> None:
    (row, _) = (await world.ada.get(IDENTITIES)).json()
    assert "api_key" not in row
    quiet = await world.ada.post(IDENTITIES, {"name": "quiet", "api_key": False})
    assert "api_key" not in quiet.json()


async def test_paths_work_without_their_last_slash_and_are_never_redirected(world: World) -> None:
    for path in ("/api/identities", f"/api/identities/{world.mine['uuid']}", "/api/email", "/api/domains"):
        assert (await world.ada.get(path)).status_code == 200


async def test_lists_are_bare_arrays_unless_paging_is_asked_for(world: World) -> None:
    assert isinstance((await world.ada.get(IDENTITIES)).json(), list)
    page = (await world.ada.get(f"{IDENTITIES}?limit=1")).json()
    assert page["count"] == 2
    assert [row["name"] for row in page["results"]] == ["mine"]
    second = (await world.ada.get(page["next"])).json()
    assert [row["name"] for row in second["results"]] == ["sibling"]
    assert second["next"] is None
    assert (await world.ada.get(f"{IDENTITIES}?limit=none")).status_code == 422


async def test_filters_narrow_the_list(world: World) -> None:
    await world.ada.post(IDENTITIES, {"name": "task-1", "labels": {"team": "a", "kind": "x"}})
    await world.ada.post(IDENTITIES, {"name": "task-2", "labels": {"team": "b", "kind": "x"}})

    async def names(query: str) -> list[str]:
        return [row["name"] for row in (await world.ada.get(f"{IDENTITIES}?{query}")).json()]

    assert await names("prefix=task-") == ["task-1", "task-2"]
    assert await names("prefix=task-2") == ["task-2"]
    assert await names("prefix=%25") == []
    assert await names("name=task-1") == ["task-1"]
    assert await names("label=team%3Da") == ["task-1"]
    assert await names("label=kind%3Dx&label=team%3Db") == ["task-2"]
    assert await names("label=kind%3Dx&prefix=task-1") == ["task-1"]
    assert (await world.ada.get(f"{IDENTITIES}?label=nonsense")).status_code == 422


async def test_fifty_creates_of_one_name_at_once_give_fifty_of_everything(world: World) -> None:
    answers = await asyncio.gather(*[world.ada.post(IDENTITIES, {"name": "agent-0"}) for _ in range(50)])
    assert {answer.status_code for answer in answers} == {201}
    rows = [answer.json() for answer in answers]
    for key in ("id", "uuid", "inbox", "phone", "api_key"):
        assert len({row[key] for row in rows}) == 50, key


async def test_fifty_reuses_of_one_name_at_once_give_one_identity(world: World) -> None:
    wish = {"name": "shared", "reuse": True, "api_key": False}
    answers = await asyncio.gather(*[world.ada.post(IDENTITIES, wish) for _ in range(50)])
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    found = await world.ada.post(IDENTITIES, {"name": "shared", "reuse": True})
    assert "api_key" not in found.json(), "finding it again mints nothing"
    asked = await world.ada.post(IDENTITIES, {"name": "shared", "reuse": True, "api_key": True})
    assert asked.json()["api_key"].startswith("ravi_id_")


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({"email": "research"}, "research@in.ravi.localhost"),
        ({"email": "Research@IN.ravi.localhost"}, "research@in.ravi.localhost"),
        ({"email_identifier": "shop"}, "shop@in.ravi.localhost"),
        ({"email_identifier": "shop", "domain": "in.ravi.localhost"}, "shop@in.ravi.localhost"),
        ({"email_local": "older"}, "older@in.ravi.localhost"),
        ({"email": "same", "email_identifier": "same"}, "same@in.ravi.localhost"),
    ],
)
async def test_an_address_can_be_chosen_in_every_published_spelling(
    world: World, body: dict[str, str], address: str
) -> None:
    answer = await world.ada.post(IDENTITIES, {"name": "chooser", **body})
    assert answer.status_code == 201
    assert answer.json()["inbox"] == address


@pytest.mark.parametrize(
    "body",
    [
        {"email": "a"},
        {"email": "x--y"},
        {"email": "who@elsewhere.example"},
        {"domain": "in.ravi.localhost"},
        {"email": "one", "email_identifier": "two"},
        {"email": "one@in.ravi.localhost", "domain": "elsewhere.example"},
        {"email_identifier": "one", "domain": "elsewhere.example"},
        {"name": ""},
        {"name": 7},
        {"name": None},
        {"labels": {"a": 1}},
        {"ttl_seconds": 0},
        {"ttl_seconds": -5},
        {"ttl_seconds": 10**30},
        {"workspace": {"host": "h"}},
        {"workspace": {"host": "", "path": "/x"}},
        ["not", "an", "object"],
    ],
)
async def test_a_bad_wish_is_refused_with_the_field_and_makes_nothing(world: World, body: object) -> None:
    answer = await world.ada.post(IDENTITIES, body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["detail"]
    assert problem["error"]["message"] == problem["detail"]
    assert problem["error"]["details"]
    assert len((await world.ada.get(IDENTITIES)).json()) == 2


async def test_read_only_keys_that_published_clients_send_are_ignored(world: World) -> None:
    answer = await world.ada.post(IDENTITIES, {"name": "go", "uuid": "", "created_dt": "", "id": 0})
    assert answer.status_code == 201
    assert answer.json()["uuid"]


async def test_a_chosen_address_that_is_taken_is_a_conflict(world: World) -> None:
    answer = await world.ada.post(IDENTITIES, {"name": "again", "email": "mine"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "identity.address_taken"
    foreign = await world.ada.post(IDENTITIES, {"name": "again", "email": "foreign"})
    assert foreign.json() | {"request_id": ""} == answer.json() | {
        "request_id": "",
        "detail": "foreign@in.ravi.localhost is taken",
        "error": answer.json()["error"] | {"message": "foreign@in.ravi.localhost is taken"},
    }, "an address of another account must look like one's own"


async def test_deleted_addresses_and_numbers_are_never_given_out_again(world: World) -> None:
    gone = world.sibling
    receipt = (await world.ada.send("DELETE", f"{IDENTITIES}{gone['uuid']}/")).json()
    assert receipt["email"] == gone["email"]
    assert receipt["phone_number"] == gone["phone"]
    assert (await world.ada.post(IDENTITIES, {"name": "x", "email": "sibling"})).status_code == 409
    again = (await world.ada.post(IDENTITIES, {"name": "sibling"})).json()
    assert again["inbox"] != gone["inbox"]
    assert again["phone"] != gone["phone"]
    free = (await world.ada.get("/api/email/check-availability/?email=sibling")).json()
    assert free == {"email": "sibling@in.ravi.localhost", "available": False, "reason": "taken"}


async def test_deletion_answers_with_a_receipt_and_twice_with_its_time(world: World) -> None:
    path = f"{IDENTITIES}{world.mine['uuid']}/"
    first = await world.ada.send("DELETE", path)
    assert first.status_code == 200
    assert first.json()["revoked"] == {"keys": 1, "tokens": 0}
    world.clock.advance(minutes=10)
    second = await world.ada.send("DELETE", path)
    assert second.status_code == 404
    assert second.json()["code"] == "identity.deleted"
    assert second.json()["error"]["details"] == {"deleted_dt": first.json()["deleted_dt"]}
    assert (await world.agent.get("/api/email/")).status_code == 401
    unknown = await world.eve.send("DELETE", path)
    assert unknown.json()["code"] == "identity.not_found", "another account must not learn that it existed"


async def test_of_ten_deletions_at_once_one_happens(world: World) -> None:
    path = f"{IDENTITIES}{world.mine['uuid']}/"
    answers = await asyncio.gather(*[world.ada.send("DELETE", path) for _ in range(10)])
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 9


async def test_disabling_stops_the_key_at_once_and_enabling_brings_it_back(world: World) -> None:
    path = f"{IDENTITIES}{world.mine['uuid']}/"
    assert (await world.ada.post(f"{path}disable/")).json()["status"] == "disabled"
    refused = await world.agent.get("/api/email/")
    assert refused.status_code == 403
    assert refused.json()["code"] == "identity.disabled"
    as_owner = await world.ada.get("/api/email/", x_ravi_identity=world.mine["uuid"])
    assert (as_owner.status_code, as_owner.json()["code"]) == (403, "identity.disabled"), "nobody acts as it"
    assert (await world.ada.get(f"/api/events/?identity={world.mine['uuid']}")).json()["events"], "its owner may look"
    assert (await world.ada.post(f"{path}disable/")).status_code == 200, "twice is fine"
    assert (await world.ada.post(f"{path}enable/")).json()["status"] == "active"
    assert (await world.agent.get("/api/email/")).status_code == 200


async def test_time_to_live_ends_an_identity_to_the_second(world: World) -> None:
    made = (await world.ada.post(IDENTITIES, {"name": "brief", "ttl_seconds": 60})).json()
    agent = world.with_token(made["api_key"])
    world.clock.advance(seconds=59)
    assert (await agent.get("/api/email/")).status_code == 200
    world.clock.advance(seconds=1)
    assert (await agent.get("/api/email/")).status_code == 401
    assert (await world.ada.get(f"{IDENTITIES}{made['uuid']}/")).status_code == 404
    assert made["uuid"] not in (await world.ada.get(IDENTITIES)).text
    assert await world.services.identities.end_expired() == 1
    assert (await world.ada.get(f"{IDENTITIES}{made['uuid']}/")).json()["code"] == "identity.deleted"


async def test_changes_are_partial_and_an_end_can_be_moved_and_removed(world: World) -> None:
    path = f"{IDENTITIES}{world.mine['uuid']}/"
    await world.ada.send("PATCH", path, {"labels": {"a": "b"}, "ttl_seconds": 60})
    renamed = (await world.ada.send("PATCH", path, {"name": "renamed"})).json()
    assert (renamed["name"], renamed["labels"], bool(renamed["expires_dt"])) == ("renamed", {"a": "b"}, True)
    assert renamed["inbox"] == world.mine["inbox"], "an address outlives a change of name"
    endless = (await world.ada.send("PUT", path, {"ttl_seconds": None})).json()
    assert endless["expires_dt"] is None
    assert (await world.ada.send("PATCH", path, {})).json()["name"] == "renamed"


async def test_an_identity_may_rename_itself_and_not_move_its_own_end(world: World) -> None:
    path = f"{IDENTITIES}{world.mine['uuid']}/"
    assert (await world.agent.send("PATCH", path, {"name": "me"})).status_code == 200
    for body in ({"ttl_seconds": None}, {"labels": {}}):
        assert (await world.agent.send("PATCH", path, body)).status_code == 403


async def test_a_number_is_given_once(world: World) -> None:
    made = (await world.ada.post(IDENTITIES, {"name": "mute", "provision_phone": False})).json()
    assert made["phone"] is None
    agent = world.with_token(made["api_key"])
    assert (await agent.get("/api/phone/")).json() == []
    path = f"{IDENTITIES}{made['uuid']}/provision-phone/"
    answers = await asyncio.gather(*[agent.post(path) for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    (phone,) = (await agent.get("/api/phone/")).json()
    assert phone["provider"] in ("twilio", "bandwidth", "voipms", "telnyx"), "a published SDK raises on any other"
    assert phone["carrier"] == "loopback"
    assert (await agent.get(f"/api/phone/{phone['id']}/")).json() == phone


async def test_creation_with_an_idempotency_key_happens_once(world: World) -> None:
    wish = {"name": "once"}
    answers = await asyncio.gather(
        *[world.ada.post(IDENTITIES, wish, idempotency_key="task-1-random") for _ in range(10)]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1, "the key included, or a lost answer would lose it for good"
    other = await world.ada.post(IDENTITIES, {"name": "other"}, idempotency_key="task-1-random")
    assert other.json()["code"] == "idempotency.mismatch"
    stranger = await world.eve.post(IDENTITIES, wish, idempotency_key="task-1-random")
    assert stranger.json()["uuid"] != answers[0].json()["uuid"]


async def test_events_tell_the_story_in_order_and_only_to_those_concerned(world: World) -> None:
    await world.ada.send("DELETE", f"{IDENTITIES}{world.sibling['uuid']}/")

    async def story(who_path: str) -> list[tuple[str, str | None]]:
        rows = (await world.ada.get(who_path)).json()["events"]
        assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
        return [(row["type"], row["identity"]) for row in rows]

    mine = world.mine["uuid"]
    assert await story("/api/events/") == [
        ("identity.created", mine),
        ("key.created", mine),
        ("identity.deleted", None),
    ]
    own = (await world.agent.get("/api/events/")).json()["events"]
    assert {row["identity"] for row in own} == {mine}
    first = own[0]["seq"]
    assert [row["seq"] for row in (await world.agent.get(f"/api/events/?since={first}")).json()["events"]] == [
        row["seq"] for row in own[1:]
    ]
    only = (await world.ada.get("/api/events/?event_types=key.created,x")).json()["events"]
    assert {row["type"] for row in only} == {"key.created"}
    assert (await world.ada.get("/api/events/?since=-1")).status_code == 422
    assert (await world.ada.get("/api/events/?limit=0")).status_code == 422
    assert (await world.ada.get("/api/events/?limit=x")).status_code == 422
