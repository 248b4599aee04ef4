"""
A server that answers every request as our OpenAPI document says, with hostile text wherever text may stand.

What a stranger wrote, what another agent called itself, what a server that was taken over makes up: all of it comes to
the client as strings in these answers, so all of them are hostile at once.
"""

import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ravi.server.app import TABLES
from ravi.server.http import encoding, openapi
from tests.support.fake_servers import Api, Request

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
STAMP = "2026-11-23T05:04:03Z"

DOCUMENT = json.loads(encoding.encode(openapi.document(route for table in TABLES for route in table.all)))
#: Retitle, wipe, recolour, ring, overwrite, turn around, hide: what a terminal does, or a reader falls for.
BEFORE = "\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\\x1b[2J\x9b31m\x1b[8m\x00\x08"
AFTER = (
    "\u202egpj.\u2066exe\u2069\u200f\u061c\u200b\u200d\ufeff\u2060\u00ad\u3164\u115f\u034f\ufff9"
    "\U000e0041\U000e0101\ufe00\u2028\x85\x0b\x0c\r\n\x1b[1A\x7f\x90q\x9cravi: error: forged"
)
#: What is left of a hostile text for a person to see, and for a test to find.
MARK = re.compile(r"«(\w+)»")


def hostile(name: str) -> str:
    """The hostile text of the field *name*."""
    return f"{BEFORE}«{name}»{AFTER}"


class HostileApi(Api):
    """
    `Api` whose routes are the whole document. Fields called `uuid` and the like are UUID, unless *strict* is false:
    then nothing in an answer is to be relied upon.

    `refusing` is a status to answer with instead. `tweaks` change what is answered, by method and path: given what
    would be, and the request.
    """

    def __init__(self, *, strict: bool = True) -> None:
        super().__init__()
        self.strict = strict
        self.refusing: int | None = None
        self.tweaks: dict[tuple[str, str], Callable[[Any, Request], Any]] = {}

    def answer(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        path, query = urlsplit(request.target)[2:4]
        if self.refusing is not None:
            self.requests.append(request)
            return self.refusing, refusal(), {}
        found = _operation(request.method, path)
        if found is None or (request.method, request.target) in self.routes:
            return super().answer(request)
        self.requests.append(request)
        status, schema = found
        paged = "offset=" in query and schema is not None and "anyOf" in schema
        made = None if schema is None else self._instance(schema["anyOf"][1] if paged else schema, "")
        if paged:
            made |= {"next": None, "previous": None}
        tweak = self.tweaks.get((request.method, path))
        return status, made if tweak is None else tweak(made, request), {}

    def _instance(self, schema: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            return self._instance(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
        if "anyOf" in schema:
            return self._instance(next(each for each in schema["anyOf"] if each.get("type") != "null"), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0] if self.strict else hostile(name)
        kind = schema.get("type")
        if kind == "object":
            made = {each: self._instance(shape, each) for each, shape in schema.get("properties", {}).items()}
            rest = schema.get("additionalProperties")
            if "properties" not in schema:
                shape = rest if isinstance(rest, dict) and rest else {"type": "string"}
                made |= {hostile(f"{name}_key"): self._instance(shape, name)}
                # Where anything goes, what a view may look for.
                made |= {each: hostile(each) for each in _LOOKED_FOR if shape == {"type": "string"} or not rest}
            return made
        if kind == "array":
            return [self._instance(schema.get("items", {"type": "string"}), name)]
        return {"integer": 1, "number": 1.5, "boolean": True, "null": None}.get(str(kind), self._text(name))

    def _text(self, name: str) -> str:
        if self.strict and (name.endswith("uuid") or name == "identity_ref"):
            return UUID
        return f"{self.url}/file" if name.endswith("_url") and self.strict and name != "url" else hostile(name)


#: Keys of objects whose shape is nowhere written down, such as the data of an event.
_LOOKED_FOR = ("subject", "name", "key", "label", "hostname")


def refusal() -> dict[str, Any]:
    """An error with hostile text in all of it."""
    details = {hostile("field"): [hostile("reason"), hostile("reason")], "\r\x85\u2028«start»": ["\r«start»"]}
    return {
        "detail": hostile("detail"),
        "code": hostile("code"),
        "hint": hostile("hint"),
        "error": {"code": hostile("code"), "message": hostile("message"), "details": details},
        "retry_after_seconds": 1,
    }


def _operation(method: str, path: str) -> tuple[int, dict[str, Any] | None] | None:
    """Status and shape of the success of *method* at *path*; None when there is no such thing."""
    for pattern, operations in _PATHS:
        if pattern.fullmatch(path) and method.lower() in operations:
            answers = operations[method.lower()]["responses"]
            status = next(each for each in answers if each.isdigit())
            content = answers[status].get("content", {})
            return int(status), next(iter(content.values()))["schema"] if content else None
    return None


# A path that is spelled out is looked at before one with something to fill in.
_PATHS = [
    (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), operations)
    for path, operations in sorted(DOCUMENT["paths"].items(), key=lambda item: item[0].count("{"))
]
assert len(list(itertools.chain(*(operations for _, operations in _PATHS)))) > 50
