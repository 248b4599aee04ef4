"""The operations of the API and every field that a request may have, out of the OpenAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ravi.server.app import TABLES
from ravi.server.http.openapi import document
from tests.contract.matrix.references import ELSEWHERE, ITEMS, REFERENCES, Where

DOCUMENT = document([route for table in TABLES for route in table.all])


@dataclass(frozen=True)
class Field:
    """A place of a request that takes a value."""

    where: Where
    name: str


@dataclass(frozen=True)
class Operation:
    """A method on a path. `scope` is what a credential needs, None where none is asked for."""

    method: str
    path: str
    scope: str | None
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def kind_of(self, field: Field) -> str | None:
        """What *field* names, None when it names nothing that belongs to somebody."""
        other = ELSEWHERE.get((self.name, field.where, field.name))
        return other or REFERENCES[field.where].get(field.name)

    def references(self) -> list[tuple[Field, str]]:
        """Every field that names something, with its kind."""
        return [(field, kind) for field in self.fields if (kind := self.kind_of(field))]


def operations() -> list[Operation]:
    """Every operation, in the order of the document."""
    return [
        Operation(method.upper(), path, operation.get("x-ravi-scope"), tuple(dict.fromkeys(_fields(operation))))
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def _fields(operation: dict[str, Any]) -> Iterator[Field]:
    for parameter in operation["parameters"]:
        yield Field(parameter["in"], parameter["name"])
        if parameter["name"] == "identity" and parameter["schema"].get("format") == "uuid":
            yield Field("header", "X-Ravi-Identity")
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for name in _names(schema, ""):
            yield Field("body", next((name.removeprefix(each) for each in ITEMS if name.startswith(each)), name))


def _names(schema: dict[str, Any], before: str) -> Iterator[str]:
    """The paths of all leaves of a body."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for each in schema.get("anyOf", ()):
        yield from _names(each, before)
    match schema.get("type"):
        case "array":
            yield from _names(schema["items"], f"{before}[]")
        case "object" if "properties" in schema:
            for name, each in schema["properties"].items():
                yield from _names(each, f"{before}.{name}")
        case "object":
            yield f"{before}{{}}"
        case _:
            if "anyOf" not in schema and schema.get("type") != "null":
                yield before
