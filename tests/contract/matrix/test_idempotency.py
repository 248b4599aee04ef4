"""An Idempotency-Key is its sender's: nobody else is given the answer that it brought, however they guess it."""

import httpx2
import pytest

from tests.contract.matrix.answers import told
from tests.contract.matrix.cast import Cast, cast_on
from tests.contract.matrix.references import Told
from tests.contract.matrix.requests import NONE, Request, request_for
from tests.contract.matrix.test_controls import OTHERWISE
from tests.contract.matrix.walk import Operation, operations
from tests.contract.test_matrix import AN_IDENTITY_MAY
from tests.support.world import Actor

CREATES = [
    operation
    for operation in operations()
    if any((field.where, field.name) == ("header", "Idempotency-Key") for field in operation.fields)
]
MISMATCH = Told(422, "idempotency.mismatch")
FILE = {"filename": "first.txt", "content_type": "text/plain", "size": 3}
#: Everybody else, to whom the key says nothing.
OTHERS = ("ada", "foreign", "eve", "sibling")


def actor_for(cast: Cast, operation: Operation) -> Actor:
    return cast.actors["mine" if operation.name in AN_IDENTITY_MAY else "ada"]


async def test_nobody_else_is_given_the_answer_to_the_same_request_with_the_same_key(database_url: str) -> None:
    surprises = []
    async with cast_on(database_url) as cast:
        cast.actors["sibling"] = cast.world.with_token(cast.identities["sibling"]["api_key"])
        for operation in CREATES:
            if operation.name in OTHERWISE:
                continue
            request = request_for(operation, NONE, None, cast.things["mine"])
            request.headers["Idempotency_Key"] = operation.name
            actor = actor_for(cast, operation)
            first, again = await request.by(actor), await request.by(actor)
            if first.status_code not in (200, 201) or first.text != again.text:
                surprises.append(f"{request}: {first.text[:200]} and again {again.text[:200]}")
            for name in OTHERS:
                if cast.actors[name].token == actor.token:
                    continue
                theirs = await request.by(cast.actors[name])
                if theirs.text == first.text or theirs.headers["x-request-id"] == first.headers["x-request-id"]:
                    surprises.append(f"{name}: {request} is given mine: {theirs.text[:200]}")
                sent = f"{request.url} {request.body}"
                secrets = [word for word in cast.words("mine") if word not in sent] if name != "ada" else []
                surprises += [f"{name}: {request} shows {word}" for word in secrets if word in theirs.text]
    assert surprises == [], "\n" + "\n".join(surprises)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_key_is_for_one_route_and_one_request(database_url: str) -> None:
    surprises = []
    async with cast_on(database_url) as cast:
        await cast.world.ada.post("/api/auth/keys/management/", {"label": "first"}, Idempotency_Key="used")
        await cast.world.agent.post("/api/email-attachments/presign/", FILE, Idempotency_Key="used")
        for operation in CREATES:
            request = request_for(operation, NONE, None, cast.things["mine"])
            if operation.name in OTHERWISE or request.body in ({"label": "first"}, FILE):
                continue
            request.headers["Idempotency_Key"] = "used"
            answer = await request.by(actor_for(cast, operation))
            if told(answer) != MISMATCH:
                surprises.append(f"{request}: {answer.text[:200]}")
    assert surprises == [], "\n" + "\n".join(surprises)


async def test_a_key_is_for_one_identity_however_it_was_chosen(database_url: str) -> None:
    """By the account's own credential, which may choose another by a header that the request does not look like."""
    surprises = []
    async with cast_on(database_url) as cast:
        for operation in CREATES:
            if not any(field.name == "X-Ravi-Identity" for field in operation.fields) or "{" in operation.path:
                continue
            if operation.name in OTHERWISE or operation.name == "POST /api/sso/token/":
                continue
            request = request_for(operation, NONE, None, cast.things["mine"])
            request.headers["Idempotency_Key"] = operation.name
            first = await chosen(request, cast, "mine")
            other = await chosen(request, cast, "sibling")
            again = await chosen(request, cast, "mine")
            if first.status_code != 201 or told(other) != MISMATCH or again.text != first.text:
                surprises.append(f"{request}: {first.status_code}, then of the sibling {other.text[:200]}")
    assert surprises == [], "\n" + "\n".join(surprises)


async def chosen(request: Request, cast: Cast, name: str) -> httpx2.Response:
    """What ada is told when she chooses the identity *name* by the header."""
    request.headers["X_Ravi_Identity"] = cast.identities[name]["uuid"]
    return await request.by(cast.world.ada)
