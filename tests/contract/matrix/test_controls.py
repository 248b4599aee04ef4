"""
The same requests with things of one's own: they succeed. Otherwise their refusals in the matrix would prove nothing.

And with what is no name of anything at all: refused or answered with nothing, and never a fault.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.matrix.answers import document_of, told
from tests.contract.matrix.callers import CALLERS
from tests.contract.matrix.cast import Cast, Things, add_identity, cast_on, upload
from tests.contract.matrix.references import Told
from tests.contract.matrix.requests import Request, request_for
from tests.contract.matrix.state import changes
from tests.contract.matrix.walk import Field, Operation, operations
from tests.contract.test_matrix import AN_IDENTITY_MAY, ENDLESS

#: What takes away what it names, or more: each try needs things of its own.
ENDS = ("disable/", "release-phone/")
#: Reached what they name, and then found that it has one already.
OTHERWISE = {
    "POST /api/email/": Told(409, "identity.inbox_exists"),
    "POST /api/identities/{identity_uuid}/provision-phone/": Told(409, "identity.phone_exists"),
}
#: Nobody may change these, the owner included; and an address that is not signed is good for nobody.
NOT_EVEN_ONE_S_OWN = {
    "GET /api/email-attachments/{attachment_uuid}/download/": Told(403, "auth.forbidden"),
}

#: No names of anything here, however they are read.
NONSENSE: list[Any] = [
    "-1",
    "0",
    "9" * 19,
    "9" * 400,
    "x" * 3000,
    "\x1b[31mred\x7f",
    "../../healthz",
    "%2e%2e%2f",
    "{00000000-0000-4000-8000-000000000000}",
    "' OR 1=1 --",
    "\u202e\u200b\U0001f600",
    "\x00",
    "null",
    "1e3",
    "٣",
]
#: Of types that bodies may have besides.
IN_BODIES: list[Any] = [None, True, -1, 2**63, 2**80, 1.5, [], {}, [[]], ""]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_with_one_s_own_things_each_of_them_succeeds(database_url: str) -> None:
    surprises = []
    fresh = 0
    async with cast_on(database_url) as cast:
        for operation in operations():
            if operation.name == ENDLESS:
                continue
            for field, kind in operation.references():
                for form in range(len(cast.things["mine"][kind])):
                    own, name = cast.things["mine"], "mine"
                    if operation.method == "DELETE" or operation.path.endswith(ENDS):
                        fresh += 1
                        name = f"fresh{fresh}"
                        await add_identity(cast, name, cast.world.ada)
                        own = cast.things[name]
                    surprises += await _succeeds(cast, operation, field, kind, form, own, name)
    assert surprises == [], "\n" + "\n".join(surprises)


async def _succeeds(
    cast: Cast, operation: Operation, field: Field, kind: str, form: int, own: Things, name: str
) -> list[str]:
    actor = cast.world.ada
    if operation.name in AN_IDENTITY_MAY and (kind != "selector" or operation.name == "POST /api/sso/token/"):
        actor = cast.world.with_token(cast.identities[name]["api_key"])
    value = own[kind][form] if kind != "upload" else await upload(actor, "again")
    request = request_for(operation, field, value, own)
    answer = await request.by(actor)
    wanted = OTHERWISE.get(operation.name) or NOT_EVEN_ONE_S_OWN.get(operation.name)
    good = told(answer) == wanted if wanted else answer.status_code < 300
    empty = answer.status_code == 200 and document_of(answer) in ([], {"events": []})
    if empty and field.where == "query" and kind != "selector":
        return [f"{request} ({kind}): finds nothing, so it would also find nothing of others"]
    return [] if good else [f"{request} ({kind}): {told(answer)} {answer.text[:200]}"]


def meaningless(operation: Operation, own: Things) -> Iterator[Request]:
    """Requests that name nothing at all, in each place where something is named."""
    for field, _ in operation.references():
        for nonsense in NONSENSE + (IN_BODIES if field.where == "body" else []):
            if field.where != "header" or (nonsense.isascii() and nonsense.isprintable()):
                yield request_for(operation, field, nonsense, own)


@pytest.mark.parametrize("caller", ["mine", "ada"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_names_nothing_at_all_is_refused_without_a_fault(database_url: str, caller: str) -> None:
    surprises = []
    (who,) = (each for each in CALLERS if each.name == caller)
    async with cast_on(database_url) as cast:
        before = await who.protected(cast)
        for operation in operations():
            for request in meaningless(operation, cast.things[who.owns]):
                answer = await request.by(cast.actors[caller])
                if answer.status_code >= 500 or (answer.status_code >= 400 and not answer.json()["code"]):
                    surprises.append(f"{request}: {answer.status_code} {answer.text[:200]}")
                shown = answer.text.lower()
                surprises += [f"{request} shows {word}" for word in who.secrets(cast) if word in shown]
        surprises += changes(before, await who.protected(cast))
    assert surprises == [], "\n" + "\n".join(surprises)
