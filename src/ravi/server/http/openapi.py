"""The OpenAPI 3.1 document, made from the route table and the shapes alone."""

from collections.abc import Iterable
from typing import Any, get_type_hints

import msgspec

from ravi.server.http.paging import NAMES
from ravi.server.http.routing import LARGEST_BODY, Route
from ravi.version import __version__
from ravi.wire.problems import ErrorEnvelope

REFERENCE = "#/components/schemas/{name}"


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document for *routes*."""
    routes = [route for route in routes if route.path.startswith("/api/")]
    shapes = [shape for route in routes for shape in (route.takes, route.gives, route.refuses) if shape is not None]
    schemas, components = msgspec.json.schema_components([*shapes, ErrorEnvelope], ref_template=REFERENCE)
    by_shape = {id(shape): schema for shape, schema in zip(shapes, schemas, strict=False)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ravi",
            "version": __version__,
            "description": "The identity provider for AI agents. Every path also works without its last slash.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token (ravi_at_), a management or an identity key.",
                }
            },
        },
    }


def _operation(route: Route, by_shape: dict[int, Any]) -> dict[str, Any]:
    envelope = {"$ref": REFERENCE.format(name="ErrorEnvelope")}
    fault = {"description": "Refused", "content": _json(envelope)}
    refusal = fault
    if route.refuses is not None:
        refusal = {"description": "Refused", "content": _json({"anyOf": [by_shape[id(route.refuses)], envelope]})}
    success: dict[str, Any] = {"description": "Done"}
    if route.gives is not None:
        shape = by_shape[id(route.gives)]
        success["content"] = _json(_array_or_page(shape) if route.lists else shape)
    operation: dict[str, Any] = {
        "operationId": f"{route.tag}.{route.handler.__name__}.{route.method.lower()}",
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": {**{str(status): success for status in route.statuses}, "4XX": refusal, "5XX": fault},
        "security": [] if route.scope is None else [{"bearer": []}],
    }
    if route.scope is not None:
        operation["x-ravi-scope"] = str(route.scope)
    if route.takes is not None:
        operation["requestBody"] = {"content": _json(by_shape[id(route.takes)])}
        if route.largest_body != LARGEST_BODY:
            operation["requestBody"]["description"] = f"At most {route.largest_body} bytes."
    return operation


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in route.parameters:
        kind = "integer" if route.hints[name] is int else "string"
        yield {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
    for name, hint in get_type_hints(route.hints["query"]).items() if "query" in route.hints else ():
        yield {"name": name, "in": "query", "schema": msgspec.json.schema(hint)}
    if route.selects.name != "IGNORES":
        yield {"name": "identity", "in": "query", "schema": {"type": "string", "format": "uuid"}}
    if route.lists:
        for name, least in (("limit", 1), ("offset", 0), ("page", 1)):
            yield {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": 999_999_999}}
    if route.creates:
        yield {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}


def _array_or_page(array: Any) -> dict[str, Any]:
    """The two answers of a list: everything, or the page that was asked for, in an envelope."""
    link = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    page = {
        "type": "object",
        "description": "When the query has any of: " + ", ".join(NAMES) + ".",
        "properties": {"count": {"type": "integer"}, "next": link, "previous": link, "results": array},
        "required": ["count", "next", "previous", "results"],
    }
    return {"anyOf": [array, page]}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
