"""Many identities in one request: all of them or none, on both engines."""

import asyncio
import itertools
import uuid
from typing import Any

import pytest

from ravi.errors import NumbersExhausted
from ravi.server.db import micros
from ravi.server.phone.carriers.contract import Allocated, Wish
from ravi.server.phone.carriers.loopback import Loopback
from tests.support.carried import Carried, carried_on
from tests.support.world import World, world_on

IDENTITIES = "/api/identities/"
BULK = "/api/identities/bulk/"


async def names(world: World) -> list[str]:
    return [row["name"] for row in (await world.ada.get(IDENTITIES)).json()]


def wishes(*more: dict[str, Any], **for_all: Any) -> dict[str, Any]:
    return {"identities": [{**for_all, **each} for each in more]}


async def test_a_fleet_is_made_in_the_order_of_the_request(world: World) -> None:
    answer = await world.ada.post(BULK, wishes(*({"name": f"agent-{n}"} for n in range(60))))
    rows = answer.json()["identities"]

    assert answer.status_code == 201
    assert [row["name"] for row in rows] == [f"agent-{n}" for n in range(60)]
    assert [row["email"] for row in rows] == [f"agent-{n}@in.ravi.localhost" for n in range(60)]
    for key in ("id", "uuid", "phone", "api_key"):
        assert len({row[key] for row in rows}) == 60, key
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert await names(world) == ["mine", "sibling", *(f"agent-{n}" for n in range(60))]


async def test_each_is_what_it_would_be_if_it_had_been_made_alone(world: World) -> None:
    wish = {
        "labels": {"fleet": "x", "n": "1"},
        "ttl_seconds": 60,
        "workspace": {"host": "here", "path": "/tmp/w"},
        "allowed_recipients": ["example.com"],
        "country_code": "",
    }
    alone = (await world.ada.post(IDENTITIES, {**wish, "name": "alone"})).json()
    (both, other) = (await world.ada.post(BULK, wishes({**wish, "name": "both"}, {"name": "other"}))).json()[
        "identities"
    ]
    for key in ("labels", "expires_dt", "workspace", "allowed_recipients", "status", "public_key", "created_dt"):
        assert both[key] == alone[key], key
    assert both.keys() == alone.keys()
    shown = (await world.ada.get(f"{IDENTITIES}{both['uuid']}/")).json()
    assert {**shown, "api_key": both["api_key"]} == both
    assert [row["uuid"] for row in (await world.ada.get(f"{IDENTITIES}?label=n%3D1&prefix=both")).json()] == [
        both["uuid"]
    ]
    assert (other["labels"], other["expires_dt"]) == ({}, None)


async def test_each_has_a_key_of_its_own_that_opens_nothing_else(world: World) -> None:
    answer = await world.ada.post(BULK, wishes({"name": "a"}, {"name": "b"}, {"name": "c", "api_key": False}))
    first, second, third = answer.json()["identities"]
    assert "api_key" not in third
    for row in (first, second):
        (own,) = (await world.with_token(row["api_key"]).get(IDENTITIES)).json()
        assert own["uuid"] == row["uuid"]
    assert (await world.with_token(first["api_key"]).get(f"{IDENTITIES}{second['uuid']}/")).status_code == 404


async def test_two_hundred_of_one_name_get_two_hundred_addresses(world: World) -> None:
    answer = await world.ada.post(BULK, wishes(*({"name": "agent"} for _ in range(200))))
    assert answer.status_code == 201
    assert len({row["email"] for row in answer.json()["identities"]}) == 200


async def test_fleets_that_want_the_same_addresses_at_once_all_get_some(world: World) -> None:
    forth = wishes(*({"name": f"agent-{n}"} for n in range(40)))
    back = wishes(*({"name": f"agent-{n}"} for n in reversed(range(40))))
    answers = await asyncio.gather(*(world.ada.post(BULK, body) for body in (forth, back, forth, back)))
    assert [answer.status_code for answer in answers] == [201] * 4
    rows = [row for answer in answers for row in answer.json()["identities"]]
    for key in ("email", "phone", "uuid"):
        assert len({row[key] for row in rows}) == 160, key


@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        ({"name": ""}, 422, "validation.failed"),
        ({"email": "x"}, 422, "identity.address_invalid"),
        ({"email": "mine"}, 409, "identity.address_taken"),
        ({"uuid": "nonsense"}, 422, "validation.failed"),
        ({"ttl_seconds": -1}, 422, "validation.failed"),
        ({"country_code": "USA"}, 422, "validation.failed"),
        ({"labels": {"!": "x"}}, 422, "validation.failed"),
        ({"workspace": {"host": "", "path": "/"}}, 422, "validation.failed"),
    ],
)
async def test_one_that_is_refused_undoes_the_others_and_is_named(
    world: World, bad: dict[str, Any], status: int, code: str
) -> None:
    before = (await world.ada.get("/api/events/?limit=1000")).json()["events"]
    answer = await world.ada.post(BULK, wishes({"name": "a"}, {"name": "b"}, {"name": "c", **bad}, {"name": "dora"}))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert body["detail"].startswith("identities[2]: ")
    assert body["error"]["details"]["index"] == 2
    assert await names(world) == ["mine", "sibling"]
    assert (await world.ada.get("/api/events/?limit=1000")).json()["events"] == before
    made = await world.ada.post(IDENTITIES, {"name": "dora"})
    assert made.json()["email"] == "dora@in.ravi.localhost", "nothing is used up"


async def test_an_address_that_two_of_them_choose_goes_to_neither(world: World) -> None:
    body = wishes({"name": "a", "email": "research"}, {"name": "b", "email": "research"})
    answer = await world.ada.post(BULK, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "identity.address_taken")
    assert answer.json()["error"]["details"]["index"] == 1
    assert (await world.ada.post(IDENTITIES, {"email": "research"})).status_code == 201


async def test_a_chosen_address_goes_before_one_made_from_a_name(world: World) -> None:
    answer = await world.ada.post(BULK, wishes({"name": "research"}, {"name": "b", "email": "research"}))
    first, second = answer.json()["identities"]
    assert second["email"] == "research@in.ravi.localhost"
    assert first["email"] != second["email"]


async def test_a_uuid_may_be_chosen_once(world: World) -> None:
    ours = str(uuid.uuid4())
    twice = await world.ada.post(BULK, wishes({"name": "a", "uuid": ours}, {"name": "b", "uuid": ours}))
    assert (twice.status_code, twice.json()["error"]["details"]["index"]) == (422, 1)
    assert await names(world) == ["mine", "sibling"]
    made = await world.ada.post(BULK, wishes({"name": "a"}, {"name": "b", "uuid": ours}))
    assert made.json()["identities"][1]["uuid"] == ours
    again = await world.ada.post(BULK, wishes({"name": "c"}, {"name": "d", "uuid": ours}))
    assert (again.status_code, again.json()["error"]["details"]["index"]) == (409, 1)
    await world.ada.send("DELETE", f"{IDENTITIES}{ours}/")
    gone = await world.ada.post(BULK, wishes({"name": "d", "uuid": ours}))
    assert gone.status_code == 409, "nor is that of one that was deleted given again"


async def test_reuse_finds_the_living_and_those_of_the_same_request(world: World) -> None:
    first = await world.ada.post(BULK, wishes({"name": "mine"}, {"name": "new"}, {"name": "new"}, reuse=True))
    mine, new, again = first.json()["identities"]
    assert first.status_code == 201
    assert mine["uuid"] == world.mine["uuid"]
    assert new["uuid"] == again["uuid"]
    assert ("api_key" in mine, "api_key" in new, "api_key" in again) == (False, True, False)
    second = await world.ada.post(BULK, wishes({"name": "mine", "api_key": True}, {"name": "new"}, reuse=True))
    assert second.status_code == 200, "nothing was made"
    assert second.json()["identities"][0]["api_key"].startswith("ravi_id_")
    refused = await world.ada.post(
        BULK, wishes({"name": "x"}, {"name": "mine", "reuse": True, "allowed_recipients": []})
    )
    assert (refused.status_code, refused.json()["error"]["details"]["index"]) == (409, 1)
    assert "x" not in await names(world)


async def test_the_same_request_with_the_same_idempotency_key_is_answered_once_more(world: World) -> None:
    body = wishes({"name": "a"}, {"name": "b"})
    first, second = await asyncio.gather(*(world.ada.post(BULK, body, Idempotency_Key="fleet-1") for _ in range(2)))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json(), "keys included"
    assert await names(world) == ["mine", "sibling", "a", "b"]
    other = await world.ada.post(BULK, wishes({"name": "c"}), Idempotency_Key="fleet-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


@pytest.mark.parametrize("count", [0, 201])
async def test_more_or_fewer_than_a_call_may_make_are_refused(world: World, count: int) -> None:
    answer = await world.ada.post(BULK, wishes(*({"name": "a"} for _ in range(count))))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation.failed")
    assert "200" in answer.json()["detail"]


async def test_only_the_owner_makes_fleets(world: World) -> None:
    sibling = world.with_token(world.sibling["api_key"])
    assert (await sibling.post(BULK, wishes({"name": "a"}))).status_code == 403
    assert (await world.nobody.post(BULK, wishes({"name": "a"}))).status_code == 401
    assert await names(world) == ["mine", "sibling"]


async def test_every_one_is_in_the_events_and_the_audit_log_whose_chain_holds(world: World) -> None:
    rows = (await world.ada.post(BULK, wishes(*({"name": f"a-{n}"} for n in range(120))))).json()["identities"]
    events = (await world.ada.get("/api/events/?limit=1000")).json()["events"]
    created = [event for event in events if event["type"] == "identity.created"][-120:]
    assert [event["data"]["uuid"] for event in created] == [row["uuid"] for row in rows]
    assert [event["data"]["email"] for event in created] == [row["email"] for row in rows]
    minted = [event for event in events if event["type"] == "key.created"][-120:]
    assert [event["identity"] for event in minted] == [row["uuid"] for row in rows]
    db = world.services.db
    entries = await db.all(
        "SELECT seq, previous, hash FROM audit WHERE account_id = :a ORDER BY seq", a=world.account.id
    )
    assert [seq for seq, _, _ in entries] == list(range(1, len(entries) + 1))
    assert all(bytes(later[1]) == bytes(earlier[2]) for earlier, later in itertools.pairwise(entries))
    head = await db.one("SELECT seq FROM audit_heads WHERE account_id = :a", a=world.account.id)
    assert head == (len(entries),)


async def test_each_one_ends_with_its_time(world: World) -> None:
    rows = (await world.ada.post(BULK, wishes({"name": "a"}, {"name": "b"}, ttl_seconds=60))).json()["identities"]
    assert micros(world.clock()) > 0
    world.clock.advance(seconds=61)
    assert await world.services.identities.end_expired() == 2
    assert (await world.ada.get(f"{IDENTITIES}{rows[0]['uuid']}/")).status_code == 404


async def test_a_fleet_costs_its_owner_a_tenth_of_the_requests(database_url: str) -> None:
    """A debt, not a refusal: otherwise a small limit would make large fleets impossible."""
    async with world_on(database_url, credential_requests_per_second="1") as small:
        body = wishes(*({"name": "a"} for _ in range(200)))
        assert (await small.ada.post(BULK, body)).status_code == 201
        refused = await small.ada.post(BULK, body)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limit.exceeded")


# --- numbers that cost money


async def test_as_many_numbers_are_bought_as_are_wanted(database_url: str) -> None:
    async with carried_on(database_url) as carried:
        body = wishes(*({"name": f"a-{n}", "provision_phone": n % 2 == 0} for n in range(8)))
        rows = (await carried.world.ada.post(BULK, body)).json()["identities"]
        assert [row["phone"] is not None for row in rows] == [True, False] * 4
        assert len({row["phone"] for row in rows}) == 5, "four numbers and None"
        assert len(carried.provider.numbers) == 5, "the world had one before"


async def test_numbers_of_a_fleet_that_failed_are_spare(database_url: str) -> None:
    async with carried_on(database_url) as carried:
        taken = carried.world.mine["email"].partition("@")[0]
        body = wishes({"name": "a"}, {"name": "b"}, {"name": "c", "email": taken}, provision_phone=True)
        assert (await carried.world.ada.post(BULK, body)).status_code == 409
        assert await _spare(carried) == 3
        del body["identities"][2]["email"]
        assert (await carried.world.ada.post(BULK, body)).status_code == 201
        assert (await _spare(carried), len(carried.provider.numbers)) == (0, 4)


async def test_a_provider_that_runs_out_in_the_middle_leaves_no_identity_and_loses_no_number(database_url: str) -> None:
    async with carried_on(database_url) as carried:
        taken = list(carried.provider.numbers.values())
        offers = carried.provider.offers["US", "Local"]
        del offers[len(taken) + 3 :]
        body = wishes(*({"name": f"a-{n}"} for n in range(6)), provision_phone=True)
        refused = await carried.world.ada.post(BULK, body)
        assert (refused.status_code, refused.json()["code"]) == (503, "phone.numbers_exhausted")
        assert not [name for name in await names(carried.world) if name.startswith("a-")]
        assert await _spare(carried) == len(carried.provider.numbers) - 1 == 3


async def _spare(carried: Carried) -> int:
    row = await carried.world.services.db.one("SELECT COUNT(*) FROM spare_numbers")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("left", [0, 2])
async def test_where_numbers_run_out_only_those_who_demand_one_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """As for a single one, which is then made without."""
    allocate, asked = Loopback.allocate, itertools.count()

    async def until_none_is_left(self: Loopback, wish: Wish) -> Allocated:
        if next(asked) >= left:
            raise NumbersExhausted("the range is used up")
        return await allocate(self, wish)

    monkeypatch.setattr(Loopback, "allocate", until_none_is_left)
    made = await world.ada.post(BULK, {"identities": [{"name": f"a-{number}"} for number in range(4)]})
    assert made.status_code == 201, made.text
    assert [each["phone"] is None for each in made.json()["identities"]] == [number >= left for number in range(4)]

    refused = await world.ada.post(BULK, {"identities": [{"name": "b"}, {"name": "c", "provision_phone": True}]})
    assert refused.json()["code"] == NumbersExhausted.code
    assert refused.json()["detail"].startswith("identities[1]: ")
    assert len(await names(world)) == 6, "nobody of those"
