"""
Random requests to every operation of our OpenAPI document, right ones and wrong ones, with every kind of credential.

The requests and the judgement of the answers are Schemathesis's, the order and the values that exist are ours. A run is
the same each time and short; RAVI_API_FUZZ=100 (requests to each operation, of each kind) goes on longer.
"""

import json
import os
import random
from itertools import zip_longest
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from ravi.server.app import TABLES
from ravi.server.http import encoding, openapi
from tests.contract.test_matrix import SETS_ITS_OWN, entries
from tests.support.api_fuzz import Known, decoded, send
from tests.support.world import World, world_on

#: To each operation: so many that its schema allows, and so many that it does not.
EXAMPLES = int(os.environ.get("RAVI_API_FUZZ", "4"))

DOCUMENT = json.loads(encoding.encode(openapi.document(route for table in TABLES for route in table.all)))
#: An answer that goes on; tests/contract/test_event_stream.py reads it.
ENDLESS = "GET /api/events/stream/"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


#: What the document does not say of an operation, and why it need not.
BESIDE_THE_DOCUMENT = {
    ("POST /api/phone/carriers/{carrier}/", 403): "a carrier whose signature is wrong hears nothing, not even why",
}


class Findings:
    """What was wrong, once for each operation and kind, with a request that shows it."""

    def __init__(self) -> None:
        self.wrong: dict[tuple[str, str], str] = {}
        self.answered: set[str] = set()

    def judge(self, case: Case, answer: Response) -> None:
        if answer.status_code < 300:
            self.answered.add(case.operation.label)
        if (case.operation.label, answer.status_code) in BESIDE_THE_DOCUMENT:
            return
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            for each in failures.exceptions:
                title = each.title if isinstance(each, Failure) else type(each).__name__
                self.add(case, answer, title, str(each).partition("Schema:")[0])

    def add(self, case: Case, answer: Response, title: str, more: str = "") -> None:
        sent = answer.request
        self.wrong.setdefault(
            (case.operation.label, title),
            f"{title}\n{more}\n  {sent.method} {sent.url}\n  {str(sent.body)[:600]}\n  → {answer.status_code} "
            f"{answer.headers.get('content-type')} {answer.content[:600]!r}",
        )


@pytest.mark.slow
@pytest.mark.timeout(60 + 60 * EXAMPLES)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_every_answer_is_one_that_the_document_describes(database_url: str) -> None:
    plan = requests_to_everything()
    findings, known = Findings(), Known()
    async with world_on(database_url) as world:
        cast = Cast(world)
        for identity in (world.mine, world.sibling):
            known.learn(
                "", {"to_email": identity["email"], "to_number": identity["phone"], "identity": identity["uuid"]}
            )
            for refs in await entries(world, identity):
                known.learn("", refs)
        for case, seed in plan:
            rng = random.Random(seed)
            known.put_into(case, rng)
            if case.operation.definition.raw["security"]:
                await expect_refusals(world, case, findings)
            for token in rng.sample([cast.owner, cast.identity], 2):
                answer = await send(world, case, token)
                findings.judge(case, answer)
                if answer.status_code < 300:
                    known.learn(case.operation.path, decoded(answer))
                    if case.method != "GET":
                        await cast.stay_alive()
    assert not findings.wrong, "\n\n".join(f"{label}: {what}" for (label, _), what in findings.wrong.items())
    asked = {case.operation.label for case, _ in plan}
    assert len(findings.answered) > 0.7 * len(asked), f"hardly tested: {sorted(asked - findings.answered)}"


async def expect_refusals(world: World, case: Case, findings: Findings) -> None:
    """Send *case* without a credential, and with that of another account if it names something in its path."""
    answer = await send(world, case, None)
    if answer.status_code != 401:
        findings.add(case, answer, "answered without a credential")
    if case.path_parameters and case.operation.label != SETS_ITS_OWN:
        answer = await send(world, case, world.eve.token)
        findings.judge(case, answer)
        if answer.status_code < 400:
            findings.add(case, answer, "answered another account")


class Cast:
    """The credentials of an owner and of one of its identities; whichever a request put an end to is replaced."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.owner = world.tokens.access
        self.identity: str = world.mine["api_key"]
        self.lives = 0

    async def stay_alive(self) -> None:
        world = self._world
        if not (await world.with_token(self.owner).get("/api/auth/whoami/")).is_success:
            self.owner = (await world.services.auth.sign_in(world.account.id, "test")).access
        if not (await world.with_token(self.identity).get("/api/auth/whoami/")).is_success:
            self.lives += 1
            made = await world.with_token(self.owner).post("/api/identities/", {"name": f"life {self.lives}"})
            assert made.status_code == 201, made.text
            self.identity = made.json()["api_key"]


def requests_to_everything() -> list[tuple[Case, int]]:
    """The plan: requests to each operation, the operations taking turns."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    operations = [each.ok() for each in schema.get_all_operations()]
    piles = [
        drawn(operation, mode) for operation in operations for mode in GenerationMode if operation.label != ENDLESS
    ]
    return [each for turn in zip_longest(*piles) for each in turn if each is not None]


def drawn(operation: Any, mode: GenerationMode) -> list[tuple[Case, int]]:
    """Requests to *operation*, the same ones each time, each with a number for further decisions."""
    made = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.integers(0, 2**32))
    def draw(case: Case, seed: int) -> None:
        made.append((case, seed))

    try:
        draw()
    except Unsatisfiable:  # an operation that takes nothing, or any text at all, can be asked nothing wrong
        assert mode is GenerationMode.NEGATIVE, operation.label
    return made
