"""The API's document, unfolded for a page."""

from typing import Any

from ravi.server.web.reference import groups, refusal

TEXT = {"type": "string"}


def document(schema: dict[str, Any], **components: Any) -> dict[str, Any]:
    """A document of one operation whose answer is *schema*."""
    answer = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    operation = {
        "operationId": "things.get",
        "tags": ["things"],
        "summary": "Show one.",
        "parameters": [{"name": "thing", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "responses": {"200": answer, "4XX": {"description": "Refused"}},
        "x-ravi-scope": "things:read",
    }
    return {"paths": {"/api/things/{thing}/": {"get": operation}}, "components": {"schemas": components}}


def result(schema: dict[str, Any], **components: Any) -> Any:
    (group,) = groups(document(schema, **components))
    return group.operations[0].result


def test_an_operation_says_what_it_takes() -> None:
    (group,) = groups(document(TEXT))
    (operation,) = group.operations

    assert (group.tag, operation.method, operation.path) == ("things", "GET", "/api/things/{thing}/")
    assert (operation.scope, operation.status, operation.body) == ("things:read", "200", None)
    assert [(each.name, each.place, each.required, each.type) for each in operation.parameters] == [
        ("thing", "path", True, "integer")
    ]


def test_references_are_followed_into_lists_and_choices() -> None:
    thing = {"type": "object", "description": "A thing.", "properties": {"name": TEXT}, "required": ["name"]}

    listed = result({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, Thing=thing)
    perhaps = result({"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}, Thing=thing)

    assert (listed.type, perhaps.type) == ("list of Thing", "Thing or null")
    for shape in (listed, perhaps):
        assert [(field.name, field.required, field.shape.type) for field in shape.fields] == [("name", True, "string")]


def test_a_shape_that_contains_itself_stays_a_name() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}

    shape = result({"$ref": "#/components/schemas/Node"}, Node=node)

    assert shape.type == "Node"
    assert shape.fields[0].shape.type == "Node"
    assert shape.fields[0].shape.fields == ()


def test_plain_shapes_are_said_in_words() -> None:
    said = {
        "object of string": {"type": "object", "additionalProperties": TEXT},
        '"on" or "off"': {"enum": ["on", "off"]},
        "anything": {},
        "list of anything": {"type": "array"},
    }

    assert {words: result(schema).type for words, schema in said.items()} == {words: words for words in said}


def test_the_shape_of_refusals_is_found() -> None:
    shape = refusal(document(TEXT, ErrorEnvelope={"type": "object", "properties": {"detail": TEXT}}))

    assert (shape.type, shape.fields[0].name) == ("ErrorEnvelope", "detail")
