"""From an ASGI request to an answer: credentials, selection, bodies, errors, request ids."""

import asyncio
import json
from typing import Any, TypedDict

import pytest

from ravi.errors import Conflict, IdentityNotFound, Unauthenticated
from ravi.server.db import Database
from ravi.server.http import Answer, IdentityRef, Page, Paging, Principal, Routes, Selects
from ravi.server.http.access_log import AccessLog
from ravi.server.http.dispatch import Api
from ravi.server.http.idempotency import Idempotency
from ravi.server.http.routing import LARGEST_BODY
from ravi.server.http.throttle import RequestLimits, Throttle
from ravi.wire.scopes import ACCOUNT_SCOPES, IDENTITY_SCOPES, Scope
from tests.support.clock import Clock

MINE = IdentityRef(1, "aaaaaaaa-0000-4000-8000-000000000001", "mine", False)
OTHER = IdentityRef(2, "bbbbbbbb-0000-4000-8000-000000000002", "other", False)
ACCOUNT = Principal(1, "session", 11, "c-account", ACCOUNT_SCOPES)
BOUND = Principal(1, "identity_key", 12, "c-identity", IDENTITY_SCOPES, identity=MINE, bound=True)


class Body(TypedDict, total=False):
    name: str


class Seen(TypedDict):
    identity: str | None
    calls: int


class Things:
    def __init__(self) -> None:
        self.calls = 0


routes = Routes("things")


@routes.get("/api/things/", scope=Scope.IDENTITIES_READ, selects=Selects.ACTS)
async def show(who: Principal, things: Things) -> Seen:
    return {"identity": who.identity.name if who.identity else None, "calls": things.calls}


@routes.get("/api/list/", scope=None, lists=True)
async def list_() -> list[int]:
    return [1, 2, 3]


@routes.get("/api/pages/", scope=None, lists=True)
async def pages(paging: Paging) -> Page[int]:
    return Page([paging.offset, paging.limit or -1], 1000)


@routes.post("/api/things/", scope=Scope.IDENTITIES_READ, status=201, creates=True)
async def create(who: Principal, body: Body, things: Things) -> Seen:
    things.calls += 1
    await asyncio.sleep(0)
    if body.get("name") == "taken":
        raise Conflict("taken", hint="choose another")
    return {"identity": body.get("name"), "calls": things.calls}


@routes.delete("/api/things/", scope=Scope.IDENTITIES_DELETE, status=204)
async def delete(who: Principal) -> None:
    return None


@routes.get("/api/account/", scope=Scope.SESSION)
async def account(who: Principal) -> Seen:
    return {"identity": who.identity.name if who.identity else None, "calls": 0}


@routes.put("/api/things/", scope=None)
async def other_status() -> Answer[Seen]:
    return Answer({"identity": None, "calls": 0}, 202)


@routes.put("/api/imports/", scope=None, largest_body=2 * LARGEST_BODY)
async def import_(body: Body) -> Seen:
    return {"identity": body.get("name"), "calls": 0}


@routes.get("/api/bug/", scope=None)
async def bug() -> Seen:
    raise RuntimeError("a secret detail: hunter2")


async def authenticate(token: str) -> Principal:
    known = {"ravi_at_account": ACCOUNT, "ravi_id_mine": BOUND}
    if token not in known:
        raise Unauthenticated("Token is invalid or expired")
    return known[token]


async def select(who: Principal, uuid: str) -> IdentityRef:
    for identity in (MINE, OTHER):
        if identity.uuid == uuid:
            return identity
    raise IdentityNotFound("no such identity")


class Reply:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body: bytes = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Calls the application as a server would."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def __call__(
        self,
        method: str,
        path: str,
        chunks: bytes | list[bytes] = b"",
        *,
        token: str | None = "ravi_at_account",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("authorization", f"Bearer {token}")
        raw, _, query = path.partition("?")
        parts = [chunks] if isinstance(chunks, bytes) else chunks
        incoming = [
            {"type": "http.request", "body": part, "more_body": index < len(parts) - 1}
            for index, part in enumerate(parts)
        ]
        outgoing: list[dict[str, Any]] = []

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            outgoing.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
        }
        await self.api(scope, receive, send)
        return Reply(outgoing)


@pytest.fixture
async def call(sqlite_db: Database) -> Caller:
    async with sqlite_db.begin() as tx:
        await tx.run(
            "INSERT INTO accounts (id, uuid, email, first_name, last_name, created_at, updated_at)"
            " VALUES (1, 'u', 'e', '', '', 0, 0)"
        )
    return Caller(
        Api(
            [routes],
            [Things()],
            authenticate=authenticate,
            select=select,
            idempotency=Idempotency(sqlite_db, Clock()),
            access_log=AccessLog(enabled=False),
            throttle=Throttle(RequestLimits()),
            note_refusal=lambda *_: None,
        )
    )


async def test_an_answer_is_json_and_never_stored_by_caches(call: Caller) -> None:
    reply = await call("GET", "/api/things/")

    assert (reply.status, reply.json) == (200, {"identity": None, "calls": 0})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert int(reply.headers["content-length"]) == len(reply.body)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "ravi_at_account", "Bearer unknown"])
async def test_without_a_good_credential_it_is_401(call: Caller, header: str | None) -> None:
    reply = await call("GET", "/api/things/", token=None, headers={} if header is None else {"authorization": header})

    assert (reply.status, reply.json["code"]) == (401, "auth.unauthenticated")
    assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_the_scheme_s_case_does_not_matter(call: Caller) -> None:
    assert (await call("GET", "/api/things/", headers={"authorization": "bearer ravi_at_account"})).status == 200


async def test_a_scope_that_the_credential_lacks_is_403(call: Caller) -> None:
    reply = await call("DELETE", "/api/things/", token="ravi_id_mine")

    assert (reply.status, reply.json["code"]) == (403, "auth.forbidden")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/api/things/?identity={OTHER.uuid}", {}),
        (f"/api/things/?identity={OTHER.uuid.upper()}", {}),
        ("/api/things/", {"X-Ravi-Identity": OTHER.uuid}),
        (f"/api/things/?identity={OTHER.uuid}", {"X-Ravi-Identity": OTHER.uuid}),
    ],
)
async def test_an_account_chooses_an_identity_in_either_way(call: Caller, path: str, headers: dict[str, str]) -> None:
    assert (await call("GET", path, headers=headers)).json["identity"] == "other"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/api/things/?identity={MINE.uuid}", {"X-Ravi-Identity": OTHER.uuid}),
        (f"/api/things/?identity={MINE.uuid}&identity={OTHER.uuid}", {}),
    ],
)
async def test_two_choices_that_differ_are_400(call: Caller, path: str, headers: dict[str, str]) -> None:
    reply = await call("GET", path, headers=headers)

    assert (reply.status, reply.json["code"]) == (400, "identity.selectors_differ")


async def test_an_unknown_choice_is_404(call: Caller) -> None:
    reply = await call("GET", "/api/things/?identity=cccccccc-0000-4000-8000-000000000003")

    assert (reply.status, reply.json["code"]) == (404, "identity.not_found")


async def test_an_identity_s_own_credential_is_a_fence(call: Caller) -> None:
    own = await call("GET", "/api/things/", token="ravi_id_mine")
    same = await call("GET", f"/api/things/?identity={MINE.uuid}", token="ravi_id_mine")
    foreign = await call("GET", f"/api/things/?identity={OTHER.uuid}", token="ravi_id_mine")

    assert (own.json["identity"], same.json["identity"]) == ("mine", "mine")
    assert (foreign.status, foreign.json["code"]) == (403, "auth.forbidden")


async def test_an_account_level_route_ignores_the_choice(call: Caller) -> None:
    reply = await call("GET", "/api/account/?identity=nonsense", headers={"X-Ravi-Identity": "other nonsense"})

    assert (reply.status, reply.json["identity"]) == (200, None)


async def test_204_has_no_body(call: Caller) -> None:
    reply = await call("DELETE", "/api/things/")

    assert (reply.status, reply.body, reply.headers["content-length"]) == (204, b"", "0")


async def test_head_has_the_length_and_no_body(call: Caller) -> None:
    reply = await call("HEAD", "/api/things/")

    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) > 0


async def test_an_answer_may_have_a_status_of_its_own(call: Caller) -> None:
    assert (await call("PUT", "/api/things/")).status == 202


async def test_a_list_is_paged_only_when_asked(call: Caller) -> None:
    assert (await call("GET", "/api/list/")).json == [1, 2, 3]
    assert (await call("GET", "/api/list?limit=1")).json["results"] == [1]


async def test_a_handler_may_cut_out_the_page_that_is_asked_for(call: Caller) -> None:
    assert (await call("GET", "/api/pages/")).json == [0, -1]
    page = (await call("GET", "/api/pages/?limit=7&offset=14")).json
    assert (page["results"], page["count"], page["next"]) == ([14, 7], 1000, "/api/pages/?limit=7&offset=21")
    assert (await call("GET", "/api/pages/?limit=0")).status == 422


async def test_a_body_may_come_in_pieces(call: Caller) -> None:
    reply = await call("POST", "/api/things/", [b'{"na', b'me": "', b'x"}'])

    assert (reply.status, reply.json["identity"]) == (201, "x")


async def test_a_body_that_is_too_large_is_413_whether_declared_or_not(call: Caller) -> None:
    declared = await call("POST", "/api/things/", b"{}", headers={"content-length": str(LARGEST_BODY + 1)})
    undeclared = await call("POST", "/api/things/", [b" " * LARGEST_BODY, b" "])

    assert (declared.status, declared.json["code"]) == (413, "request.too_large")
    assert (undeclared.status, undeclared.json["code"]) == (413, "request.too_large")


async def test_a_route_may_declare_a_limit_of_its_own(call: Caller) -> None:
    most = 2 * LARGEST_BODY
    largest = await call("PUT", "/api/imports/", [b'{"name": "x"}', b" " * (most - 13)])
    too_large = [
        await call("PUT", "/api/imports/", [b" " * most, b" "]),
        await call("PUT", "/api/imports/", b" " * (most + 1)),
        await call("PUT", "/api/imports/", b"{}", headers={"content-length": str(most + 1)}),
    ]

    assert (largest.status, largest.json["identity"]) == (200, "x")
    for reply in too_large:
        assert (reply.status, reply.json["error"]["details"]) == (413, {"largest_body": most})
    assert str(most) in too_large[0].json["detail"]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/api/nothing/", "GET", 404), ("/api/things/", "PATCH", 405), ("/api/things/", "POST", 400)],
)
async def test_every_refusal_is_an_envelope_with_the_request_s_id(
    call: Caller, path: str, method: str, status: int
) -> None:
    reply = await call(method, path, b"{", headers={"x-request-id": "abc-123"})

    assert reply.status == status
    assert reply.headers["x-request-id"] == reply.json["request_id"] == "abc-123"
    assert reply.json["detail"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\x7f", "é", "a_b", "<script>"])
async def test_a_request_id_that_is_not_plain_is_replaced(call: Caller, given: str) -> None:
    reply = await call("GET", "/api/things/", headers={"x-request-id": given})

    assert reply.headers["x-request-id"] != given
    assert len(reply.headers["x-request-id"]) == 16


async def test_a_bug_is_500_and_tells_nothing_of_itself(call: Caller, caplog: pytest.LogCaptureFixture) -> None:
    reply = await call("GET", "/api/bug/")

    assert (reply.status, reply.json["code"]) == (500, "server.error")
    assert b"hunter2" not in reply.body
    assert reply.json["request_id"] in reply.json["hint"]
    assert [record.message for record in caplog.records] == ["fault"]


async def test_a_create_with_a_key_is_made_once(call: Caller) -> None:
    key = {"Idempotency-Key": "k" * 32}
    first = await call("POST", "/api/things/", b'{"name": "x"}', headers=key)
    second = await call("POST", "/api/things/", b'{"name": "x"}', headers=key)
    other = await call("POST", "/api/things/", b'{"name": "y"}', headers=key)
    without = await call("POST", "/api/things/", b'{"name": "x"}')

    assert (first.status, first.json["calls"]) == (second.status, second.json["calls"]) == (201, 1)
    assert (other.status, other.json["code"]) == (422, "idempotency.mismatch")
    assert without.json["calls"] == 2


async def test_the_account_and_its_identity_do_not_share_keys(call: Caller) -> None:
    key = {"Idempotency-Key": "k" * 32}
    first = await call("POST", "/api/things/", headers=key)
    second = await call("POST", "/api/things/", headers=key, token="ravi_id_mine")

    assert (first.json["calls"], second.json["calls"]) == (1, 2)


async def test_a_refused_create_may_be_tried_again_under_its_key(call: Caller) -> None:
    key = {"Idempotency-Key": "k" * 32}
    refused = [await call("POST", "/api/things/", b'{"name": "taken"}', headers=key) for _ in range(2)]

    assert [reply.status for reply in refused] == [409, 409]
    assert refused[0].json["hint"] == "choose another"
