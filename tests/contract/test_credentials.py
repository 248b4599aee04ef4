"""Tokens, keys and the choice of an identity over the wire (contract: credentials, selection), on both engines."""

import asyncio

import pytest

from ravi.server.db import Database
from tests.support.world import World

REFRESH = "/api/auth/token/refresh/"


async def refresh(world: World, token: str) -> tuple[int, dict[str, str]]:
    answer = await world.nobody.post(REFRESH, {"refresh": token})
    return answer.status_code, answer.json()


async def test_a_refresh_token_yields_a_working_pair(world: World) -> None:
    world.clock.advance(hours=1)
    assert (await world.ada.get("/api/identities/")).status_code == 401, "the access token has ended"
    status, pair = await refresh(world, world.tokens.refresh)
    assert status == 200
    assert (await world.with_token(pair["access"]).get("/api/identities/")).status_code == 200
    assert (await refresh(world, pair["refresh"]))[0] == 200


async def test_processes_that_refresh_together_all_get_working_pairs(world: World) -> None:
    outcomes = await asyncio.gather(*[refresh(world, world.tokens.refresh) for _ in range(20)])
    assert {status for status, _ in outcomes} == {200}
    world.clock.advance(seconds=60)
    assert (await refresh(world, world.tokens.refresh))[0] == 200, "within the grace"
    for _, pair in outcomes:
        assert (await world.with_token(pair["access"]).get("/api/domains/")).status_code == 200


async def test_a_refresh_token_that_comes_back_late_ends_its_whole_family(world: World) -> None:
    _, pair = await refresh(world, world.tokens.refresh)
    world.clock.advance(seconds=61)
    status, problem = await refresh(world, world.tokens.refresh)
    assert (status, problem["code"]) == (401, "auth.token_reused")
    assert (await world.with_token(pair["access"]).get("/api/domains/")).status_code == 401
    assert (await refresh(world, pair["refresh"]))[0] == 401
    assert (await world.agent.get("/api/domains/")).status_code == 200, "keys are no part of the family"


async def test_an_access_token_does_not_refresh_and_a_refresh_token_opens_nothing(world: World) -> None:
    assert (await refresh(world, world.tokens.access))[0] == 401
    assert (await world.with_token(world.tokens.refresh).get("/api/identities/")).status_code == 401


async def test_a_bound_pair_is_fenced_and_stays_bound_when_refreshed(world: World) -> None:
    pair = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    _, again = await refresh(world, pair["refresh"])
    for access in (pair["access"], again["access"]):
        bound = world.with_token(access)
        assert [row["name"] for row in (await bound.get("/api/identities/")).json()] == ["mine"]
        assert (await bound.get(f"/api/identities/{world.sibling['uuid']}/")).status_code == 404
        assert (await bound.post("/api/identities/", {"name": "more"})).status_code == 403
    own = await world.with_token(pair["access"]).post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})
    assert own.status_code == 200
    other = await world.with_token(pair["access"]).post("/api/auth/bind-identity/", {"identity": world.sibling["uuid"]})
    assert other.status_code == 403
    assert (await world.ada.post("/api/auth/bind-identity/", {"identity": world.foreign["uuid"]})).status_code == 404


async def test_signing_out_ends_the_family_and_bound_pairs_with_it_but_no_key(world: World) -> None:
    pair = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    assert (await world.ada.post("/api/auth/logout/")).json() == {"signed_out": 1}
    for token in (world.tokens.access, pair["access"]):
        assert (await world.with_token(token).get("/api/domains/")).status_code == 401
    assert (await refresh(world, world.tokens.refresh))[0] == 401
    assert (await world.agent.get("/api/domains/")).status_code == 200


async def test_signing_out_everywhere_is_for_the_account_alone(world: World) -> None:
    other = await world.services.auth.sign_in(world.account.id, "elsewhere")
    assert (await world.agent.post("/api/auth/logout/", {"everywhere": True})).status_code == 403
    assert (await world.ada.post("/api/auth/logout/", {"everywhere": True})).json() == {"signed_out": 2}
    assert (await world.with_token(other.access).get("/api/domains/")).status_code == 401
    assert (await world.eve.get("/api/domains/")).status_code == 200


async def test_a_refresh_token_of_another_account_is_not_signed_out(world: World) -> None:
    theirs = await world.services.auth.sign_in((await world.services.auth.find_account("eve@example.org")).id, "x")
    await world.ada.post("/api/auth/logout/", {"refresh": theirs.refresh})
    assert (await refresh(world, theirs.refresh))[0] == 200


@pytest.mark.parametrize("said", [None, "", "Bearer", "Bearer "])
async def test_who_presents_nothing_is_told_so(world: World, said: str | None) -> None:
    headers = {} if said is None else {"Authorization": said}
    answer = await world.nobody.send("GET", "/api/identities/", None, **headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Authentication credentials were not provided.")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer:"])
async def test_a_credential_in_another_scheme_is_none(world: World, scheme: str) -> None:
    good = await world.nobody.send("GET", "/api/identities/", None, Authorization=f"bearer {world.mine['api_key']}")
    other = await world.nobody.send("GET", "/api/identities/", None, Authorization=f"{scheme} {world.mine['api_key']}")
    assert (good.status_code, other.status_code) == (200, 401)


async def test_a_refresh_token_names_another_sign_in_to_end_but_not_for_who_is_bound(world: World) -> None:
    own = await world.services.auth.sign_in(world.account.id, "elsewhere")
    bound = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    signed_out = await world.with_token(bound["access"]).post("/api/auth/logout/", {"refresh": own.refresh})
    assert signed_out.json() == {"signed_out": 1}
    _, renewed = await refresh(world, own.refresh)
    key = (await world.ada.post("/api/auth/keys/management/", {"label": "ci"})).json()["key"]
    ended = {"refresh": renewed["refresh"]}
    assert (await world.ada.post("/api/auth/logout/", ended)).json() == {"signed_out": 2}
    assert (await refresh(world, renewed["refresh"]))[0] == 401
    assert (await world.with_token(key).post("/api/auth/logout/", ended)).json() == {"signed_out": 0}, "not twice"


async def test_keys_are_minted_listed_masked_and_revoked(world: World) -> None:
    made = (await world.ada.post("/api/auth/keys/management/", {"label": "ci"})).json()
    manager = world.with_token(made["key"])
    assert len((await manager.get("/api/identities/")).json()) == 2
    (listed,) = (await world.ada.get("/api/auth/keys/management/")).json()
    assert listed["uuid"] == made["uuid"]
    assert made["key"] not in str(listed)
    gone = await world.ada.send("DELETE", f"/api/auth/keys/management/{made['uuid']}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await manager.get("/api/identities/")).status_code == 401
    assert (await world.ada.get("/api/auth/keys/management/")).json()[0]["is_active"] is False
    foreign = await world.eve.send("DELETE", f"/api/auth/keys/management/{made['uuid']}/")
    assert foreign.status_code == 404


async def test_an_identity_key_answers_in_both_published_shapes(world: World) -> None:
    made = await world.ada.post("/api/auth/keys/identity/", {"identity_uuid": world.mine["uuid"], "label": "cli"})
    assert made.status_code == 201
    key = made.json()
    assert key["identity"] == key["identity_uuid"] == world.mine["uuid"]
    assert key["label"] == "cli"
    for uuid in (world.foreign["uuid"], "nonsense", ""):
        answer = await world.ada.post("/api/auth/keys/identity/", {"identity_uuid": uuid})
        assert answer.status_code == 404


async def test_an_identity_sees_and_revokes_its_own_keys_only_and_mints_none(world: World) -> None:
    rows = (await world.agent.get("/api/auth/keys/identity/")).json()
    assert {row["identity"] for row in rows} == {world.mine["uuid"]}
    everyone = (await world.ada.get("/api/auth/keys/identity/")).json()
    other = next(row for row in everyone if row["identity"] == world.sibling["uuid"])
    assert (await world.agent.send("DELETE", f"/api/auth/keys/identity/{other['uuid']}/")).status_code == 404
    mint = await world.agent.post("/api/auth/keys/identity/", {"identity_uuid": world.mine["uuid"]})
    assert mint.status_code == 403
    assert (await world.agent.send("DELETE", f"/api/auth/keys/identity/{rows[0]['uuid']}/")).status_code == 204
    assert (await world.agent.get("/api/email/")).status_code == 401, "it has just revoked itself"


async def test_a_key_ends_when_its_time_is_over(world: World) -> None:
    body = {"identity_uuid": world.mine["uuid"], "ttl_seconds": 30}
    made = (await world.ada.post("/api/auth/keys/identity/", body)).json()
    assert made["expires_at"] == "2026-03-01T12:00:30Z"
    world.clock.advance(seconds=30)
    assert (await world.with_token(made["key"]).get("/api/email/")).status_code == 401


@pytest.mark.parametrize("body", [{"label": "x" * 101}, {"label": "a\nb"}, {"ttl_seconds": 0}, {"label": 3}])
async def test_a_bad_key_wish_is_refused(world: World, body: dict[str, object]) -> None:
    assert (await world.ada.post("/api/auth/keys/management/", body)).status_code == 422


async def test_last_use_is_written_down_in_batches(world: World) -> None:
    await world.agent.get("/api/email/")
    await world.services.auth.flush_last_used()
    rows = (await world.ada.get("/api/auth/keys/identity/")).json()
    assert {row["identity"]: row["last_used_at"] for row in rows} == {
        world.mine["uuid"]: "2026-03-01T12:00:00Z",
        world.sibling["uuid"]: None,
    }


async def test_an_account_credential_selects_by_query_or_header(world: World) -> None:
    uuid = world.mine["uuid"]
    for answer in (
        await world.ada.get(f"/api/email/?identity={uuid}"),
        await world.ada.get("/api/email/", x_ravi_identity=uuid),
        await world.ada.get(f"/api/email/?identity={uuid.upper()}", x_ravi_identity=uuid),
    ):
        assert [row["email"] for row in answer.json()] == [world.mine["email"]]
    assert len((await world.ada.get("/api/email/")).json()) == 2, "older clients read element 0 of the account"


async def test_selectors_that_disagree_are_malformed_and_foreign_ones_look_absent(world: World) -> None:
    mine, sibling, foreign = (row["uuid"] for row in (world.mine, world.sibling, world.foreign))
    torn = await world.ada.get(f"/api/email/?identity={mine}", x_ravi_identity=sibling)
    assert (torn.status_code, torn.json()["code"]) == (400, "identity.selectors_differ")
    twice = await world.ada.get(f"/api/email/?identity={mine}&identity={sibling}")
    assert twice.status_code == 400
    absent = await world.ada.get("/api/email/?identity=00000000-0000-4000-8000-000000000000")
    strange = await world.ada.get(f"/api/email/?identity={foreign}")
    assert absent.status_code == strange.status_code == 404
    assert absent.json()["code"] == strange.json()["code"] == "identity.not_found"


async def test_a_bound_credential_is_a_fence_and_never_a_selector(world: World) -> None:
    assert (await world.agent.get(f"/api/email/?identity={world.mine['uuid']}")).status_code == 200
    for other in (world.sibling["uuid"], world.foreign["uuid"], "nonsense"):
        answer = await world.agent.get("/api/email/", x_ravi_identity=other)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


async def test_a_write_without_an_identity_says_how_to_choose_one(world: World) -> None:
    answer = await world.ada.post("/api/email/", {"email": ""})
    assert (answer.status_code, answer.json()["code"]) == (400, "identity.required")
    assert "X-Ravi-Identity" in answer.json()["hint"]
    has_one = await world.agent.post("/api/email/", {"email": ""})
    assert (has_one.status_code, has_one.json()["code"]) == (409, "identity.inbox_exists")


async def test_the_database_holds_no_credential_in_the_clear(world: World) -> None:
    key = (await world.ada.post("/api/auth/keys/management/", {"label": "x"}, idempotency_key="k" * 32)).json()["key"]
    secrets = [key, world.mine["api_key"], world.tokens.access, world.tokens.refresh, "k" * 32]
    dump = await everything(world.services.db)
    for secret in secrets:
        assert secret.encode() not in dump


async def everything(db: Database) -> bytes:
    """Every value of every table that may hold a credential, as bytes."""
    tables = ("accounts", "credentials", "signin_codes", "idempotency", "events", "sign_ins", "device_grants")
    cells = []
    for table in tables:
        for row in await db.all(f"SELECT * FROM {table}"):
            cells += [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    return b"\n".join(cells)


async def test_encryption_metadata_is_empty_at_first_and_kept_byte_for_byte(world: World) -> None:
    empty = (await world.ada.get("/api/encryption/")).json()
    assert (empty["public_key"], empty["salt"]) == (None, None)
    body = {
        "salt": "AAAAAAAAAAAAAAAAAAAAAA==",
        "public_key": "r1feBlhwAtS4e36U3AJLFQKjFYzWsXITkKpH1kffcHo=",
        "verifier": "A" * 84,
    }
    assert (await world.ada.send("PATCH", "/api/encryption/", body)).status_code == 200
    kept = (await world.ada.get("/api/encryption/")).json()
    assert {name: kept[name] for name in body} == body
    other = body | {"public_key": "A" * 43 + "="}
    assert (await world.ada.send("PATCH", "/api/encryption/", other)).status_code == 409
    assert (await world.agent.send("PATCH", "/api/encryption/", body)).status_code == 403
    for wrong in ({}, {"salt": "AAAA"}, body | {"public_key": "not base64!"}, body | {"verifier": "AAAA"}):
        assert (await world.eve.send("PATCH", "/api/encryption/", wrong)).status_code == 422


async def is_let_in(world: World, token: str) -> bool:
    return (await world.with_token(token).get("/api/domains/")).status_code == 200


async def test_a_bound_pair_ends_with_the_key_that_it_was_made_with(world: World) -> None:
    """Or whoever had the key for a minute would have the identity for half a year."""
    (key,) = (await world.agent.get("/api/auth/keys/identity/")).json()
    manager = (await world.ada.post("/api/auth/keys/management/", {"label": "ci"})).json()
    brief = (await world.ada.post("/api/auth/keys/management/", {"label": "brief", "ttl_seconds": 60})).json()
    bind = {"identity": world.mine["uuid"]}
    of = {
        each["uuid"]: (await world.with_token(each["key"]).post("/api/auth/bind-identity/", bind)).json()
        for each in ({**key, "key": world.mine["api_key"]}, manager, brief)
    }
    of["bound once more"] = (
        await world.with_token(of[key["uuid"]]["access"]).post("/api/auth/bind-identity/", bind)
    ).json()
    assert all([await is_let_in(world, pair["access"]) for pair in of.values()])

    await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")

    for name in (key["uuid"], "bound once more"):
        assert not await is_let_in(world, of[name]["access"])
        assert (await refresh(world, of[name]["refresh"]))[0] == 401
    assert await is_let_in(world, of[manager["uuid"]]["access"])
    await world.ada.send("DELETE", f"/api/auth/keys/management/{manager['uuid']}/")
    assert not await is_let_in(world, of[manager["uuid"]]["access"])
    assert await is_let_in(world, of[brief["uuid"]]["access"])
    world.clock.advance(seconds=60)
    assert not await is_let_in(world, of[brief["uuid"]]["access"])
    assert (await refresh(world, of[brief["uuid"]]["refresh"]))[0] == 401


@pytest.mark.parametrize("how", ["signing out", "a refresh token that comes back late"])
async def test_whoever_holds_a_bound_pair_ends_neither_its_owners_sign_in_nor_a_siblings(
    world: World, how: str
) -> None:
    mine, sibling = [
        (await world.ada.post("/api/auth/bind-identity/", {"identity": identity["uuid"]})).json()
        for identity in (world.mine, world.sibling)
    ]
    if how == "signing out":
        body = {"refresh": world.tokens.refresh}
        done = await world.with_token(mine["access"]).post("/api/auth/logout/", body)
        assert done.json() == {"signed_out": 1}
    else:
        await refresh(world, mine["refresh"])
        world.clock.advance(seconds=61)
        assert (await refresh(world, mine["refresh"]))[1]["code"] == "auth.token_reused"

    assert not await is_let_in(world, mine["access"])
    assert await is_let_in(world, sibling["access"])
    assert await is_let_in(world, world.tokens.access)
    assert (await refresh(world, world.tokens.refresh))[0] == 200


async def test_a_disabled_identity_gets_no_fresh_tokens_and_does_when_it_is_enabled(world: World) -> None:
    pair = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    status, problem = await refresh(world, pair["refresh"])
    assert (status, problem["code"]) == (403, "identity.disabled")
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/enable/")
    status, again = await refresh(world, pair["refresh"])
    assert status == 200
    assert await is_let_in(world, again["access"])


async def test_signing_out_everywhere_ends_browsers_approvals_and_codes_too(world: World) -> None:
    auth, login, account = world.services.auth, world.services.login, world.account.id
    session = await login.sessions.open(account)
    device = (await world.nobody.post("/api/auth/device/", {})).json()
    await login.device.decide(device["user_code"], account, approve=True, session_id="s", address="192.0.2.1")
    code = (await auth.make_signin_code(account)).code
    eves = (await auth.find_account("eve@example.org")).id
    kept_session, kept_code = await login.sessions.open(eves), (await auth.make_signin_code(eves)).code

    assert (await world.ada.post("/api/auth/logout/", {"everywhere": True})).json() == {"signed_out": 2}

    assert await login.sessions.find(session) is None
    collected = await world.nobody.post("/api/auth/device/token/", {"device_code": device["device_code"]})
    assert (collected.status_code, collected.json()["error"]) == (400, "access_denied")
    assert (await world.nobody.post("/api/auth/login/", {"signin_code": code})).status_code == 401
    assert await login.sessions.find(kept_session) is not None
    assert (await world.nobody.post("/api/auth/login/", {"signin_code": kept_code})).status_code == 200
    assert (await world.agent.get("/api/domains/")).status_code == 200, "keys stay"


async def test_signing_out_everywhere_with_keys_ends_every_key_of_the_account_and_no_other(world: World) -> None:
    manager = (await world.ada.post("/api/auth/keys/management/", {"label": "ci"})).json()["key"]
    assert (await world.agent.post("/api/auth/logout/", {"everywhere": True, "keys": True})).status_code == 403
    assert (await world.ada.post("/api/auth/logout/", {"keys": True})).status_code == 422, "it goes with everywhere"
    assert await is_let_in(world, manager)

    done = await world.ada.post("/api/auth/logout/", {"everywhere": True, "keys": True})

    assert done.json() == {"signed_out": 1, "revoked_keys": 3}
    for token in (manager, world.mine["api_key"], world.sibling["api_key"], world.tokens.access):
        assert not await is_let_in(world, token)
    assert await is_let_in(world, world.foreign["api_key"])
    assert await is_let_in(world, world.eve.token or "")
