"""Seeds of one-time codes over the wire (contract: MFA), on both engines."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.support.sealed import (
    events_of,
    legacy,
    random_base64,
    sealed,
    set_up_legacy_vault,
    set_up_vault,
)
from tests.support.world import Actor, World

TOTP = "/api/mfa/"
MISSING = "No TotpEntry matches the given query."


def entry(name: str = "GitHub", **more: Any) -> dict[str, Any]:
    """The body of a new entry, as our own client sends it."""
    return {"uuid": str(uuid.uuid4()), "service_name": name, "username": sealed(), "secret": sealed(), **more}


async def made(actor: Actor, name: str = "GitHub", **more: Any) -> dict[str, Any]:
    answer = await actor.post(TOTP, entry(name, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def paths(row: dict[str, Any]) -> list[str]:
    """Both ways to address an entry."""
    return [f"{TOTP}{row['uuid']}/", f"{TOTP}{row['id']}/"]


async def test_what_is_stored_comes_back_byte_for_byte_by_uuid_and_by_number(world: World) -> None:
    body = entry()
    row = (await world.agent.post(TOTP, body)).json()

    assert {name: row[name] for name in body} == body
    assert (row["identity"], row["identity_uuid"]) == (world.mine["id"], world.mine["uuid"])
    assert (row["user_id"], row["revision"]) == (None, 1)
    for path in paths(row):
        assert (await world.agent.get(path)).json() == row
    assert (await world.agent.get(TOTP)).json() == [row]


async def test_a_name_is_used_once_within_an_identity(world: World) -> None:
    first = await made(world.agent)
    for again in (entry(), entry("Other", uuid=first["uuid"])):
        answer = await world.agent.post(TOTP, again)
        assert (answer.status_code, answer.json()["code"]) == (409, "vault.entry_exists")
    assert (await made(world.agent, "github"))["service_name"] == "github", "letters are compared as they are"
    assert (await made(world.ada, identity=world.sibling["id"]))["identity"] == world.sibling["id"]
    assert (await made(world.eve, uuid=first["uuid"]))["uuid"] == first["uuid"]


async def test_of_parallel_creates_and_renames_to_one_name_one_succeeds(world: World) -> None:
    rows = [await made(world.agent, f"old-{place}") for place in range(6)]
    answers = await asyncio.gather(
        *(world.agent.send("PATCH", paths(row)[0], {"service_name": "new", "secret": sealed()}) for row in rows),
        *(world.agent.post(TOTP, entry("new")) for _ in range(6)),
    )

    codes = [answer.status_code for answer in answers]
    assert len([code for code in codes if code in (200, 201)]) == 1
    assert codes.count(409) == 11
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"vault.entry_exists"}
    names = [row["service_name"] for row in (await world.agent.get(f"{TOTP}?values=false")).json()]
    assert len(names) == len(set(names))
    assert "new" in names


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "x" * 129, "\u200b"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_name_is_printable_and_not_long(world: World, name: str) -> None:
    row = await made(world.agent, "Zoë's bank: 2")
    answers = [
        await world.agent.post(TOTP, entry(name)),
        await world.agent.send("PATCH", paths(row)[0], {"service_name": name, "secret": sealed()}),
    ]
    for answer in answers:
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["service_name"])


@pytest.mark.parametrize("field", ["service_name", "secret"])
async def test_a_new_entry_needs_a_name_and_a_seed(world: World, field: str) -> None:
    body = entry()
    del body[field]
    answer = await world.agent.post(TOTP, body)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, [field])


@pytest.mark.parametrize("field", ["secret", "username"])
async def test_a_readable_field_is_refused_and_named_and_not_repeated(world: World, field: str) -> None:
    row = await made(world.agent)
    for text in ("JBSWY3DPEHPK3PXP", "e2e2::JBSWY3DPEHPK3PXP", "e2e::" + random_base64(60)):
        created = await world.agent.post(TOTP, entry("New", **{field: text}))
        patched = await world.agent.send("PATCH", paths(row)[0], {field: text})
        for answer in (created, patched):
            assert (answer.status_code, answer.json()["code"]) == (422, "vault.plaintext_refused"), text
            assert list(answer.json()["error"]["details"]) == [field]
            assert text not in answer.text
    assert (await world.agent.get(TOTP)).json() == [row]


async def test_the_server_chooses_a_uuid_for_the_older_format_only(world: World) -> None:
    await set_up_legacy_vault(world.ada)
    refused = await world.agent.post(TOTP, {"service_name": "a", "secret": sealed()})
    stored = await world.agent.post(TOTP, {"service_name": "a", "secret": legacy(), "uuid": ""})
    malformed = await world.agent.post(TOTP, entry("b", uuid="B" * 36))

    assert (refused.status_code, list(refused.json()["error"]["details"])) == (422, ["uuid"])
    assert stored.status_code == 201
    assert uuid.UUID(stored.json()["uuid"])
    assert (malformed.status_code, list(malformed.json()["error"]["details"])) == (422, ["uuid"])


async def test_what_was_sealed_for_another_key_is_refused(world: World) -> None:
    await set_up_vault(world.ada)
    row = await made(world.ada, identity=world.mine["id"], sealed_for=random_base64(32))
    other = random_base64(32)

    for answer in (
        await world.agent.post(TOTP, entry("b", sealed_for=other)),
        await world.agent.send("PATCH", paths(row)[0], {"secret": sealed(), "sealed_for": other}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "vault.key_differs")


async def test_a_list_is_ordered_by_name_and_filtered_by_it(world: World) -> None:
    b, a, z = [await made(world.agent, name) for name in ("b", "a", "Z")]

    assert (await world.agent.get(TOTP)).json() == [z, a, b]
    assert (await world.agent.get(f"{TOTP}?name=a")).json() == [a]
    assert (await world.agent.get(f"{TOTP}?name=%25")).json() == []


async def test_a_list_without_values_has_names_only_and_leaves_no_trace(world: World) -> None:
    row = await made(world.agent)
    before = await events_of(world.ada, "totp")

    assert (await world.agent.get(f"{TOTP}?values=false")).json() == [row | {"username": "", "secret": ""}]
    assert await events_of(world.ada, "totp") == before


async def test_a_change_touches_what_it_names(world: World) -> None:
    row = await made(world.agent)
    for revision, path in enumerate(paths(row), 2):
        world.clock.advance(minutes=1)
        new = sealed()
        changed = (await world.agent.send("PATCH", path, {"username": new})).json()
        assert changed == row | {"username": new, "revision": revision, "updated_dt": changed["updated_dt"]}
        assert changed["updated_dt"] > row["updated_dt"]
    assert (await world.agent.get(path)).json() == changed


async def test_another_name_needs_the_seed_sealed_with_it(world: World) -> None:
    row = await made(world.agent)
    refused = await world.agent.send("PATCH", paths(row)[0], {"service_name": "GitLab"})
    assert (refused.status_code, list(refused.json()["error"]["details"])) == (422, ["secret"])
    assert (await world.agent.get(TOTP)).json() == [row]

    same = await world.agent.send("PATCH", paths(row)[0], {"service_name": "GitHub"})
    assert same.status_code == 200
    await made(world.ada, "GitLab", identity=world.sibling["id"])  # which is no matter to this one
    secret = sealed()
    renamed = await world.agent.send("PATCH", paths(row)[0], {"service_name": "GitLab", "secret": secret})
    assert (renamed.json()["service_name"], renamed.json()["secret"]) == ("GitLab", secret)
    assert (await made(world.agent, "GitHub"))["service_name"] == "GitHub", "the old name is free"


async def test_a_seed_is_not_emptied(world: World) -> None:
    row = await made(world.agent)
    answer = await world.agent.send("PATCH", paths(row)[0], {"secret": ""})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["secret"])


async def test_what_is_deleted_is_gone(world: World) -> None:
    by_uuid, by_number = await made(world.agent, "a"), await made(world.agent, "b")
    for path in (paths(by_uuid)[0], paths(by_number)[1]):
        gone = await world.agent.send("DELETE", path)
        assert (gone.status_code, gone.content) == (204, b"")
        for method in ("GET", "PATCH", "DELETE"):
            answer = await world.agent.send(method, path, {} if method == "PATCH" else None)
            assert (answer.status_code, answer.json()["detail"]) == (404, MISSING)
    assert (await world.agent.get(TOTP)).json() == []


@pytest.mark.parametrize("ref", ["0", "9" * 18, "9" * 19, "9" * 5000, "-1", "٣", "x", "%F0%9F%99%82"])
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_what_names_nothing_is_not_found(world: World, ref: str) -> None:
    answer = await world.agent.get(f"{TOTP}{ref}/")
    assert (answer.status_code, answer.json()["detail"]) == (404, MISSING)


async def test_an_account_without_a_selection_names_the_identity_or_addresses_its_entry(world: World) -> None:
    row = await made(world.ada, identity=world.sibling["id"])
    assert row["identity_uuid"] == world.sibling["uuid"]
    unsaid = await world.ada.post(TOTP, entry("b"))
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "identity.required")
    fenced = await world.agent.post(TOTP, entry("b", identity=world.sibling["id"]))
    assert (fenced.status_code, fenced.json()["code"]) == (403, "auth.forbidden")

    for path in paths(row):
        assert (await world.ada.get(path)).json()["uuid"] == row["uuid"]
        assert (await world.ada.send("PATCH", path, {"secret": sealed()})).json()["identity"] == world.sibling["id"]
    await world.ada.post(f"/api/identities/{world.sibling['uuid']}/disable/")
    for method in ("PATCH", "DELETE"):
        answer = await world.ada.send(method, paths(row)[0], {})
        assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled")


async def test_the_same_uuid_in_two_identities_needs_a_selection(world: World) -> None:
    mine = await made(world.agent)
    siblings = await made(world.ada, identity=world.sibling["id"], uuid=mine["uuid"])
    by_uuid, by_number = paths(siblings)

    unsaid = await world.ada.get(by_uuid)
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "vault.entry_ambiguous")
    assert (await world.ada.get(by_number)).json() == siblings
    assert (await world.ada.get(f"{by_uuid}?identity={world.sibling['uuid']}")).json() == siblings


async def test_what_belongs_to_others_looks_absent_and_stays_untouched(world: World) -> None:
    siblings = await made(world.ada, identity=world.sibling["id"])
    foreign = await made(world.eve)

    for actor, row in ((world.agent, siblings), (world.agent, foreign), (world.ada, foreign)):
        for path in paths(row):
            for method in ("GET", "PATCH", "DELETE"):
                answer = await actor.send(method, path, {"secret": sealed()} if method == "PATCH" else None)
                assert (answer.status_code, answer.json()["detail"]) == (404, MISSING)
    assert (await world.agent.get(TOTP)).json() == []
    assert (await world.ada.get(TOTP)).json() == [siblings]
    assert (await world.eve.get(TOTP)).json() == [foreign]


async def test_every_use_leaves_one_event_with_names_and_no_values(world: World) -> None:
    row = await made(world.agent)
    new = sealed()
    await world.agent.get(TOTP)
    await world.agent.get(paths(row)[1])
    await world.agent.send("PATCH", paths(row)[0], {"secret": new})
    await world.agent.post(TOTP, entry())
    await world.agent.send("DELETE", paths(row)[0])
    await world.agent.get(TOTP)

    events = await events_of(world.agent, "totp")
    assert [event["type"] for event in events] == [
        "totp.written",
        "totp.read",
        "totp.read",
        "totp.written",
        "totp.deleted",
    ]
    assert {(*event["data"]["names"], *event["data"]["uuids"]) for event in events} == {("GitHub", row["uuid"])}
    assert {event["data"]["by"]["kind"] for event in events} == {"identity_key"}
    assert not [text for text in (row["secret"], row["username"], new) if text.removeprefix("e2e2::") in str(events)]
