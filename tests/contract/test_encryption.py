"""The account's key material over the wire, on both engines."""

import asyncio
import base64
from typing import Any

import pytest

from tests.support.sealed import events_of, legacy, random_base64, sealed, set_up_legacy_vault, set_up_vault
from tests.support.world import Actor, World

ENCRYPTION = "/api/encryption/"
ROOT = "/api/encryption/root/"
UPGRADED = "/api/encryption/upgraded/"
MATERIAL = ("salt", "verifier", "public_key", "root_salt", "wrapped_root")


def root(expected_version: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "root_salt": random_base64(16),
        "wrapped_root": "root2::" + random_base64(72),
        "expected_version": expected_version,
        **more,
    }


def base64_of(size: int) -> str:
    """The same text in every process, as names of tests must be."""
    return base64.b64encode(b"x" * size).decode()


def of_format_1() -> dict[str, str]:
    return {"salt": random_base64(16), "public_key": random_base64(32), "verifier": random_base64(63)}


async def meta(actor: Actor) -> dict[str, Any]:
    answer = await actor.get(ENCRYPTION)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_at_first_nothing_is_set_up(world: World) -> None:
    found = await meta(world.ada)

    assert found == {
        "id": found["id"],
        "account_uuid": world.account.uuid,
        "format": 0,
        "upgrading": False,
        **dict.fromkeys(MATERIAL),
        "root_version": 0,
        "managed_master_key": "",
    }
    assert (await world.ada.get("/api/auth/whoami/")).json()["has_encryption"] is False


async def test_a_root_is_kept_byte_for_byte_and_replaced_by_who_has_seen_it(world: World) -> None:
    first, second = root(), root(1)
    answer = await world.ada.send("PUT", ROOT, first)
    assert answer.status_code == 200
    assert answer.json() == await meta(world.ada)
    found = answer.json()
    assert (found["root_salt"], found["wrapped_root"]) == (first["root_salt"], first["wrapped_root"])
    assert (found["format"], found["upgrading"], found["root_version"]) == (2, False, 1)
    assert (await world.ada.get("/api/auth/whoami/")).json()["has_encryption"] is True

    changed = (await world.ada.send("PUT", ROOT, second)).json()
    assert (changed["wrapped_root"], changed["root_version"]) == (second["wrapped_root"], 2)
    stale = await world.ada.send("PUT", ROOT, root(1))
    assert (stale.status_code, stale.json()["code"]) == (409, "vault.changed")
    twice = await world.ada.send("PUT", ROOT, root())
    assert (twice.status_code, twice.json()["code"]) == (409, "vault.already_set_up")
    early = await world.eve.send("PUT", ROOT, root(1))
    assert (early.status_code, early.json()["code"]) == (409, "vault.changed")
    assert await meta(world.ada) == changed
    assert (await meta(world.eve))["format"] == 0


async def test_of_many_who_set_up_at_once_one_does(world: World) -> None:
    answers = await asyncio.gather(*[world.ada.send("PUT", ROOT, root()) for _ in range(20)])

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert await meta(world.ada) == won


async def test_of_many_who_replace_at_once_one_does(world: World) -> None:
    await set_up_vault(world.ada)
    answers = await asyncio.gather(*[world.ada.send("PUT", ROOT, root(1)) for _ in range(20)])

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert (await meta(world.ada))["root_version"] == 2


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("root_salt", ""),
        ("root_salt", base64_of(15)),
        ("root_salt", "not base64!"),
        ("wrapped_root", ""),
        ("wrapped_root", base64_of(72)),
        ("wrapped_root", "e2e2::" + base64_of(72)),
        ("wrapped_root", "root2::" + base64_of(71)),
        ("wrapped_root", "root2::" + base64_of(73)),
        ("wrapped_root", "root2::" + base64_of(72) + "\n"),
        ("expected_version", -1),
        ("expected_version", 2**70),
        ("expected_version", "0"),
    ],
)
async def test_what_is_no_root_is_refused(world: World, field: str, value: Any) -> None:
    answer = await world.ada.send("PUT", ROOT, root(**{field: value}))

    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]) == [field]
    assert (await meta(world.ada))["format"] == 0


async def test_an_identity_is_told_the_format_and_shown_no_key_material(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    await set_up_vault(world.ada)
    whole = await meta(world.ada)
    assert all(whole[name] for name in MATERIAL)

    bound = await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})
    for actor in (world.agent, world.with_token(bound.json()["access"])):
        assert await meta(actor) == whole | dict.fromkeys(MATERIAL)
        for method, path, body in (
            ("PUT", ROOT, root(1)),
            ("PATCH", ENCRYPTION, of_format_1()),
            ("POST", UPGRADED, {}),
        ):
            assert (await actor.send(method, path, body)).status_code == 403
    assert await meta(world.ada) == whole


# --- the published client's format


async def test_format_1_is_set_up_once(world: World) -> None:
    material = of_format_1()
    assert (await world.ada.send("PATCH", ENCRYPTION, material)).status_code == 200
    found = await meta(world.ada)
    assert {name: found[name] for name in material} == material
    assert (found["format"], found["upgrading"], found["root_version"]) == (1, False, 0)

    assert (await world.ada.send("PATCH", ENCRYPTION, material)).status_code == 200, "a repetition"
    assert (await world.ada.send("PATCH", ENCRYPTION, of_format_1())).status_code == 409
    assert await meta(world.ada) == found


async def test_an_account_of_format_2_never_goes_back(world: World) -> None:
    await set_up_vault(world.ada)
    found = await meta(world.ada)

    refusal = await world.ada.send("PATCH", ENCRYPTION, of_format_1())

    assert (refusal.status_code, refusal.json()["code"]) == (409, "vault.already_set_up")
    assert await meta(world.ada) == found


async def test_an_upgrade_ends_when_nothing_is_left_in_the_old_format(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    early = await world.ada.post(UPGRADED)
    assert (early.status_code, early.json()["code"]) == (409, "vault.not_upgraded")

    await world.ada.send("PUT", ROOT, root())
    upgrading = await meta(world.ada)
    assert (upgrading["format"], upgrading["upgrading"]) == (2, True)
    await put_legacy(world)
    blocked = await world.ada.post(UPGRADED)
    assert (blocked.status_code, blocked.json()["code"]) == (409, "vault.not_upgraded")
    assert blocked.json()["error"]["details"] == {"count": 2}
    assert await meta(world.ada) == upgrading

    await world.agent.send("PUT", "/api/secrets/OLD/", {"value": sealed()})
    await world.agent.send("DELETE", "/api/secrets/NOTES/")
    done = await world.ada.post(UPGRADED)
    assert done.status_code == 200
    assert done.json() == upgrading | {"upgrading": False, "salt": None, "verifier": None, "public_key": None}
    assert (await world.ada.post(UPGRADED)).json() == done.json(), "once more is fine"
    assert (await world.agent.send("PUT", "/api/secrets/OLD/", {"value": legacy()})).status_code == 422


async def put_legacy(world: World) -> None:
    """Two rows with texts in the old format, one of them in its notes, and one without any."""
    for key, body in (
        ("OLD", {"value": legacy()}),
        ("NOTES", {"value": sealed(), "notes": legacy()}),
        ("NEW", {"value": sealed()}),
    ):
        answer = await world.agent.send("PUT", f"/api/secrets/{key}/", body)
        assert answer.status_code == 201, answer.text


async def test_former_passwords_and_other_kinds_block_the_end_of_an_upgrade_too(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    await world.ada.send("PUT", ROOT, root())
    made = await world.agent.post("/api/passwords/", {"domain": "example.com", "password": legacy()})
    path = f"/api/passwords/{made.json()['uuid']}/"
    await world.agent.send("PATCH", path, {"password": sealed()})
    seed = await world.agent.post("/api/mfa/", {"service_name": "github", "secret": legacy()})

    assert (await world.ada.post(UPGRADED)).json()["error"]["details"] == {"count": 2}
    await world.agent.send("DELETE", f"/api/mfa/{seed.json()['id']}/")
    assert (await world.ada.post(UPGRADED)).json()["error"]["details"] == {"count": 1}, "the former password"
    await world.agent.send("DELETE", path)
    assert (await world.ada.post(UPGRADED)).status_code == 200


async def test_an_upgrade_of_what_is_not_format_1_is_over_before_it_begins(world: World) -> None:
    assert (await world.ada.post(UPGRADED)).json()["format"] == 0
    await set_up_vault(world.eve)
    found = await meta(world.eve)
    assert (await world.eve.post(UPGRADED)).json() == found


async def test_others_rows_do_not_block_an_upgrade(world: World) -> None:
    await set_up_legacy_vault(world.eve)
    await world.eve.send("PUT", "/api/secrets/OLD/", {"value": legacy()})
    await set_up_legacy_vault(world.ada)
    await world.ada.send("PUT", ROOT, root())

    assert (await world.ada.post(UPGRADED)).status_code == 200


async def test_changes_of_the_accounts_keys_leave_events_without_keys(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    for version in (0, 1):
        await world.ada.send("PUT", ROOT, root(version))
    await world.ada.send("PUT", ROOT, root(1))
    for _ in range(2):
        await world.ada.post(UPGRADED)

    events = await events_of(world.ada, "vault")
    assert [event["type"] for event in events] == ["vault.set_up", "vault.rekeyed", "vault.upgraded"]
    assert [event["data"].get("root_version") for event in events] == [1, 2, None]
    assert {event["data"]["by"]["kind"] for event in events} == {"session"}
    assert {event["identity"] for event in events} == {None}
    assert "root2::" not in str(events)
    assert await events_of(world.agent, "vault") == []
