"""SSO tokens over the wire (contract: SSO): who gets one, whom it proves to whom, and for how long."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from ravi.server.app import TABLES
from tests.support.sso import SHOP, TOKEN, VERIFY, issue, parts, refusal, verify
from tests.support.world import World

JWKS = ("/.well-known/jwks.json", "/.well-known/jwks.json/", "/api/sso/jwks/", "/api/sso/jwks")


# --- the published shape


async def test_a_published_client_gets_and_a_service_verifies_the_published_shape(world: World) -> None:
    answer = await world.client.post(  # no body at all, as the published command sends it
        TOKEN, headers={"Authorization": f"Bearer {world.mine['api_key']}", "Content-Type": "application/json"}
    )

    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"token", "expires_at"}
    assert answer.json()["token"].startswith("rvt_")
    assert answer.json()["expires_at"] == "2026-03-01T12:05:00Z"
    for _ in range(2):
        proof = await verify(world, answer.json()["token"])
        assert (proof.status_code, proof.json()) == (
            200,
            {
                "identity_uuid": world.mine["uuid"],
                "identity_name": "mine",
                "identity_email": world.mine["email"],
                "identity_phone": world.mine["phone"],
                "created_at": world.mine["created_dt"],
                "owner": {"name": "Ada Lovelace", "email": "ada@example.org"},
                "expires_at": "2026-03-01T12:05:00Z",
            },
        )


async def test_a_token_for_an_audience_tells_neither_number_nor_owner(world: World) -> None:
    token = await issue(world.agent, audience=SHOP)

    proof = await verify(world, token, audience=SHOP)

    assert proof.json() == {
        "identity_uuid": world.mine["uuid"],
        "identity_name": "mine",
        "identity_email": world.mine["email"],
        "created_at": world.mine["created_dt"],
        "expires_at": "2026-03-01T12:05:00Z",
        "audience": SHOP,
    }
    header, claims, _ = parts(token)
    assert header["alg"] == "EdDSA"
    assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti"}, "minimal claims"


@pytest.mark.parametrize("body", [{}, {"audience": SHOP}, {"token": None}, {"token": 7}])
async def test_a_request_without_a_token_is_told_so(world: World, body: dict[str, Any]) -> None:
    answer = await world.nobody.post(VERIFY, body)

    assert answer.status_code in (400, 422)


# --- who gets one


async def test_only_an_identitys_own_credential_gets_a_token(world: World) -> None:
    management = (await world.ada.post("/api/auth/keys/management/", {"label": "x"})).json()["key"]
    for owner in (world.ada, world.with_token(management)):
        for path, headers in (
            (TOKEN, {}),
            (f"{TOKEN}?identity={world.mine['uuid']}", {}),
            (TOKEN, {"X_Ravi_Identity": world.mine["uuid"]}),
        ):
            answer = await owner.post(path, {}, **headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden"), answer.text
            assert "ravi keys create" in answer.json()["hint"]
    assert (await world.agent.post(f"{TOKEN}?identity={world.sibling['uuid']}")).status_code == 403
    bound = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()["access"]
    proof = await verify(world, await issue(world.with_token(bound)))
    assert proof.json()["identity_uuid"] == world.mine["uuid"]


@pytest.mark.parametrize("audience", ["", "a b", "sh\u00f6p", "x" * 256, "tab\t"])
async def test_an_audience_that_cannot_be_compared_is_refused(world: World, audience: str) -> None:
    answer = await world.agent.post(TOKEN, {"audience": audience})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation.failed")
    assert "audience" in answer.json()["error"]["details"]


async def test_a_repeated_request_gets_the_same_token(world: World) -> None:
    first, again, other = [
        (await world.agent.post(TOKEN, {"audience": SHOP}, Idempotency_Key=key)).json()["token"] for key in "aab"
    ]

    assert first == again != other


async def test_an_identity_in_a_loop_is_stopped_and_its_sibling_is_not(world: World) -> None:
    answers = [await world.agent.post(TOKEN) for _ in range(61)]

    assert [answer.status_code for answer in answers] == [201] * 60 + [429]
    assert answers[-1].headers["retry-after"]
    await issue(world.with_token(world.sibling["api_key"]))


async def test_whoever_verifies_without_end_is_stopped_and_nonsense_counts_for_nothing(world: World) -> None:
    token = await issue(world.agent)
    for _ in range(20):
        await refusal(world, token[:-3] + "abc")
    statuses = [(await verify(world, token)).status_code for _ in range(601)]

    assert statuses == [200] * 600 + [429]


async def test_each_token_leaves_an_event_that_does_not_hold_it(world: World) -> None:
    token = await issue(world.agent, audience=SHOP, single_use=True)

    page = await world.agent.get("/api/events/?since=0&event_types=sso.token_issued")
    (event,) = page.json()["events"]
    key = (await world.ada.get("/api/auth/keys/identity/")).json()
    mine = next(row["uuid"] for row in key if row["identity"] == world.mine["uuid"])
    assert event["data"] == {
        "audience": SHOP,
        "single_use": True,
        "expires_dt": "2026-03-01T12:05:00Z",
        "by": {"kind": "identity_key", "credential": mine},
    }
    assert token not in page.text
    assert parts(token)[1]["jti"] not in page.text


# --- a token opens nothing


async def test_a_token_is_no_credential_on_any_route(world: World) -> None:
    for token in (await issue(world.agent), await issue(world.agent, audience=SHOP)):
        bearer = world.with_token(token)
        for route in (route for table in TABLES for route in table.all if route.scope is not None):
            path = route.path.format(**dict.fromkeys(route.parameters, "1"))
            for presented in (bearer, world.with_token(token.removeprefix("rvt_"))):
                answer = await presented.send(route.method, f"{path}?identity={world.mine['uuid']}", {})
                assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated"), route


# --- for how long, for whom, how often


async def test_a_token_ends_after_five_minutes(world: World) -> None:
    token = await issue(world.agent)

    world.clock.advance(seconds=299)
    assert (await verify(world, token)).status_code == 200
    world.clock.advance(seconds=1)
    assert await refusal(world, token) == "this token has expired"


async def test_a_token_ends_with_the_key_and_the_identity_that_asked_for_it(world: World) -> None:
    brief_key = (
        await world.ada.post("/api/auth/keys/identity/", {"identity_uuid": world.mine["uuid"], "ttl_seconds": 60})
    ).json()["key"]
    brief = (await world.ada.post("/api/identities/", {"name": "brief", "ttl_seconds": 30})).json()
    by_key = await world.with_token(brief_key).post(TOKEN)
    by_brief = await world.with_token(brief["api_key"]).post(TOKEN)

    assert by_key.json()["expires_at"] == "2026-03-01T12:01:00Z"
    assert by_brief.json()["expires_at"] == "2026-03-01T12:00:30Z"


async def test_an_audience_must_be_named_exactly_or_not_at_all(world: World) -> None:
    bound, for_anybody = await issue(world.agent, audience=SHOP), await issue(world.agent)

    for wrong in (SHOP + "/", SHOP.upper(), "https://evil.example", ""):
        assert await refusal(world, bound, audience=wrong) == "this token is for another audience"
    assert await refusal(world, bound) == "this token is for one audience only"
    assert "names no audience" in await refusal(world, for_anybody, audience=SHOP)
    assert (await verify(world, bound, audience=SHOP)).status_code == 200


async def test_a_single_use_is_one(world: World) -> None:
    token = await issue(world.agent, audience=SHOP, single_use=True)
    assert parts(token)[1]["single_use"] is True

    await refusal(world, token, audience="https://evil.example")  # nobody else can use it up
    assert (await verify(world, token, audience=SHOP)).status_code == 200
    for _ in range(2):
        assert await refusal(world, token, audience=SHOP) == "this token was used before"


async def test_a_service_can_use_up_any_token(world: World) -> None:
    token = await issue(world.agent, audience=SHOP)

    assert (await verify(world, token, audience=SHOP)).status_code == 200
    assert (await verify(world, token, audience=SHOP, consume=True)).status_code == 200
    for more in ({"consume": True}, {}):
        assert await refusal(world, token, audience=SHOP, **more) == "this token was used before"


async def test_of_many_who_use_a_token_at_once_one_may(world: World) -> None:
    token = await issue(world.agent, single_use=True)

    answers = await asyncio.gather(*(verify(world, token) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_token_falls_at_once_with_its_identity_or_its_credential(world: World) -> None:
    key = (await world.ada.post("/api/auth/keys/identity/", {"identity_uuid": world.mine["uuid"]})).json()
    bound = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()["access"]
    by_key, by_other_key = await issue(world.with_token(key["key"])), await issue(world.agent)
    by_sign_in = await issue(world.with_token(bound))
    of_sibling = await issue(world.with_token(world.sibling["api_key"]))

    await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
    void = "this token does not stand any more"
    assert await refusal(world, by_key) == void
    assert [(await verify(world, token)).status_code for token in (by_other_key, by_sign_in)] == [200, 200]

    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    assert [await refusal(world, token) for token in (by_other_key, by_sign_in)] == [void, void]
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/enable/")
    assert (await verify(world, by_other_key)).status_code == 200

    await world.ada.post("/api/auth/logout/", {"everywhere": True})
    assert await refusal(world, by_sign_in) == void
    await world.services.identities.delete(world.account.id, world.mine["uuid"])
    assert await refusal(world, by_other_key) == void
    assert (await verify(world, of_sibling)).status_code == 200, "the others notice nothing"


async def test_an_access_token_that_was_renewed_does_not_end_what_it_asked_for(world: World) -> None:
    pair = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    world.clock.advance(minutes=59)
    token = await issue(world.with_token(pair["access"]))

    world.clock.advance(minutes=2)
    await world.nobody.post("/api/auth/token/refresh/", {"refresh": pair["refresh"]})

    assert (await verify(world, token)).status_code == 200


async def test_what_has_ended_is_forgotten(world: World) -> None:
    await issue(world.agent)
    assert await world.services.sso.forget_expired() == 0

    world.clock.advance(minutes=5)

    assert await world.services.sso.forget_expired() == 1


# --- strangers


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_stranger_verifies_with_a_library_and_the_published_key(world: World) -> None:
    world.clock.at = datetime.now(UTC)  # which the library looks at
    token = (await issue(world.agent, audience=SHOP)).removeprefix("rvt_")
    answers = [await world.nobody.get(path) for path in JWKS]

    assert len({answer.text for answer in answers}) == 1
    assert all(answer.headers["cache-control"] == "public, max-age=300" for answer in answers)
    keys = jwt.PyJWKSet.from_dict(answers[0].json())
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(
        token,
        keys[header["kid"]].key,
        algorithms=["EdDSA"],
        audience=SHOP,
        issuer="http://ravi.test",
        options={"require": ["exp", "iat", "aud", "sub", "jti"]},
    )
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (world.mine["uuid"], 300)
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, keys[header["kid"]].key, algorithms=["EdDSA"], audience="https://evil.example")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_nothing_of_the_private_key_is_published(world: World) -> None:
    (key,) = (await world.nobody.get(JWKS[0])).json()["keys"]

    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
