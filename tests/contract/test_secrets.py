"""Secrets over the wire (contract: secrets), on both engines."""

import asyncio

import pytest

from tests.support.sealed import legacy, random_base64, sealed, set_up_legacy_vault
from tests.support.world import Actor, World

SECRETS = "/api/secrets/"
MISSING = "No SecretEntry matches the given query."


async def put(actor: Actor, key: str, **more: object) -> dict[str, object]:
    """Set a secret as our own client does; its row."""
    answer = await actor.send("PUT", f"{SECRETS}{key}/", {"value": sealed(), **more})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def test_what_is_stored_comes_back_byte_for_byte(world: World) -> None:
    body = {"value": sealed(), "notes": sealed()}
    answer = await world.agent.send("PUT", f"{SECRETS}API_KEY/", body)

    row = answer.json()
    assert answer.status_code == 201
    assert {name: row[name] for name in body} == body
    assert (row["key"], row["revision"]) == ("API_KEY", 1)
    assert (row["identity"], row["identity_uuid"]) == (world.mine["id"], world.mine["uuid"])
    assert row["created_dt"] == row["updated_dt"]
    assert row["created_dt"].endswith("Z")
    for ref in ("API_KEY", "api_key", row["uuid"], row["uuid"].upper()):
        assert (await world.agent.get(f"{SECRETS}{ref}/")).json() == row, ref
    assert (await world.agent.get(SECRETS)).json() == [row]


async def test_setting_again_replaces_the_value_and_keeps_what_is_not_said(world: World) -> None:
    first = await put(world.agent, "TOKEN", notes=sealed())
    world.clock.advance(seconds=5)
    value = sealed()
    answer = await world.agent.send("PUT", f"{SECRETS}token/", {"value": value})

    assert answer.status_code == 200
    changed = answer.json()
    assert changed == first | {"value": value, "revision": 2, "updated_dt": changed["updated_dt"]}
    assert changed["updated_dt"] > first["updated_dt"]
    emptied = await world.agent.send("PUT", f"{SECRETS}TOKEN/", {"value": "", "notes": ""})
    assert (emptied.json()["value"], emptied.json()["notes"]) == ("", ""), "empty is not absent"


async def test_fifty_puts_of_one_key_at_once_give_one_secret(world: World) -> None:
    answers = await asyncio.gather(
        *[world.agent.send("PUT", f"{SECRETS}RACE/", {"value": sealed()}) for _ in range(50)]
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert sorted(answer.json()["revision"] for answer in answers) == list(range(1, 51))
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    (row,) = (await world.agent.get(SECRETS)).json()
    assert row == next(answer.json() for answer in answers if answer.json()["revision"] == 50)


async def test_bulk_writes_of_the_same_keys_in_any_order_all_succeed(world: World) -> None:
    keys = [f"K{number}" for number in range(20)]

    async def write(order: list[str]) -> int:
        body = {"secrets": [{"key": key, "value": sealed()} for key in order]}
        return (await world.agent.send("PUT", SECRETS, body)).status_code

    assert set(await asyncio.gather(*[write(keys[::step]) for step in (1, -1) * 8])) == {200}
    assert {row["revision"] for row in (await world.agent.get(SECRETS)).json()} == {16}


async def test_a_bulk_write_sets_all_and_answers_by_key(world: World) -> None:
    old = await put(world.agent, "OLD", notes=sealed())
    items = [{"key": "zed", "value": sealed(), "notes": sealed()}, {"key": "OLD", "value": sealed()}]
    answer = await world.agent.send("PUT", SECRETS, {"secrets": items})

    assert answer.status_code == 200
    assert [(row["key"], row["value"], row["notes"]) for row in answer.json()] == [
        ("OLD", items[1]["value"], old["notes"]),
        ("ZED", items[0]["value"], items[0]["notes"]),
    ]
    assert (await world.agent.get(SECRETS)).json() == answer.json()
    assert (await world.agent.send("PUT", SECRETS, {"secrets": []})).json() == []


async def test_a_bulk_write_with_one_bad_item_writes_nothing(world: World) -> None:
    good = {"key": "GOOD", "value": sealed()}
    for bad, field in (
        ({"key": "BAD", "value": "readable"}, "secrets[1].value"),
        ({"key": "BAD", "value": sealed(), "notes": "readable"}, "secrets[1].notes"),
        ({"key": "9BAD", "value": sealed()}, "secrets[1].key"),
        ({"key": "good", "value": sealed()}, "secrets[1].key"),
    ):
        answer = await world.agent.send("PUT", SECRETS, {"secrets": [good, bad]})
        assert answer.status_code == 422, answer.text
        assert list(answer.json()["error"]["details"]) == [field]
    too_many = [{"key": f"K{number}", "value": ""} for number in range(1001)]
    assert (await world.agent.send("PUT", SECRETS, {"secrets": too_many})).status_code == 422
    assert (await world.agent.get(SECRETS)).json() == []


async def test_a_thousand_secrets_and_a_hundred_large_ones_fit_into_one_request(world: World) -> None:
    many = {"secrets": [{"key": f"K{number}", "value": sealed()} for number in range(1000)]}
    assert len((await world.agent.send("PUT", SECRETS, many)).json()) == 1000

    import_ = {"secrets": [{"key": f"BIG{number}", "value": large()} for number in range(100)]}
    answer = await world.agent.send("PUT", SECRETS, import_)
    assert answer.status_code == 200
    assert [row["value"] for row in answer.json()] == [item["value"] for item in sorted_(import_["secrets"])]

    single = await world.agent.send("PUT", f"{SECRETS}ONE/", {"value": "", "padding": "x" * 1024 * 1024})
    assert single.status_code == 413, "elsewhere the limit is as it was"


def large() -> str:
    """What 64 KiB become when they are sealed."""
    return "e2e2::" + random_base64(65536 + 40)


def sorted_(items: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(items, key=lambda item: item["key"])


async def test_lists_are_ordered_by_key_and_can_be_narrowed(world: World) -> None:
    for key in ("b", "A_2", "a", "A1"):
        await put(world.agent, key)

    async def keys(query: str = "") -> list[str]:
        return [row["key"] for row in (await world.agent.get(f"{SECRETS}{query}")).json()]

    assert await keys() == ["A", "A1", "A_2", "B"]
    assert await keys("?key=a&key=B&key=missing&key=no-key") == ["A", "B"]
    assert await keys("?key=no-key") == []
    assert (await world.agent.get(f"{SECRETS}?limit=1&offset=1")).json()["results"][0]["key"] == "A1"


async def test_a_list_without_values_has_empty_fields(world: World) -> None:
    row = await put(world.agent, "TOKEN", notes=sealed())

    assert (await world.agent.get(f"{SECRETS}?values=false")).json() == [row | {"value": "", "notes": ""}]
    assert (await world.agent.get(f"{SECRETS}?values=true")).json() == [row]


async def test_posting_refuses_a_key_that_exists(world: World) -> None:
    """What the published SDKs and CLIs do: they look first, and PATCH what is there."""
    body = {"uuid": "", "key": "lower", "value": sealed(), "notes": "", "created_dt": "", "identity": 0}
    first = await world.agent.post(SECRETS, body)
    assert (first.status_code, first.json()["key"], first.json()["value"]) == (201, "LOWER", body["value"])

    second = await world.agent.post(SECRETS, {"key": "Lower", "value": sealed()})
    assert (second.status_code, second.json()["code"]) == (422, "validation.failed")
    assert list(second.json()["error"]["details"]) == ["key"]
    assert (await world.agent.get(SECRETS)).json() == [first.json()]
    assert (await world.agent.post(SECRETS, {"value": sealed()})).status_code == 422


async def test_fifty_posts_of_one_key_at_once_make_one_secret(world: World) -> None:
    answers = await asyncio.gather(*[world.agent.post(SECRETS, {"key": "RACE", "value": sealed()}) for _ in range(50)])

    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 49


async def test_a_create_that_is_repeated_with_its_idempotency_key_makes_one_secret(world: World) -> None:
    body = {"key": "ONCE", "value": sealed()}
    answers = [await world.agent.post(SECRETS, body, idempotency_key="k") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", ["", "9A", "_A", "A-B", "A B", "A=B", "ß", "Ä", "A" * 129, "A\n"])
async def test_a_key_is_a_letter_and_then_letters_digits_and_underscores(world: World, key: str) -> None:
    assert (await world.agent.post(SECRETS, {"key": key, "value": ""})).status_code == 422
    assert (await world.agent.get(SECRETS)).json() == []


async def test_the_longest_key_is_a_key(world: World) -> None:
    assert (await put(world.agent, "k" * 128))["key"] == "K" * 128
    assert (await world.agent.send("PUT", f"{SECRETS}{'K' * 129}/", {"value": ""})).status_code == 422
    assert (await world.agent.send("PUT", f"{SECRETS}NO_VALUE/", {})).status_code == 422


async def test_a_change_touches_what_it_names(world: World) -> None:
    row = await put(world.agent, "TOKEN", notes=sealed())
    value, notes = sealed(), sealed()

    one = await world.agent.send("PATCH", f"{SECRETS}{row['uuid']}/", {"value": value})
    assert (one.json()["value"], one.json()["notes"], one.json()["revision"]) == (value, row["notes"], 2)
    other = await world.agent.send("PATCH", f"{SECRETS}token/", {"notes": notes, "key": "token"})
    assert (other.json()["value"], other.json()["notes"], other.json()["revision"]) == (value, notes, 3)


async def test_fifty_changes_at_once_are_all_counted(world: World) -> None:
    row = await put(world.agent, "TOKEN")
    path = f"{SECRETS}{row['uuid']}/"
    answers = await asyncio.gather(*[world.agent.send("PATCH", path, {"value": sealed()}) for _ in range(50)])

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["revision"] for answer in answers) == list(range(2, 52))


async def test_a_new_name_needs_what_was_sealed_for_the_old_one_sealed_anew(world: World) -> None:
    """The key is part of what a text is sealed for: moved to another, nobody could open it any more."""
    row = await put(world.agent, "OLD", notes=sealed())
    await put(world.agent, "TAKEN")
    path = f"{SECRETS}{row['uuid']}/"

    for body in ({"key": "NEW"}, {"key": "NEW", "value": sealed()}, {"key": "NEW", "notes": sealed()}):
        refusal = await world.agent.send("PATCH", path, body)
        assert (refusal.status_code, list(refusal.json()["error"]["details"])) == (422, ["key"])
    whole = {"value": sealed(), "notes": sealed()}
    for key in ("TAKEN", "no-key"):
        assert (await world.agent.send("PATCH", path, {"key": key, **whole})).status_code == 422
    assert (await world.agent.get(path)).json() == row, "untouched"

    renamed = (await world.agent.send("PATCH", path, {"key": "new", **whole})).json()
    assert renamed == row | whole | {"key": "NEW", "revision": 2, "updated_dt": renamed["updated_dt"]}
    assert (await world.agent.get(f"{SECRETS}NEW/")).json() == renamed
    assert (await world.agent.get(f"{SECRETS}OLD/")).status_code == 404


async def test_a_published_client_may_rename_what_it_sealed(world: World) -> None:
    """Its texts are sealed for no name."""
    await set_up_legacy_vault(world.ada)
    row = await put(world.agent, "OLD", value=legacy())
    renamed = (await world.agent.send("PATCH", f"{SECRETS}{row['uuid']}/", {"key": "NEW"})).json()

    assert (renamed["key"], renamed["value"], renamed["uuid"]) == ("NEW", row["value"], row["uuid"])


async def test_deleting_is_for_good(world: World) -> None:
    by_key, by_uuid = await put(world.agent, "A"), await put(world.agent, "B")

    gone = await world.agent.send("DELETE", f"{SECRETS}a/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await world.agent.send("DELETE", f"{SECRETS}{by_uuid['uuid']}/")).status_code == 204
    for ref in ("A", by_key["uuid"], "B", "no-key"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = await world.agent.send(method, f"{SECRETS}{ref}/", {})
            assert (answer.status_code, answer.json()["detail"]) == (404, MISSING), (method, ref)
    again = await put(world.agent, "A")
    assert (again["revision"], again["uuid"] == by_key["uuid"]) == (1, False)
