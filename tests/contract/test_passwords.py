"""Passwords of sites over the wire (contract: passwords), on both engines."""

import uuid

import pytest

from tests.support.password_entries import FIELDS, MISSING, PASSWORDS, entry, made, path
from tests.support.sealed import (
    events_of,
    legacy,
    random_base64,
    sealed,
    set_up_legacy_vault,
    set_up_vault,
)
from tests.support.world import World


async def test_what_is_stored_comes_back_byte_for_byte(world: World) -> None:
    body = entry()
    answer = await world.agent.post(PASSWORDS, body)

    row = answer.json()
    assert answer.status_code == 201
    assert {name: row[name] for name in body} == body
    assert (row["identity"], row["identity_uuid"]) == (world.mine["id"], world.mine["uuid"])
    assert row["revision"] == 1
    assert row["created_dt"] == row["updated_dt"]
    assert row["created_dt"].endswith("Z")
    assert (await world.agent.get(path(row))).json() == row
    assert (await world.agent.get(f"{PASSWORDS}{row['uuid'].upper()}")).json() == row
    assert (await world.agent.get(PASSWORDS)).json() == [row]


async def test_a_create_that_is_repeated_with_its_key_makes_one_entry(world: World) -> None:
    body = entry()
    answers = [await world.agent.post(PASSWORDS, body, idempotency_key="once") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len((await world.agent.get(PASSWORDS)).json()) == 1


async def test_a_uuid_is_used_once_within_an_identity(world: World) -> None:
    first = await made(world.agent)
    second = await world.agent.post(PASSWORDS, entry(uuid=first["uuid"]))

    assert (second.status_code, second.json()["code"]) == (409, "vault.entry_exists")
    assert (await world.agent.get(path(first))).json() == first


async def test_the_same_uuid_in_two_identities_needs_a_selection(world: World) -> None:
    mine = await made(world.agent)
    siblings = await made(world.with_token(world.sibling["api_key"]), uuid=mine["uuid"])

    unsaid = await world.ada.get(path(mine))
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "vault.entry_ambiguous")
    assert sorted(unsaid.json()["error"]["details"]["identities"]) == sorted(
        [world.mine["uuid"], world.sibling["uuid"]]
    )
    assert (await world.ada.get(f"{path(mine)}?identity={world.sibling['uuid']}")).json() == siblings
    assert (await world.ada.get(path(mine), x_ravi_identity=world.mine["uuid"])).json() == mine


@pytest.mark.parametrize("chosen", ["x", "0B9F6D3A-7A53-4F5E-9D61-1F1C1B2A3C4D", "0b9f6d3a7a534f5e9d611f1c1b2a3c4d",
                                    "00000000-0000-0000-0000-000000000000", "🙂", "0" * 5000])  # fmt: skip
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_uuid_that_fields_were_not_sealed_for_is_refused(world: World, chosen: str) -> None:
    answer = await world.agent.post(PASSWORDS, entry(uuid=chosen))

    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]) == ["uuid"]


@pytest.mark.parametrize("unchosen", [{}, {"uuid": ""}])
async def test_without_a_uuid_only_the_older_format_can_be_right(world: World, unchosen: dict[str, str]) -> None:
    await set_up_legacy_vault(world.ada)
    body = {"domain": "example.com", "password": sealed(), **unchosen}
    refused = await world.agent.post(PASSWORDS, body)
    stored = await world.agent.post(PASSWORDS, body | {"password": legacy()})

    assert (refused.status_code, list(refused.json()["error"]["details"])) == (422, ["uuid"])
    assert stored.status_code == 201
    assert str(uuid.UUID(stored.json()["uuid"])) == stored.json()["uuid"]


# --- what may be stored


@pytest.mark.parametrize("field", FIELDS)
async def test_a_readable_field_is_refused_and_named_and_not_repeated(world: World, field: str) -> None:
    row = await made(world.agent)
    for text in (
        "hunter2-readable",
        "e2e2::hunter2-readable",
        "e2e2::" + random_base64(39),
        "e2e::" + random_base64(47),
    ):
        created = await world.agent.post(PASSWORDS, entry(**{field: text}))
        patched = await world.agent.send("PATCH", path(row), {field: text})
        for answer in (created, patched):
            assert (answer.status_code, answer.json()["code"]) == (422, "vault.plaintext_refused"), text
            assert list(answer.json()["error"]["details"]) == [field]
            assert text not in answer.text
    assert (await world.agent.get(PASSWORDS)).json() == [row]


async def test_the_older_format_is_for_accounts_that_have_it(world: World) -> None:
    refused = await world.agent.post(PASSWORDS, entry(password=legacy()))
    assert refused.json()["code"] == "vault.plaintext_refused"
    await set_up_legacy_vault(world.ada)

    row = await made(world.agent, password=legacy())

    foreign = await world.eve.post(PASSWORDS, entry(password=legacy()))
    assert foreign.json()["code"] == "vault.plaintext_refused"
    changed = await world.agent.send("PATCH", path(row), {"password": legacy()})
    assert changed.status_code == 200


async def test_a_field_of_128_ki_characters_is_stored_and_a_longer_one_is_not(world: World) -> None:
    prefix = "e2e2::"
    longest = prefix + random_base64((131_072 - len(prefix)) // 4 * 3)
    row = await made(world.agent, notes=longest)
    assert (await world.agent.get(path(row))).json()["notes"] == longest

    refused = await world.agent.post(PASSWORDS, entry(notes=prefix + random_base64(98_304)))
    assert (refused.status_code, list(refused.json()["error"]["details"])) == (422, ["notes"])


async def test_an_entry_with_nothing_sealed_in_it_is_refused(world: World) -> None:
    """A published SDK leaves the password out and expects one that was made for it."""
    for body in ({"domain": "example.com"}, {"domain": "example.com", "password": "", "username": ""}):
        answer = await world.agent.post(PASSWORDS, body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["password"])


async def test_what_was_sealed_for_another_key_is_refused(world: World) -> None:
    await set_up_vault(world.ada)
    key, other = random_base64(32), random_base64(32)
    chosen = f"?identity={world.mine['uuid']}"
    first = await world.ada.post(f"{PASSWORDS}{chosen}", entry(sealed_for=key))
    assert first.status_code == 201, first.text

    for actor in (world.ada, world.agent):
        refused = await actor.post(f"{PASSWORDS}{chosen}", entry(sealed_for=other))
        changed = await actor.send("PATCH", path(first.json()), {"password": sealed(), "sealed_for": other})
        for answer in (refused, changed):
            assert (answer.status_code, answer.json()["code"]) == (409, "vault.key_differs")
    kept = await world.agent.send("PATCH", path(first.json()), {"password": sealed(), "sealed_for": key})
    assert kept.status_code == 200


# --- lists


async def test_a_list_is_ordered_by_domain_and_filtered_by_it(world: World) -> None:
    rows = [await made(world.agent, domain=name) for name in ("b.example", "google.com", "a.example", "b.example")]
    b_first, google, a, b_second = rows
    moved = await made(world.agent, domain="mail.google.com")

    assert (await world.agent.get(PASSWORDS)).json() == [a, b_first, b_second, google, moved]
    for query, wanted in {
        "b.example": [b_first, b_second],
        "https%3A%2F%2Fwww.b.example%2Fx": [b_first, b_second],
        "google.com": [google],
        "MAIL.google.com": [google, moved],
        "ample": [],
        "%25": None,
        "": [a, b_first, b_second, google, moved],
    }.items():
        answer = await world.agent.get(f"{PASSWORDS}?domain={query}")
        if wanted is None:
            assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["domain"])
        else:
            assert answer.json() == wanted, query


async def test_a_list_without_values_has_names_only_and_leaves_no_trace(world: World) -> None:
    row = await made(world.agent)
    before = await events_of(world.ada, "password")

    for value in ("false", "0", "False"):
        (shown,) = (await world.agent.get(f"{PASSWORDS}?values={value}&domain=example.com")).json()
        assert shown == row | {"password": "", "notes": "", "site": ""}
    assert await events_of(world.ada, "password") == before
    assert (await world.agent.get(f"{PASSWORDS}?values=true")).json() == [row]
    assert len(await events_of(world.ada, "password")) == len(before) + 1


async def test_paging_gives_an_envelope(world: World) -> None:
    for _ in range(3):
        await made(world.agent)
    page = (await world.agent.get(f"{PASSWORDS}?limit=2")).json()
    assert (page["count"], len(page["results"])) == (3, 2)


# --- changes


async def test_a_change_touches_what_it_names(world: World) -> None:
    row = await made(world.agent)
    world.clock.advance(minutes=1)
    new = sealed()
    answer = await world.agent.send(
        "PATCH", path(row), {"password": new, "uuid": "", "created_dt": "", "updated_dt": "", "source": "x"}
    )

    changed = answer.json()
    assert answer.status_code == 200
    assert changed["updated_dt"] > row["updated_dt"]
    assert changed == row | {"password": new, "revision": 2, "updated_dt": changed["updated_dt"]}
    assert (await world.agent.get(path(row))).json() == changed
    emptied = await world.agent.send("PATCH", path(row), {"notes": ""})
    assert emptied.json()["notes"] == ""


async def test_a_change_for_another_revision_is_refused(world: World) -> None:
    row = await made(world.agent)
    first = await world.agent.send("PATCH", path(row), {"password": sealed(), "revision": 1})
    assert first.json()["revision"] == 2

    for revision in (1, 3, 0, -1, 2**70):
        late = await world.agent.send("PATCH", path(row), {"password": sealed(), "revision": revision})
        assert (late.status_code, late.json()["code"]) == (409, "vault.changed"), revision
    assert (await world.agent.get(path(row))).json() == first.json()


async def test_what_is_deleted_is_gone(world: World) -> None:
    row = await made(world.agent)
    await world.agent.send("PATCH", path(row), {"password": sealed()})
    gone = await world.agent.send("DELETE", path(row))

    assert (gone.status_code, gone.content) == (204, b"")
    for method, place in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "history/")):
        answer = await world.agent.send(method, path(row) + place, {} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["detail"]) == (404, MISSING)
    again = await made(world.agent, uuid=row["uuid"])
    assert (await world.agent.get(f"{path(again)}history/")).json() == []
