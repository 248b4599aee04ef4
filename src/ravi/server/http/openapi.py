"""The OpenAPI 3.1 document, made from the route table and the shapes alone."""

from collections.abc import Iterable
from typing import Any, get_type_hints

import msgspec

from ravi.server.http.routing import LARGEST_BODY, Route
from ravi.version import __version__
from ravi.wire.problems import ErrorEnvelope

REFERENCE = "#/components/schemas/{name}"


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document for *routes*."""
    routes = [route for route in routes if route.path.startswith("/api/")]
    shapes = [shape for route in routes for shape in (route.takes, route.gives) if shape is not None]
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
    refusal = {"description": "Refused", "content": _json({"$ref": REFERENCE.format(name="ErrorEnvelope")})}
    success: dict[str, Any] = {"description": "Done"}
    if route.gives is not None:
        success["content"] = _json(by_shape[id(route.gives)])
    operation: dict[str, Any] = {
        "operationId": f"{route.tag}.{route.handler.__name__}.{route.method.lower()}",
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": {str(route.status): success, "4XX": refusal, "5XX": refusal},
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
        for name in ("limit", "offset"):
            yield {"name": name, "in": "query", "schema": {"type": "integer"}}
    if route.creates:
        yield {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
