"""A route made ready to be called: its decoders built once, its services looked up once."""

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request

from ravi.errors import NotFound
from ravi.server.http.decoding import body_decoder, decode_body, decode_query
from ravi.server.http.paging import Paging, asked_paging
from ravi.server.http.principal import Principal
from ravi.server.http.routing import Handler, Route


@dataclass(frozen=True, slots=True)
class Call:
    """What dispatch needs of one route."""

    route: Route
    handler: Handler
    body: msgspec.json.Decoder[Any] | None
    query: Any
    principal: str | None
    request: str | None
    paging: str | None
    integers: frozenset[str]
    services: dict[str, object]

    @property
    def reads_body(self) -> bool:
        return self.body is not None

    @property
    def wants_request(self) -> bool:
        return self.request is not None

    def arguments(
        self,
        who: Principal | None,
        raw_body: bytes,
        raw_query: bytes,
        values: dict[str, str],
        request: Request | None,
    ) -> dict[str, Any]:
        """Return the handler's keyword arguments. Raises what decoding raises."""
        found: dict[str, Any] = dict(self.services)
        for name, value in values.items():
            found[name] = _whole_number(value) if name in self.integers else value
        if self.principal:
            found[self.principal] = who
        if self.body is not None:
            found["body"] = decode_body(self.body, raw_body)
        if self.query is not None:
            found["query"] = decode_query(self.query, raw_query)
        if self.request:
            found[self.request] = request
        if self.paging:
            found[self.paging] = asked_paging(raw_query)
        return found


def compile_route(route: Route, services: list[object]) -> Call:
    """
    Return *route* ready to be called with *services*.

    Raises TypeError at start-up when the handler asks for something nobody provides.
    """
    hints = {name: hint for name, hint in route.hints.items() if name != "return"}
    principal = next((name for name, hint in hints.items() if hint is Principal), None)
    request = next((name for name, hint in hints.items() if hint is Request), None)
    paging = next((name for name, hint in hints.items() if hint is Paging), None)
    body = body_decoder(hints["body"]) if "body" in hints else None
    query = hints.get("query")
    in_path = set(route.parameters)
    known = in_path | {principal, request, paging, "body", "query"}
    wanted = {name: hint for name, hint in hints.items() if name not in known}
    found = {name: service for name, hint in wanted.items() for service in services if type(service) is hint}
    if missing := sorted(set(wanted) - set(found)) + sorted(in_path - set(hints)):
        raise TypeError(f"{route.method} {route.path}: nobody provides {', '.join(missing)}")
    integers = frozenset(name for name in in_path if hints[name] is int)
    return Call(route, route.handler, body, query, principal, request, paging, integers, found)


def _whole_number(value: str) -> int:
    # A non-number where an id belongs names nothing, which is "not found", as published clients expect.
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise NotFound("Not found.")
    return int(value)
