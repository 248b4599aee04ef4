"""
The OpenAPI document as something a template can walk: groups of operations, each with its shapes unfolded.

References are followed here, so the template needs no look-ups; one that leads back into itself stays a name.
"""

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    required: bool
    shape: "Shape"


@dataclass(frozen=True, slots=True)
class Shape:
    """`type` says it in words, such as "list of Identity or null"; `fields` are those of the object in it."""

    type: str
    description: str = ""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    required: bool
    type: str


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    scope: str | None
    parameters: tuple[Parameter, ...]
    body: Shape | None
    status: str
    result: Shape | None


@dataclass(frozen=True, slots=True)
class Group:
    tag: str
    operations: tuple[Operation, ...]


def groups(document: Schema) -> list[Group]:
    """Return the document's operations by tag, both in the order in which they were declared."""
    found: dict[str, list[Operation]] = {}
    unfolder = _Unfolder(document["components"]["schemas"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, unfolder))
    return [Group(tag, tuple(operations)) for tag, operations in found.items()]


def refusal(document: Schema) -> Shape:
    """Return the shape that every refusal has."""
    return _Unfolder(document["components"]["schemas"]).shape({"$ref": "#/components/schemas/ErrorEnvelope"})


def _operation(path: str, method: str, operation: Schema, unfolder: "_Unfolder") -> Operation:
    status, success = next(iter(operation["responses"].items()))
    body, result = _content(operation.get("requestBody", {})), _content(success)
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        scope=operation.get("x-ravi-scope"),
        parameters=tuple(
            Parameter(each["name"], each["in"], each.get("required", False), unfolder.shape(each["schema"]).type)
            for each in operation["parameters"]
        ),
        body=unfolder.shape(body) if body is not None else None,
        status=status,
        result=unfolder.shape(result) if result is not None else None,
    )


def _content(part: Schema) -> Schema | None:
    schema: Schema | None = part.get("content", {}).get("application/json", {}).get("schema")
    return schema


class _Unfolder:
    def __init__(self, components: dict[str, Schema]) -> None:
        self._components = components

    def shape(self, schema: Schema, above: tuple[str, ...] = ()) -> Shape:
        """Return *schema* unfolded. *above* are the names on the way here."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in above:
                return Shape(name)
            inner = self.shape(self._components[name], (*above, name))
            return Shape(name, inner.description, inner.fields)
        if "anyOf" in schema:
            parts = [self.shape(part, above) for part in schema["anyOf"]]
            fields = next((part.fields for part in parts if part.fields), ())
            return Shape(" or ".join(part.type for part in parts), fields=fields)
        if "enum" in schema:
            return Shape(
                " or ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in schema["enum"])
            )
        kind = schema.get("type", "anything")
        if kind == "array":
            item = self.shape(schema.get("items", {}), above)
            return Shape(f"list of {item.type}", fields=item.fields)
        if kind != "object":
            return Shape(kind)
        if isinstance(values := schema.get("additionalProperties"), dict):
            return Shape(f"object of {self.shape(values, above).type}")
        required = set(schema.get("required", ()))
        fields = tuple(
            Field(name, name in required, self.shape(each, above))
            for name, each in schema.get("properties", {}).items()
        )
        return Shape("object", schema.get("description", ""), fields)
