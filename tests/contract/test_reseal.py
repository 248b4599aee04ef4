"""What an upgrade does to a whole account: every sealed text read and written anew. On both engines."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.support.sealed import events_of, legacy, random_base64, sealed, set_up_legacy_vault, set_up_vault
from tests.support.world import Actor, World

SEALED = "/api/vault/sealed/"


async def upgrading(owner: Actor) -> None:
    """Bring the account into the middle of an upgrade."""
    await set_up_legacy_vault(owner)
    await set_up_vault(owner)


async def made(actor: Actor, path: str, **body: Any) -> dict[str, Any]:
    answer = await actor.post(path, body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def records(owner: Actor, limit: int = 200) -> list[dict[str, Any]]:
    """Every page, in one list."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        answer = await owner.get(f"{SEALED}?limit={limit}&after={after}")
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["records"]) <= limit
        found += answer.json()["records"]
        after = answer.json()["next"]
    return found


async def reseal(owner: Actor, *rows: dict[str, Any]) -> Any:
    answer = await owner.send("PUT", SEALED, {"records": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def anew(row: dict[str, Any]) -> dict[str, Any]:
    return {"record": row["record"], "revision": row["revision"], "fields": {name: sealed() for name in row["fields"]}}


async def one_of_each(world: World) -> dict[str, dict[str, Any]]:
    """A row of every kind, some of a sibling: its place in the vault as `records` should name it."""
    sibling = world.with_token(world.sibling["api_key"])
    secret = await made(world.agent, "/api/secrets/", key="TOKEN", value=legacy())
    password = await made(
        sibling,
        "/api/passwords/",
        uuid=str(uuid.uuid4()),
        domain="example.com",
        username=legacy(),
        password=legacy(),
        notes=legacy(),
    )
    seed = await made(world.agent, "/api/mfa/", uuid=str(uuid.uuid4()), service_name="github", secret=legacy())
    changed = (await sibling.send("PATCH", f"/api/passwords/{password['uuid']}/", {"password": legacy()})).json()
    former = {name: password[name] for name in ("username", "password", "notes")}
    return {
        "s": place("secret", secret, "TOKEN", 1, {"value": secret["value"]}),
        "p": {
            **place("password", password, password["uuid"], 2, former | {"password": changed["password"]}),
            "domain": "example.com",
        },
        "v": place("password", password, password["uuid"], 1, former),
        "t": place("totp", seed, seed["uuid"], 1, {"secret": seed["secret"]}),
    }


def place(kind: str, row: dict[str, Any], entry: str, revision: int, fields: dict[str, str]) -> dict[str, Any]:
    identity = row["identity_uuid"]
    return {"kind": kind, "identity_uuid": identity, "entry": entry, "revision": revision, "fields": fields}


async def test_everything_sealed_is_listed_once_whatever_the_size_of_pages(world: World) -> None:
    await upgrading(world.ada)
    expected = list((await one_of_each(world)).values())
    await made(world.eve, "/api/secrets/", key="FOREIGN", value=sealed())

    for limit in (1, 2, 3, 4, 200, 1000):
        found = await records(world.ada, limit)
        assert [{**row, "record": None} for row in found] == [{**row, "record": None} for row in expected], limit
        assert len({row["record"] for row in found}) == 4
    assert [row["entry"] for row in await records(world.eve)] == ["FOREIGN"]


async def test_many_rows_take_several_pages(world: World) -> None:
    await upgrading(world.ada)
    items = [{"key": f"K{number}", "value": sealed()} for number in range(450)]
    await world.agent.send("PUT", "/api/secrets/", {"secrets": items})

    first = (await world.ada.get(SEALED)).json()
    assert len(first["records"]) == 200
    assert {row["entry"] for row in await records(world.ada)} == {item["key"] for item in items}


async def test_a_page_of_large_rows_ends_early_and_fits_into_one_request_on_its_way_back(world: World) -> None:
    await upgrading(world.ada)
    text = "e2e2::" + random_base64(98000)
    for start in range(0, 120, 60):
        items = [{"key": f"K{number}", "value": text, "notes": text} for number in range(start, start + 60)]
        assert (await world.agent.send("PUT", "/api/secrets/", {"secrets": items})).status_code == 200

    first = (await world.ada.get(SEALED)).json()
    assert 0 < len(first["records"]) < 120
    assert first["next"] is not None
    assert (await reseal(world.ada, *first["records"]))["stale"] == []
    assert len(await records(world.ada)) == 120


async def test_a_resealed_row_keeps_everything_but_its_texts_and_revision(world: World) -> None:
    await upgrading(world.ada)
    await one_of_each(world)
    sibling = world.with_token(world.sibling["api_key"])
    before = [(await actor.get(path)).json() for actor, path in lists(world, sibling)]
    history = f"/api/passwords/{before[1][0]['uuid']}/history/"
    former = (await sibling.get(history)).json()
    world.clock.advance(seconds=60)
    rows = await records(world.ada)
    new = [anew(row) for row in rows]

    assert await reseal(world.ada, *new) == {"resealed": 4, "stale": []}

    assert await records(world.ada) == [
        {**row, "revision": row["revision"] + 1, "fields": text["fields"]} for row, text in zip(rows, new, strict=True)
    ]
    by_letter = {text["record"][0]: text["fields"] for text in new}
    for (actor, path), letter, old in zip(lists(world, sibling), "spt", before, strict=True):
        (row,) = (await actor.get(path)).json()
        assert row == old[0] | by_letter[letter] | {"revision": old[0]["revision"] + 1}, path
    assert (await sibling.get(history)).json() == [former[0] | by_letter["v"]], "nor has it become a version"


def lists(world: World, sibling: Actor) -> list[tuple[Actor, str]]:
    return [(world.agent, "/api/secrets/"), (sibling, "/api/passwords/"), (world.agent, "/api/mfa/")]


async def test_what_was_changed_or_deleted_or_resealed_meanwhile_is_left_alone(world: World) -> None:
    await upgrading(world.ada)
    for key in ("STAYS", "CHANGED", "GONE"):
        await made(world.agent, "/api/secrets/", key=key, value=sealed())
    stays, changed, gone = await records(world.ada)
    newer = (await world.agent.send("PUT", "/api/secrets/CHANGED/", {"value": sealed()})).json()
    await world.agent.send("DELETE", "/api/secrets/GONE/")
    work = [anew(row) for row in (gone, stays, changed)]

    assert await reseal(world.ada, *work) == {"resealed": 1, "stale": [gone["record"], changed["record"]]}
    assert (await reseal(world.ada, *work))["resealed"] == 0, "its revision has grown"
    assert (await world.agent.get("/api/secrets/CHANGED/")).json() == newer
    assert (await world.agent.get("/api/secrets/STAYS/")).json()["value"] == work[1]["fields"]["value"]
    for revision in (0, -1, 2**63, 2**70):
        assert (await reseal(world.ada, work[1] | {"revision": revision}))["stale"] == [stays["record"]]
    assert await reseal(world.ada) == {"resealed": 0, "stale": []}


async def test_rows_of_others_look_like_rows_that_are_gone(world: World) -> None:
    await upgrading(world.ada)
    await upgrading(world.eve)
    theirs = await made(world.eve, "/api/secrets/", key="FOREIGN", value=sealed())
    (row,) = await records(world.eve)

    assert await reseal(world.ada, anew(row)) == {"resealed": 0, "stale": [row["record"]]}
    assert (await world.eve.get("/api/secrets/FOREIGN/")).json() == theirs


async def test_a_row_that_is_written_and_resealed_at_once_ends_as_one_of_them_left_it(world: World) -> None:
    await upgrading(world.ada)
    for round_ in range(10):
        secret = await made(world.agent, "/api/secrets/", key=f"K{round_}", value=sealed())
        row = next(row for row in await records(world.ada) if row["entry"] == secret["key"])
        task = anew(row)
        value = sealed()
        done, written = await asyncio.gather(
            reseal(world.ada, task), world.agent.send("PUT", f"/api/secrets/K{round_}/", {"value": value})
        )
        assert written.status_code == 200
        kept = (await world.agent.get(f"/api/secrets/K{round_}/")).json()
        assert kept["value"] == value, "a write is never undone by resealing what was before it"
        assert kept["revision"] == 2 + done["resealed"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_only_sealed_texts_of_the_present_format_are_put_back(world: World) -> None:
    await upgrading(world.ada)
    secret = await made(world.agent, "/api/secrets/", key="TOKEN", value=sealed())
    (row,) = await records(world.ada)
    other = anew(row)
    for fields, code in (
        ({"value": ""}, "vault.plaintext_refused"),
        ({"value": "hunter2"}, "vault.plaintext_refused"),
        ({"value": legacy()}, "vault.plaintext_refused"),
        ({"value": sealed(), "notes": "hunter2"}, "vault.plaintext_refused"),
        ({"value": "e2e2::" + random_base64(98304)}, "validation.failed"),
        ({"password": sealed()}, "validation.failed"),
        ({"key": sealed()}, "validation.failed"),
        ({"revision = 7, value": sealed()}, "validation.failed"),
    ):
        answer = await world.ada.send("PUT", SEALED, {"records": [other, row | {"fields": fields}]})
        assert (answer.status_code, answer.json()["code"]) == (422, code), fields.keys()
        assert "hunter2" not in answer.text
    for record in ("", "s", "x1", "s-1", "s1 ", "S1", "s1;", "s" + "9" * 19, "s\u0661"):
        answer = await world.ada.send("PUT", SEALED, {"records": [row | {"record": record}]})
        assert answer.status_code == 422, record
        if record:
            assert (await world.ada.get(f"{SEALED}?after={record}")).status_code == 422, record
    assert (await world.ada.get(f"{SEALED}?limit=0")).status_code == 422
    assert (await world.ada.send("PUT", SEALED, {"records": [row] * 201})).status_code == 422
    assert (await world.agent.get("/api/secrets/")).json() == [secret], "untouched"


async def test_resealing_is_possible_during_an_upgrade_only(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    await made(world.agent, "/api/secrets/", key="TOKEN", value=legacy())
    (row,) = await records(world.ada)
    task = anew(row)

    async def try_() -> tuple[int, str | None]:
        answer = await world.ada.send("PUT", SEALED, {"records": [task]})
        return answer.status_code, answer.json().get("code")

    assert await try_() == (409, "conflict")
    await set_up_vault(world.ada)
    assert await try_() == (200, None)
    assert (await world.ada.post("/api/encryption/upgraded/")).status_code == 200
    assert await try_() == (409, "conflict")
    assert (await world.eve.send("PUT", SEALED, {"records": []})).status_code == 409


async def test_rows_of_a_disabled_identity_are_upgraded_too(world: World) -> None:
    await upgrading(world.ada)
    await made(world.agent, "/api/secrets/", key="TOKEN", value=legacy())
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")

    (row,) = await records(world.ada)
    assert (await reseal(world.ada, anew(row)))["resealed"] == 1


async def test_reading_and_writing_everything_is_recorded(world: World) -> None:
    await upgrading(world.ada)
    await one_of_each(world)
    rows = await records(world.ada)
    texts = [anew(row) for row in rows]
    await reseal(world.ada, *texts)
    await reseal(world.ada, *texts)
    assert await records(world.eve) == []

    events = (await events_of(world.ada, "vault"))[1:]
    assert [(event["type"], event["identity"]) for event in events] == [("vault.read", None), ("vault.resealed", None)]
    assert events[0]["data"]["names"] == ["TOKEN", "example.com", "example.com", "github"]
    assert events[1]["data"]["records"] == 4
    assert {event["data"]["by"]["kind"] for event in events} == {"session"}
    assert "::" not in str(events)  # a uuid may hold "e2e"
    assert await events_of(world.eve, "vault") == []
