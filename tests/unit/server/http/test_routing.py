"""Declaring a route: what is read off a handler's signature, and what is refused at start-up."""

from typing import TypedDict

import pytest
from starlette.requests import Request

from ravi.errors import Invalid, NotFound
from ravi.server.http import Page, Paging, Principal, Routes
from ravi.server.http.compiled import compile_route
from ravi.wire.scopes import Scope


class Body(TypedDict):
    name: str


class Query(TypedDict, total=False):
    limit: int


class Service:
    """Something a handler asks for by its type."""


def test_a_handler_gets_what_its_signature_says() -> None:
    routes, service = Routes("things"), Service()

    @routes.put("/api/things/{uuid}/parts/{number}/", scope=Scope.IDENTITIES_WRITE)
    async def change(
        who: Principal, body: Body, query: Query, request: Request, uuid: str, number: int, service: Service
    ) -> Body:
        """Change a part.

        More than the summary.
        """
        return body

    (route,) = routes.all
    call = compile_route(route, [service])
    request = Request({"type": "http"})
    arguments = call.arguments(None, b'{"name": "a"}', b"limit=3", {"uuid": "u", "number": "7"}, request)

    assert arguments == {
        "who": None,
        "body": {"name": "a"},
        "query": {"limit": 3},
        "request": request,
        "uuid": "u",
        "number": 7,
        "service": service,
    }
    assert (call.reads_body, call.wants_request) == (True, True)
    assert (route.summary, route.tag, route.parameters) == ("Change a part.", "things", ["uuid", "number"])


def test_a_handler_may_cut_a_page_out_itself() -> None:
    routes = Routes("things")

    @routes.get("/api/things/", scope=None, lists=True)
    async def list_(paging: Paging) -> Page[Body]:
        return Page([], 0)

    (route,) = routes.all
    arguments = compile_route(route, []).arguments(None, b"", b"limit=3&offset=4", {}, None)
    assert arguments == {"paging": Paging(3, 4)}
    assert route.gives == list[Body], "what the document shows is a list"


def test_a_page_of_what_is_no_list_is_refused() -> None:
    async def show() -> Page[Body]:
        return Page([], 0)

    with pytest.raises(TypeError, match="declared as none"):
        Routes("things").get("/api/things/", scope=None)(show)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "1" * 19, " 1"])
def test_a_path_value_that_is_no_number_names_nothing(text: str) -> None:
    """Published clients expect 404 for `message email nonexistent-id`."""
    routes = Routes("things")

    @routes.get("/api/things/{number}/", scope=None)
    async def show(number: int) -> Body:
        return {"name": str(number)}

    with pytest.raises(NotFound):
        compile_route(routes.all[0], []).arguments(None, b"", b"", {"number": text}, None)


def test_a_bad_body_is_refused_before_the_handler_runs() -> None:
    routes = Routes("things")

    @routes.post("/api/things/", scope=None)
    async def create(body: Body) -> Body:
        raise AssertionError("must not be called")

    with pytest.raises(Invalid):
        compile_route(routes.all[0], []).arguments(None, b"{}", b"", {}, None)


def test_a_service_that_nobody_provides_is_found_at_start_up() -> None:
    routes = Routes("things")

    @routes.get("/api/things/", scope=None)
    async def show(service: Service) -> Body:
        return {"name": ""}

    with pytest.raises(TypeError, match="GET /api/things/: nobody provides service"):
        compile_route(routes.all[0], [])


def test_a_path_value_that_the_handler_forgot_is_found_at_start_up() -> None:
    routes = Routes("things")

    @routes.get("/api/things/{uuid}/", scope=None)
    async def show() -> Body:
        return {"name": ""}

    with pytest.raises(TypeError, match="uuid"):
        compile_route(routes.all[0], [])


def test_a_public_route_cannot_ask_who_is_calling() -> None:
    routes = Routes("things")

    async def show(who: Principal) -> Body:
        return {"name": ""}

    with pytest.raises(TypeError, match="needs a scope"):
        routes.get("/api/things/", scope=None)(show)
