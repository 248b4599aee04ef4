"""
Every route with every credential that is no good: one answer, whatever is named.

Who has no good credential learns nothing of what exists, not even by the order in which things are looked at.
"""

from typing import Any

import pytest

from ravi.wire.scopes import IDENTITY_SCOPES
from tests.contract.matrix.answers import told
from tests.contract.matrix.cast import ABSENT, Cast, Things, cast_on, ok
from tests.contract.matrix.references import FORBIDDEN, Told
from tests.contract.matrix.requests import NONE, request_for
from tests.contract.matrix.state import changes, state_of_both
from tests.contract.matrix.walk import Operation, operations
from tests.contract.test_matrix import AN_IDENTITY_MAY
from tests.support.world import Actor

UNAUTHENTICATED = Told(401, "auth.unauthenticated")
DISABLED = Told(403, "identity.disabled")

PRIVATE = [operation for operation in operations() if operation.scope is not None]
#: Whose things are named. `nonsense` has nothing that could be anything.
NAMED = ("mine", "sibling", "foreign", "gone", "nobody's", "nonsense")


async def credentials(cast: Cast) -> dict[str, tuple[str | None, Told]]:
    """Every kind of credential that is no good, and what its bearer is told."""
    world = cast.world
    keys, identities = "/api/auth/keys/management/", "/api/identities/"
    revoked = ok(await world.ada.post(keys, {"label": "x"}))
    await world.ada.send("DELETE", f"{keys}{revoked['uuid']}/")
    brief = ok(await world.ada.post(keys, {"label": "x", "ttl_seconds": 1}))
    ended = ok(await cast.pen_pal.post(identities, {"name": "ended", "ttl_seconds": 1}))
    off = ok(await world.ada.post(identities, {"name": "off"}))
    pair_of_off = ok(await world.with_token(off["api_key"]).post("/api/auth/bind-identity/", {"identity": off["uuid"]}))
    await world.ada.post(f"{identities}{off['uuid']}/disable/")
    mine = {"identity_uuid": world.mine["uuid"]}
    key = ok(await world.ada.post("/api/auth/keys/identity/", mine))
    bound = ok(await world.with_token(key["key"]).post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]}))
    await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
    pair = ok(await world.agent.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]}))
    sso = ok(await world.agent.post("/api/sso/token/", {"audience": "https://shop.example"}))
    world.clock.advance(seconds=1)
    good = world.tokens.access
    refused: dict[str, str | None] = {
        "none": None,
        "empty": "",
        "nonsense": "x",
        "huge": "ravi_at_" + "x" * 7000,
        "a letter off": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "an expired key": brief["key"],
        "a revoked key": revoked["key"],
        "a revoked identity key": key["key"],
        "a token made with a revoked key": bound["access"],
        "of a deleted identity": cast.identities["gone"]["api_key"],
        "of an identity whose time is over": ended["api_key"],
        "a refresh token": world.tokens.refresh,
        "a refresh token of an identity": pair["refresh"],
        "an SSO token": sso["token"],
        "a uuid": world.mine["uuid"],
    }
    found = {kind: (token, UNAUTHENTICATED) for kind, token in refused.items()}
    return found | {
        "of a disabled identity": (off["api_key"], DISABLED),
        "a token of a disabled identity": (pair_of_off["access"], DISABLED),
    }


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_without_a_good_credential_everything_looks_the_same(database_url: str) -> None:
    surprises: list[str] = []
    async with cast_on(database_url) as cast:
        bad = await credentials(cast)
        before = await state_of_both(cast)
        for operation in PRIVATE:
            for kind, (token, wanted) in bad.items():
                actor = cast.world.with_token(token)
                surprises += await told_alike(cast, operation, actor, wanted, kind)
        assert all(state["identities"] for state in before)
        surprises += changes(before, await state_of_both(cast))
    assert surprises == [], "\n" + "\n".join(surprises)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_a_credential_may_not_call_at_all_tells_nothing_either(database_url: str) -> None:
    surprises: list[str] = []
    async with cast_on(database_url) as cast:
        fenced = [operation for operation in PRIVATE if operation.name not in AN_IDENTITY_MAY]
        assert {operation.scope for operation in fenced} & {str(scope) for scope in IDENTITY_SCOPES} == set()
        before = await state_of_both(cast)
        for operation in fenced:
            for name in ("mine", "mine, by a token"):
                surprises += await told_alike(cast, operation, cast.actors[name], FORBIDDEN, name)
        surprises += changes(before, await state_of_both(cast))
    assert surprises == [], "\n" + "\n".join(surprises)


async def told_alike(cast: Cast, operation: Operation, actor: Actor, wanted: Told, kind: str) -> list[str]:
    """Name everybody's things in one route; return where the answer is not *wanted*, or not the same each time."""
    surprises = []
    first: Any = None
    references = operation.references()
    field, what = references[0] if references else (NONE, "")
    for owner in NAMED if references else NAMED[:1]:
        named = things_called(cast, owner)
        request = request_for(operation, field, named[what][0] if what else None, named)
        answer = await request.by(actor)
        said = {name: value for name, value in answer.json().items() if name != "request_id"}
        first = first or said
        if told(answer) != wanted or said != first:
            surprises.append(f"{kind}: {request}: {answer.status_code} {answer.text[:200]}, and first {first}")
    return surprises


def things_called(cast: Cast, owner: str) -> Things:
    """What *owner* has, by every kind."""
    if owner in cast.things:
        return cast.things[owner]
    made_up = {"reader": ["reader@in.ravi.localhost"], "reader_number": ["+12015550190"], "phone": ["+12015550190"]}
    if owner == "nobody's":
        return ABSENT | made_up
    return {kind: ["\x1b]0;x' OR 1=1 --" if kind != "selector" else "x' OR 1=1 --"] for kind in ABSENT} | made_up
