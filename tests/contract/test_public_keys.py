"""Public keys of identities, and uuids that clients choose for what they derive from them. On both engines."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.support.sealed import random_base64, set_up_legacy_vault, set_up_vault
from tests.support.world import Actor, World

IDENTITIES = "/api/identities/"
ABSENT = "00000000-0000-4000-8000-000000000000"


async def register(owner: Actor, keys: dict[str, str]) -> tuple[int, Any]:
    answer = await owner.send("PUT", "/api/vault/public-keys/", {"public_keys": keys})
    return answer.status_code, answer.json().get("set", answer.json().get("code"))


async def registered(world: World) -> list[str | None]:
    """The keys of `mine` and `sibling`."""
    return [row["public_key"] for row in (await world.ada.get(IDENTITIES)).json()]


async def test_an_identity_has_no_public_key_at_first(world: World) -> None:
    assert world.mine["public_key"] is None
    assert await registered(world) == [None, None]


async def test_keys_are_registered_together_and_once(world: World) -> None:
    await set_up_vault(world.ada)
    mine, sibling = random_base64(32), random_base64(32)

    assert await register(world.ada, {world.mine["uuid"].upper(): mine}) == (200, 1)
    assert await register(world.ada, {world.mine["uuid"]: mine, world.sibling["uuid"]: sibling}) == (200, 1)
    assert await registered(world) == [mine, sibling]
    assert (await world.agent.get(f"{IDENTITIES}{world.mine['uuid']}/")).json()["public_key"] == mine
    assert await register(world.ada, {}) == (200, 0)


async def test_another_key_is_refused_and_nothing_with_it_is_written(world: World) -> None:
    await set_up_vault(world.ada)
    mine = random_base64(32)
    await register(world.ada, {world.mine["uuid"]: mine})
    both = {world.sibling["uuid"]: random_base64(32), world.mine["uuid"]: random_base64(32)}

    assert await register(world.ada, both) == (409, "vault.key_differs")
    for unknown in (ABSENT, world.foreign["uuid"], "x", ""):
        beside = {world.sibling["uuid"]: random_base64(32), unknown: random_base64(32)}
        assert await register(world.ada, beside) == (404, "identity.not_found"), unknown
    for wrong in ("", "x", random_base64(31), random_base64(33), random_base64(32)[:-1] + "!"):
        assert (await register(world.ada, {world.sibling["uuid"]: wrong}))[0] == 422
    too_many = {str(uuid.uuid4()): mine for _ in range(1001)}
    assert (await register(world.ada, too_many))[0] == 422
    assert await registered(world) == [mine, None]


async def test_keys_are_replaced_during_an_upgrade_only(world: World) -> None:
    old, new = random_base64(32), random_base64(32)
    assert await register(world.ada, {world.mine["uuid"]: old}) == (409, "vault.key_differs"), "nothing is set up"
    await set_up_legacy_vault(world.ada)
    assert await register(world.ada, {world.mine["uuid"]: old}) == (200, 1)
    assert await register(world.ada, {world.mine["uuid"]: new}) == (409, "vault.key_differs")
    await set_up_vault(world.ada)
    assert await register(world.ada, {world.mine["uuid"]: new}) == (200, 1)
    assert await register(world.ada, {world.mine["uuid"]: new}) == (200, 0)
    assert (await world.ada.post("/api/encryption/upgraded/")).status_code == 200
    assert await register(world.ada, {world.mine["uuid"]: old}) == (409, "vault.key_differs")
    assert await registered(world) == [new, None]


async def test_of_many_keys_for_one_identity_at_once_one_is_registered(world: World) -> None:
    await set_up_vault(world.ada)
    keys = [random_base64(32) for _ in range(20)]
    results = await asyncio.gather(*[register(world.ada, {world.mine["uuid"]: key}) for key in keys])

    assert sorted(status for status, _ in results) == [200] + [409] * 19
    assert (await registered(world))[0] == keys[[status for status, _ in results].index(200)]


async def test_a_thousand_keys_are_registered_at_once(world: World) -> None:
    await set_up_vault(world.ada)
    missing = {str(uuid.uuid4()): random_base64(32) for _ in range(999)}

    assert await register(world.ada, missing | {world.mine["uuid"]: random_base64(32)}) == (404, "identity.not_found")
    assert await registered(world) == [None, None]


# --- chosen uuids


async def test_a_new_identity_may_bring_its_uuid_and_its_key(world: World) -> None:
    chosen, key = str(uuid.uuid4()), random_base64(32)
    answer = await world.ada.post(IDENTITIES, {"name": "chosen", "uuid": chosen, "public_key": key})

    assert answer.status_code == 201
    assert (answer.json()["uuid"], answer.json()["public_key"]) == (chosen, key)
    assert (await world.ada.get(f"{IDENTITIES}{chosen}/")).json()["public_key"] == key
    without_key = str(uuid.uuid4())
    assert (await world.ada.post(IDENTITIES, {"uuid": without_key})).json()["uuid"] == without_key


async def test_an_empty_uuid_is_what_published_clients_send_and_means_none(world: World) -> None:
    answer = await world.ada.post(IDENTITIES, {"name": "published", "uuid": ""})

    assert answer.status_code == 201
    assert uuid.UUID(answer.json()["uuid"]).version == 4


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body",
    [
        {"uuid": "x"},
        {"uuid": "0" * 36},
        {"uuid": "D1B2C3D4-0000-4000-8000-000000000001"},
        {"uuid": "d1b2c3d4000040008000000000000001"},
        {"uuid": "{d1b2c3d4-0000-4000-8000-000000000001}"},
        {"uuid": "d1b2c3d4-0000-1000-8000-000000000001"},
        {"uuid": "d1b2c3d4-0000-4000-c000-000000000001"},
        {"uuid": "d1b2c3d4-0000-4000-8000-000000000001\n"},
        {"uuid": 7},
        {"public_key": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="},
        {"uuid": "", "public_key": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="},
        {"uuid": "d1b2c3d4-0000-4000-8000-000000000001", "public_key": "eHh4"},
        {"uuid": "d1b2c3d4-0000-4000-8000-000000000001", "public_key": ""},
    ],
)
async def test_what_is_no_random_uuid_or_no_key_for_one_is_refused(world: World, body: dict[str, Any]) -> None:
    answer = await world.ada.post(IDENTITIES, {"name": "wrong", **body})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation.failed")
    assert len((await world.ada.get(IDENTITIES)).json()) == 2


async def test_a_uuid_that_anybody_has_or_had_is_taken(world: World) -> None:
    """What was signed, written or recorded under a uuid must never come to mean another identity."""
    for owner, identity in ((world.ada, world.sibling), (world.eve, world.foreign)):
        for state in ("live", "deleted"):
            if state == "deleted":
                await owner.send("DELETE", f"{IDENTITIES}{identity['uuid']}/")
            for actor in (world.ada, world.eve):
                answer = await actor.post(IDENTITIES, {"name": "again", "uuid": identity["uuid"]})
                assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), state
                assert answer.json()["detail"] == "this uuid is taken"
    assert [row["name"] for row in (await world.ada.get(IDENTITIES)).json()] == ["mine"]
    free = await world.ada.post(IDENTITIES, {"name": "again", "uuid": str(uuid.uuid4())})
    assert free.json()["inbox"] == "again@in.ravi.localhost", "what was refused has taken no address"


async def test_of_many_who_want_one_uuid_one_gets_it(world: World) -> None:
    chosen = str(uuid.uuid4())
    answers = await asyncio.gather(
        *[actor.post(IDENTITIES, {"uuid": chosen}) for actor in (world.ada, world.eve) for _ in range(10)]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_finding_an_identity_again_leaves_it_as_it_is(world: World) -> None:
    body = {"name": "mine", "reuse": True, "uuid": str(uuid.uuid4()), "public_key": random_base64(32)}
    found = await world.ada.post(IDENTITIES, body)

    assert (found.status_code, found.json()["uuid"]) == (200, world.mine["uuid"])
    assert found.json()["public_key"] is None
