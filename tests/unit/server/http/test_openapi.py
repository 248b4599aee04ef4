"""The OpenAPI document of the whole API: valid, complete, and made from the routes alone."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ravi.server.app import TABLES
from ravi.server.http import encoding, openapi

ROUTES = [route for table in TABLES for route in table.all]
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


@pytest.fixture(scope="module")
def document() -> Any:
    """What is served: after a trip through JSON."""
    return json.loads(encoding.encode(openapi.document(ROUTES)))


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_the_head_says_what_it_is(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert {"title", "version"} <= set(document["info"])


def test_every_route_of_the_api_is_there_and_nothing_else(document: Any) -> None:
    declared = {(route.method.lower(), route.path) for route in ROUTES if route.path.startswith("/api/")}

    assert {(method, path) for method, path, _ in operations(document)} == declared


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = {node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)}

    assert references
    for reference in references:
        prefix, _, name = reference.rpartition("/")
        assert prefix == "#/components/schemas"
        assert name in document["components"]["schemas"]


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(ids) == len(set(ids))


def test_path_parameters_are_declared_and_required(document: Any) -> None:
    for _, path, operation in operations(document):
        declared = {each["name"] for each in operation["parameters"] if each["in"] == "path" and each["required"]}
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_no_parameter_is_declared_twice(document: Any) -> None:
    for method, path, operation in operations(document):
        keys = [(each["name"], each["in"]) for each in operation["parameters"]]
        assert len(keys) == len(set(keys)), f"{method} {path}: {keys}"


def test_every_operation_has_a_summary_a_success_and_refusals(document: Any) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"].endswith("."), f"{method} {path}: the handler's docstring is its summary"
        successes = [status for status in operation["responses"] if status.startswith("2")]
        assert len(successes) == 1 or sorted(successes) == ["200", "201"], f"{method} {path}: {successes}"
        assert operation["responses"]["4XX"]["content"]["application/json"]["schema"]


def test_security_follows_the_declared_scope(document: Any) -> None:
    by_place = {(route.method.lower(), route.path): route for route in ROUTES}
    for method, path, operation in operations(document):
        scope = by_place[(method, path)].scope
        assert operation["security"] == ([] if scope is None else [{"bearer": []}])
        assert operation.get("x-ravi-scope") == (None if scope is None else str(scope))


def test_schemas_are_json_schema(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        for node in nodes(schema):
            kind = node.get("type")
            if isinstance(kind, str):
                assert kind in TYPES, f"{name}: {kind}"
        if schema.get("type") == "object" and "properties" in schema:
            assert set(schema.get("required", ())) <= set(schema["properties"])


def test_no_schema_is_left_empty(document: Any) -> None:
    """An answer or body whose shape got lost would be `{}`, which allows everything."""
    for method, path, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                assert content["schema"], f"{method} {path}"


def test_a_body_that_may_be_larger_than_others_says_so(document: Any) -> None:
    described = {
        (method, path): operation["requestBody"].get("description")
        for method, path, operation in operations(document)
        if "requestBody" in operation
    }

    assert described["put", "/api/secrets/"] == "At most 16777216 bytes."
    assert described["post", "/api/secrets/"] is None
