"""What may be stored: only what is sealed, and only for the key that the identity has. On both engines."""

import base64
import logging
from typing import Any

import pytest

from tests.support.sealed import legacy, random_base64, sealed, set_up_legacy_vault, set_up_vault
from tests.support.world import Actor, World, world_on

SECRETS = "/api/secrets/"
CONSPICUOUS = "hunter2-correct-horse"


def base64_of(size: int, byte: bytes = b"x") -> str:
    """The same text in every process, as names of tests must be."""
    return base64.b64encode(byte * size).decode()


def requests(field: str, text: str) -> list[tuple[str, str, Any]]:
    """Every request that writes secrets, with *text* in *field*."""
    fields = {"value": sealed(), field: text}
    return [
        ("PUT", f"{SECRETS}NEW/", fields),
        ("PUT", f"{SECRETS}OLD/", fields),
        ("PUT", SECRETS, {"secrets": [{"key": "OLD", **fields}]}),
        ("POST", SECRETS, {"key": "NEW", **fields}),
        ("PATCH", f"{SECRETS}OLD/", fields),
    ]


@pytest.mark.parametrize("field", ["value", "notes"])
async def test_readable_text_is_refused_in_every_field_and_shows_up_nowhere(
    database_url: str, field: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with world_on(database_url, log_level="debug") as world:
        await world.agent.send("PUT", f"{SECRETS}OLD/", {"value": sealed()})
        before = (await world.agent.get(SECRETS)).json()
        for method, path, body in requests(field, CONSPICUOUS):
            answer = await world.agent.send(method, path, body, idempotency_key=method + path)
            assert (answer.status_code, answer.json()["code"]) == (422, "vault.plaintext_refused"), (method, path)
            (named,) = answer.json()["error"]["details"]
            assert named.rpartition(".")[2] == field
            assert CONSPICUOUS not in answer.text
        assert (await world.agent.get(SECRETS)).json() == before
    written = capfd.readouterr()
    assert "/api/secrets/" in written.err, "the log was on"
    assert CONSPICUOUS not in caplog.text + written.out + written.err


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "x",
        "e2e2::",
        "e2e2::hunter2",
        "e2e2::" + base64_of(39),
        "e2e2::" + base64_of(60).replace("e", "-", 1),
        "e2e2::" + base64_of(60) + "\n",
        " e2e2::" + base64_of(60),
        "E2E2::" + base64_of(60),
        "e2e2:" + base64_of(60),
        "e2e2::" + base64_of(60, b"\xff").replace("/", "_"),
        "e2e2::" + base64_of(61, b"\xff")[:-3] + "9==",
        "e2e2::" + base64_of(61, b"\xff").rstrip("="),
        "e2e3::" + base64_of(60),
        "e2e::" + base64_of(60),
        "root2::" + base64_of(72),
        "e2e2::" + base64_of(60) + "ä",
    ],
)
async def test_what_only_resembles_a_sealed_text_is_refused(world: World, text: str) -> None:
    await set_up_vault(world.ada)

    answer = await world.agent.send("PUT", f"{SECRETS}KEY/", {"value": text})

    assert (answer.status_code, answer.json()["code"]) == (422, "vault.plaintext_refused")
    assert answer.json()["error"]["details"].keys() == {"value"}
    assert (await world.agent.get(SECRETS)).json() == []


async def test_the_shortest_and_the_longest_text_are_taken_and_one_more_is_not(world: World) -> None:
    empty = "e2e2::" + random_base64(40)
    longest = "e2e2::" + random_base64((131072 - len("e2e2::")) // 4 * 3)
    too_long = "e2e2::" + random_base64(98304)
    assert len(longest) <= 131072 < len(too_long)
    for text, status in ((empty, 201), (longest, 200), (too_long, 422), ("", 200)):
        answer = await world.agent.send("PUT", f"{SECRETS}KEY/", {"value": text, "notes": text})
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["error"]["details"] == {"value": ["is longer than 131072 characters"]}
            assert too_long not in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_old_format_is_taken_where_the_account_has_it(world: World) -> None:
    async def write(text: str) -> tuple[int, str | None]:
        answer = await world.agent.send("PUT", f"{SECRETS}KEY/", {"value": text})
        return answer.status_code, answer.json().get("code")

    refused = (422, "vault.plaintext_refused")
    assert await write(legacy()) == refused, "nothing is set up"
    await set_up_legacy_vault(world.ada)
    assert await write(legacy()) == (201, None)
    assert await write(sealed()) == (200, None)
    assert await write("e2e::" + random_base64(48)) == (200, None)
    for text in ("e2e::", "e2e::hunter2", "e2e::" + random_base64(47), legacy() + "="):
        assert await write(text) == refused
    await set_up_vault(world.ada)
    assert await write(legacy()) == (200, None), "while it is upgraded"
    await write(sealed())
    assert (await world.ada.post("/api/encryption/upgraded/")).status_code == 200
    assert await write(legacy()) == refused
    await set_up_vault(world.eve)
    foreign = await world.eve.send("PUT", f"{SECRETS}KEY/", {"value": legacy()})
    assert foreign.json()["code"] == "vault.plaintext_refused"


# --- sealed_for


KEY, OTHER = base64_of(32), base64_of(32, b"y")


async def write(actor: Actor, sealed_for: str | None, key: str = "KEY") -> tuple[int, str | None]:
    """Set a secret, sealed for a public key."""
    body = {"value": sealed()} | ({} if sealed_for is None else {"sealed_for": sealed_for})
    answer = await actor.send("PUT", f"{SECRETS}{key}/", body)
    return answer.status_code, answer.json().get("code")


async def public_key(world: World, identity: dict[str, Any]) -> str | None:
    owner = world.eve if identity is world.foreign else world.ada
    return (await owner.get(f"/api/identities/{identity['uuid']}/")).json()["public_key"]


DIFFERS = (409, "vault.key_differs")


async def test_without_a_vault_no_key_is_right(world: World) -> None:
    assert await write(world.eve, KEY) == DIFFERS
    assert await write(world.agent, KEY) == DIFFERS
    assert await write(world.eve, None) == (201, None), "nobody said what it was sealed for"
    assert await public_key(world, world.foreign) is None


async def test_the_accounts_first_write_registers_the_identitys_key(world: World) -> None:
    await set_up_vault(world.eve)

    assert await write(world.eve, KEY) == (201, None)

    assert await public_key(world, world.foreign) == KEY
    assert await write(world.eve, OTHER) == DIFFERS
    assert await write(world.with_token(world.foreign["api_key"]), OTHER) == DIFFERS
    assert await write(world.with_token(world.foreign["api_key"]), KEY) == (200, None)
    assert await write(world.eve, None) == (200, None)
    assert await public_key(world, world.foreign) == KEY


async def test_an_identitys_own_credential_writes_and_registers_nothing(world: World) -> None:
    """Otherwise an agent could decide for which key its owner has to seal."""
    await set_up_vault(world.ada)

    assert await write(world.agent, OTHER) == (201, None)

    assert await public_key(world, world.mine) is None
    chosen = await world.ada.send(
        "PUT", f"{SECRETS}KEY/", {"value": sealed(), "sealed_for": KEY}, x_ravi_identity=world.mine["uuid"]
    )
    assert chosen.status_code == 200
    assert await public_key(world, world.mine) == KEY
    assert await public_key(world, world.sibling) is None
    assert await write(world.agent, OTHER) == DIFFERS


async def test_a_refused_write_registers_no_key(world: World) -> None:
    await set_up_vault(world.eve)
    await world.eve.send("PUT", f"{SECRETS}KEY/", {"value": sealed()})

    answer = await world.eve.post(SECRETS, {"key": "KEY", "value": sealed(), "sealed_for": KEY})

    assert answer.status_code == 422
    assert await public_key(world, world.foreign) is None


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wrong", ["", "x", base64_of(31), base64_of(33), KEY[:-1], KEY[:-2] + "h=", KEY + " "])
async def test_what_is_no_public_key_is_refused(world: World, wrong: str) -> None:
    await set_up_vault(world.ada)
    for body in ({"sealed_for": wrong}, {"sealed_for": wrong, "value": ""}):
        answer = await world.agent.send("PUT", f"{SECRETS}KEY/", {"value": sealed()} | body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["sealed_for"])


async def test_every_way_of_writing_looks_at_the_key(world: World) -> None:
    await set_up_vault(world.eve)
    await write(world.eve, KEY, "OLD")
    for method, path, body in requests("notes", sealed()):
        refusal = await world.eve.send(method, path, body | {"sealed_for": OTHER})
        assert (refusal.status_code, refusal.json()["code"]) == DIFFERS, (method, path)
