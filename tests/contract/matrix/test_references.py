"""
Every route, whoever calls it, whatever they name: what is not theirs looks like what does not exist.

One walk for each caller. What a caller is told comes from the table in `references.py`; that nothing has changed comes
from the database, before and after each route.
"""

import pytest

from tests.contract.matrix.answers import same, told, without
from tests.contract.matrix.callers import CALLERS, Caller
from tests.contract.matrix.cast import ABSENT, Cast, cast_on
from tests.contract.matrix.references import ELSEWHERE, PLAIN, REFERENCES, TESTED_ELSEWHERE
from tests.contract.matrix.requests import NONE, request_for
from tests.contract.matrix.state import changes
from tests.contract.matrix.walk import Field, Operation, operations

HEADER = Field("header", "X-Ravi-Identity")
#: Answer otherwise each time: at random, or with what was just done.
ANEW = {"/api/passwords/generate-password/", "/api/vault/sealed/", "/api/audit/"}

#: Answers that say what was made: as many as there are tries, each with names of its own.
MAKES = {("PUT /api/secrets/{secret_ref}/", "secret_ref")}


def test_every_field_of_every_request_is_known_to_refer_to_something_or_to_nothing() -> None:
    unknown = [
        f"{operation.name}: {field.where} {field.name}"
        for operation in operations()
        for field in operation.fields
        if operation.kind_of(field) is None
        and field.name not in PLAIN[field.where]
        and (field.where, field.name) not in TESTED_ELSEWHERE
    ]
    assert unknown == [], "say in tests/contract/matrix/references.py what these fields name"


def test_the_tables_have_nothing_that_no_request_has() -> None:
    fields = {(field.where, field.name) for operation in operations() for field in operation.fields}
    own_header = {("header", "Last-Event-ID")}
    declared = {(where, name) for table in (REFERENCES, PLAIN) for where, names in table.items() for name in names}
    assert (declared | TESTED_ELSEWHERE.keys()) - fields - own_header == set()
    places = {(op.name, field.where, field.name) for op in operations() for field in op.fields}
    assert ELSEWHERE.keys() - places == set()


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_is_not_theirs_looks_like_nothing_and_stays_as_it_is(caller: Caller, database_url: str) -> None:
    await walk(caller, database_url)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_so_it_does_on_the_other_engine(database_url: str) -> None:
    await walk(CALLERS[0], database_url)


async def walk(caller: Caller, database_url: str) -> None:
    """Have *caller* ask every route for everything that is not theirs."""
    surprises: list[str] = []
    asked = 0
    async with cast_on(database_url) as cast:
        before = await caller.protected(cast)
        for operation in sorted(operations(), key=last):
            for field, kind in operation.references():
                asked += await _ask(cast, caller, operation, field, kind, surprises)
            if operation.method != "GET":
                after = await caller.protected(cast)
                surprises += [f"{operation.name}, or a GET before it: {line}" for line in changes(before, after)]
                before = after
    assert surprises == [], "\n" + "\n".join(surprises)
    assert asked > 200, "a walk that asks for nothing finds nothing"


def last(operation: Operation) -> bool:
    """Those that make what was named come last, or it would be there for the others."""
    return any(operation.name == name for name, _ in MAKES)


async def _ask(cast: Cast, caller: Caller, operation: Operation, field: Field, kind: str, surprises: list[str]) -> int:
    """Name in *field* everything that is not *caller*'s; return how many requests that took."""
    actor, own = cast.actors[caller.name], cast.things[caller.owns]
    wanted = caller.told(operation, field, kind)
    asked = 0
    for form, nobodys in enumerate(ABSENT[kind]):
        request = request_for(operation, field, nobodys, own)
        nothing = await request.by(actor)
        if told(nothing) != wanted:
            surprises.append(f"{request}: {told(nothing)} {nothing.text[:200]}, and not {wanted}")
        for other in caller.others:
            if kind not in cast.things[other]:
                continue
            request = request_for(operation, field, cast.things[other][kind][form], own)
            theirs = await request.by(actor)
            asked += 1
            what = f"{caller.name}: {request} ({kind} of {other})"
            if told(theirs) != told(nothing):
                surprises.append(f"{what}: {told(theirs)}, and of nothing {told(nothing)}: {theirs.text[:200]}")
            elif (operation.name, field.name) not in MAKES and not same(theirs, request.named, nothing, nobodys):
                surprises.append(f"{what}: {theirs.text[:300]}, and of nothing {nothing.text[:300]}")
            text = without(theirs.text, request.named).lower()
            surprises += [f"{what} shows {secret}" for secret in caller.secrets(cast) if secret in text]
    return asked


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_choice_where_none_is_looked_at_changes_no_answer(database_url: str) -> None:
    """By header or query, on every route that is the account's as a whole, or an identity's by its path."""
    surprises = []
    async with cast_on(database_url) as cast:
        for operation in operations():
            chooses = any(kind == "selector" for _, kind in operation.references())
            if operation.method != "GET" or operation.scope is None or chooses or operation.path in ANEW:
                continue
            for caller in CALLERS:
                plain = request_for(operation, NONE, None, cast.things[caller.owns])
                without_it = await plain.by(cast.actors[caller.name])
                for other in ("sibling", "foreign", "gone", "lost"):
                    request = request_for(operation, HEADER, cast.identities[other]["uuid"], cast.things[caller.owns])
                    answer = await request.by(cast.actors[caller.name])
                    if not same(answer, "", without_it, ""):
                        surprises.append(f"{caller.name}: {request}: {answer.text[:200]}, and {without_it.text[:200]}")
    assert surprises == [], "\n" + "\n".join(surprises)
