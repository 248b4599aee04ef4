"""The ASGI application of the API: finds the route, asks who is calling, decodes, calls, encodes, logs."""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ravi.errors import Forbidden, IdentityDisabled, Malformed, RaviError, SelectorsDiffer, TooLarge, Unauthenticated
from ravi.server.http import encoding, errors
from ravi.server.http.access_log import AccessLog
from ravi.server.http.arriving import in_time
from ravi.server.http.compiled import Call, compile_route
from ravi.server.http.decoding import parse_query
from ravi.server.http.idempotency import Idempotency
from ravi.server.http.matching import Matcher
from ravi.server.http.origin import Origin, acting, found_to_be, peer_of
from ravi.server.http.principal import IdentityRef, Principal, Selects
from ravi.server.http.routing import Answer, Later, Routes
from ravi.server.http.throttle import ServerBusy, Throttle, Visit

log = logging.getLogger("ravi.http")

Authenticate = Callable[[str], Awaitable[Principal]]
Select = Callable[[Principal, str], Awaitable[IdentityRef]]
#: Who was refused, the error's code, and which route it was.
NoteRefusal = Callable[[Principal, str, str], None]

JSON = (b"content-type", b"application/json")
NO_STORE = (b"cache-control", b"no-store")  # answers hold mail addresses and, once, keys


class Api:
    """
    Serves the routes of every noun.

    *authenticate* turns a bearer token into a Principal or raises Unauthenticated; *select* turns the uuid that
    an account-wide credential names into an IdentityRef or raises IdentityNotFound. *note_refusal* hears of each caller
    who may not do what it asks for.
    """

    def __init__(
        self,
        tables: list[Routes],
        services: list[object],
        *,
        authenticate: Authenticate,
        select: Select,
        idempotency: Idempotency,
        access_log: AccessLog,
        throttle: Throttle,
        note_refusal: NoteRefusal,
    ) -> None:
        self._note_refusal = note_refusal
        self._authenticate = authenticate
        self._select = select
        self._idempotency = idempotency
        self._access_log = access_log
        self._throttle = throttle
        self._matcher: Matcher[Call] = Matcher()
        self._words = {""}
        for table in tables:
            for route in table.all:
                self._matcher.add(route.method, route.path, compile_route(route, services))
                self._words.update(segment for segment in route.path.split("/") if not segment.startswith("{"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _interesting(scope)
        request_id = _request_id(headers)
        with acting(Origin("visitor", peer=peer_of(scope), request_id=request_id)):
            await self._serve(scope, receive, send, headers, request_id)

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[bytes, bytes],
        request_id: str,
    ) -> None:
        started = time.perf_counter()
        call: Call | None = None
        visit: Visit | None = None
        who: Principal | None = None
        extra: list[tuple[bytes, bytes]] = []
        try:
            call, values = self._matcher.find(scope["method"], scope.get("raw_path") or scope["path"].encode())
            visit = self._throttle.arrive(call.route, peer_of(scope))
            if call.route.scope is not None:
                who = await self._recognise(headers)
                found_to_be(who.kind, who.credential_uuid, who.account_id)
                who = await self._admit(call, scope, headers, who)
                visit.recognised(who)
            result = await self._run(call, values, who, scope, receive, headers, visit)
            if isinstance(result, Response):
                result.headers["x-request-id"] = request_id
                await result(scope, receive, send)
                self._log(scope, result.status_code, started, request_id, who)
                return
            status, body = result
        except RaviError as error:
            status = errors.status_of(error)
            body = encoding.encode(errors.envelope(error, request_id))
            extra = errors.headers_of(error)
            if status == 403 and call is not None and who is not None:
                self._note_refusal(who, error.code, f"{call.route.method} {call.route.path}")
            if status >= 500 and not isinstance(error, ServerBusy):  # one line for each would make things worse
                log.error("refused", extra={"request_id": request_id, "code": error.code, "reason": error.message})
            if visit is not None:
                await visit.be_late(error, peer_of(scope))
        except Exception:  # the last resort: the peer gets an envelope, the log gets the traceback
            log.exception("fault", extra={"request_id": request_id})
            fault = RaviError("the server failed", code="server.error", hint=f"see the server's log for {request_id}")
            status, body = 500, encoding.encode(errors.envelope(fault, request_id))
        finally:
            if visit is not None:
                visit.leave()
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    JSON,
                    NO_STORE,
                    (b"content-length", str(len(body)).encode()),
                    (b"x-request-id", request_id.encode()),
                    *extra,
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self._log(scope, status, started, request_id, who)

    async def _recognise(self, headers: dict[bytes, bytes]) -> Principal:
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if not token:
            raise Unauthenticated("Authentication credentials were not provided.")
        if kind.lower() != "bearer":
            raise Unauthenticated("the Authorization header must be: Bearer <credential>")
        return await self._authenticate(token.strip())

    async def _admit(self, call: Call, scope: Scope, headers: dict[bytes, bytes], who: Principal) -> Principal:
        """Return *who* with the identity that the request selects. Raises Forbidden, IdentityDisabled and others."""
        assert call.route.scope is not None
        who.require_scope(call.route.scope)
        if call.route.selects is Selects.IGNORES:
            return who
        chosen = _chosen_identity(scope, headers)
        if chosen is None:
            return who
        if who.bound:
            assert who.identity is not None
            if chosen != who.identity.uuid:
                raise Forbidden("this credential belongs to another identity")
            return who
        identity = await self._select(who, chosen)
        if identity.disabled and call.route.selects is Selects.ACTS:
            raise IdentityDisabled("this identity is switched off")
        return who.acting_as(identity)

    async def _run(
        self,
        call: Call,
        values: dict[str, str],
        who: Principal | None,
        scope: Scope,
        receive: Receive,
        headers: dict[bytes, bytes],
        visit: Visit,
    ) -> tuple[int, bytes] | Response:
        raw = await _read(receive, headers, call.route.largest_body) if call.reads_body else b""
        request = Request(scope, receive) if call.wants_request else None
        query: bytes = scope["query_string"]
        arguments = call.arguments(who, raw, query, values, request)
        if call.route.weighs is not None:
            visit.charge(call.route.weighs(**arguments) - 1)
        if call.route.around is None:
            return await self._answer(call, arguments, who, scope, headers, raw)
        async with call.route.around(**arguments):
            return await self._answer(call, arguments, who, scope, headers, raw)

    async def _answer(
        self,
        call: Call,
        arguments: dict[str, Any],
        who: Principal | None,
        scope: Scope,
        headers: dict[bytes, bytes],
        raw: bytes,
    ) -> tuple[int, bytes] | Response:
        query: bytes = scope["query_string"]

        async def make(half: Later[Any] | None = None) -> tuple[int, bytes] | Response:
            result = half or await call.handler(**arguments)
            if isinstance(result, Later):
                result = await result.finish()
            if isinstance(result, Response):
                return result
            status = call.route.status
            if isinstance(result, Answer):
                status, result = result.status, result.body
            if call.route.lists:
                result = encoding.paged(result, path=scope["path"], raw_query=query)
            return status, b"" if status == 204 else encoding.encode(result)

        key = headers.get(b"idempotency-key")
        if key is None or not call.route.creates or who is None:
            return await make()
        same = b"\0".join((call.route.method.encode(), scope["path"].encode(), query, raw))
        if who.identity is not None and not who.bound and b"x-ravi-identity" in headers:
            same += b"\0" + who.identity.uuid.encode()  # the rest of the request does not say which one it was for

        caller = who.identity.uuid if who.bound and who.identity else ""
        asked = (who.account_id, caller, key.decode("latin-1"), same)
        half: Later[Any] | None = None
        if call.route.in_halves:
            if answered := await self._idempotency.find(*asked):
                return answered
            try:
                half = await call.handler(**arguments)
            except RaviError:
                # What it needs may be used up by its own forerunner, which was still at work a moment ago.
                if answered := await self._idempotency.find(*asked):
                    return answered
                raise

        async def make_once() -> tuple[int, bytes]:
            made = await make(half)
            assert not isinstance(made, Response)  # creates answer JSON
            return made

        return await self._idempotency.once(*asked, make_once)

    def _log(self, scope: Scope, status: int, started: float, request_id: str, who: Principal | None) -> None:
        self._access_log.request(
            method=scope["method"],
            path=scope["path"] if status < 400 else self._known(scope["path"]),
            status=status,
            seconds=time.perf_counter() - started,
            request_id=request_id,
            credential=who.credential_uuid if who else None,
        )

    def _known(self, path: str) -> str:
        """
        *path* with nothing in it but words of our routes and uuids.

        Of a request that was refused, the rest may be anything: a password in the place of a name, for one.
        """
        return "/".join(s if s in self._words or _UUID.fullmatch(s) else "…" for s in path.split("/"))


_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

#: Request ids name a line in the log and guard nothing, so they need not be unpredictable, only different.
_PROCESS = secrets.token_hex(4)
_COUNTER = itertools.count(1)

_INTERESTING = frozenset((b"authorization", b"x-ravi-identity", b"idempotency-key", b"x-request-id", b"content-length"))


def _interesting(scope: Scope) -> dict[bytes, bytes]:
    return {name: value for name, value in scope["headers"] if name in _INTERESTING}


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    # Only a plain one is taken over: it is written into logs and headers.
    if given and len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum():
        return given
    return f"{_PROCESS}{next(_COUNTER):08x}"


def _chosen_identity(scope: Scope, headers: dict[bytes, bytes]) -> str | None:
    """Return the uuid that the request selects. Raises SelectorsDiffer when two selectors disagree."""
    header = headers.get(b"x-ravi-identity", b"").decode("latin-1").strip().lower() or None
    query = None
    if b"identity=" in scope["query_string"] or b"%" in scope["query_string"]:  # a name may be encoded, too
        named = {value.lower() for name, value in parse_query(scope["query_string"]) if name == "identity" and value}
        if len(named) > 1:
            raise SelectorsDiffer("the query names two identities")
        query = next(iter(named), None)
    if header and query and header != query:
        raise SelectorsDiffer("the header X-Ravi-Identity and ?identity= name different identities")
    return query or header


async def _read(receive: Receive, headers: dict[bytes, bytes], most: int) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    size = 0
    async with in_time():
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Malformed("the connection ended inside the body")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is larger than {most} bytes", details={"largest_body": most})
