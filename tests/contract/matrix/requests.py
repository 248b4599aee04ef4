"""
Requests that are good but for the one thing that they name, so that nothing else can be the reason for a refusal.

`test_controls.py` proves it: with a thing of one's own in that place, each of them succeeds.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from tests.contract.matrix.cast import Things, filled
from tests.contract.matrix.references import CHOOSES
from tests.contract.matrix.walk import Field, Operation
from tests.support.sealed import random_base64
from tests.support.world import Actor

MAIL = {"to_email": "<reader>", "subject": "Hello", "content": "Hi there."}

#: A good body, where one is needed. `<sealed>` and the like are replaced, see `filled`.
BODIES: dict[str, Any] = {
    "PATCH /api/contacts/{contact_uuid}/": {"nickname": "pal"},
    "PATCH /api/email-messages/{message_ref}/": {"is_read": True},
    "PATCH /api/identities/{identity_uuid}/": {"name": "<identity_name>"},
    "PATCH /api/messages/{text_ref}/": {"is_read": True},
    "PATCH /api/mfa/{totp_ref}/": {"secret": "<sealed>"},
    "PATCH /api/passwords/{entry_uuid}/": {"password": "<sealed>"},
    "PATCH /api/secrets/{secret_ref}/": {"value": "<sealed>"},
    "PATCH /api/webhook-subscriptions/{webhook_ref}/": {"event_types": ["test.happened"]},
    "POST /api/auth/keys/identity/": {"identity_uuid": "<identity>", "label": "test"},
    "POST /api/auth/keys/management/": {"label": "test"},
    "POST /api/contacts/": {"email": "<name>@shop.example", "display_name": "A friend"},
    "POST /api/email-messages/compose/": MAIL,
    "POST /api/email-messages/{message_ref}/forward/": MAIL,
    "POST /api/email-messages/{message_ref}/reply-all/": {"content": "Hi there."},
    "POST /api/email-messages/{message_ref}/reply/": {"content": "Hi there."},
    "POST /api/email-attachments/presign/": {"filename": "a.txt", "content_type": "text/plain", "size": 3},
    "POST /api/email/": {},
    "POST /api/identities/": {"name": "<name>"},
    "POST /api/identities/bulk/": {"identities": [{"name": "<name>"}]},
    "POST /api/messages/send/": {"to_number": "<reader_number>", "body": "Hi."},
    "POST /api/messages/simulate/": {"to_number": "<phone>", "from_number": "+15005550188", "body": "Hi."},
    "POST /api/mfa/": {"uuid": "<uuid>", "service_name": "<name>", "secret": "<sealed>"},
    "POST /api/passwords/": {"uuid": "<uuid>", "domain": "shop.example", "password": "<sealed>"},
    "POST /api/secrets/": {"key": "<name>", "value": "<sealed>"},
    "POST /api/sso/token/": {"audience": "https://shop.example"},
    "POST /api/wait/": {"seconds": 0},
    "POST /api/webhook-subscriptions/": {"url": "https://shop.example.com/", "enabled": False},
    "PUT /api/identities/{identity_uuid}/": {"name": "<identity_name>"},
    "PUT /api/secrets/": {"secrets": [{"key": "<name>", "value": "<sealed>"}]},
    "PUT /api/secrets/{secret_ref}/": {"value": "<sealed>"},
}

#: What a query has to say in any case.
QUERIES = {"GET /api/contacts/find/": ("email", "writer")}

#: What goes beside a value in a list of objects.
BESIDE: dict[str, Any] = {
    ".records[].record": {"revision": 1, "fields": {}},
}


@dataclass(frozen=True)
class Request:
    """What is sent, but for the credential. `named` is how the thing in question is called in it."""

    method: str
    url: str
    body: Any
    headers: dict[str, str]
    named: Any

    async def by(self, actor: Actor) -> httpx2.Response:
        return await actor.send(self.method, self.url, self.body, **self.headers)

    def __str__(self) -> str:
        return f"{self.method} {self.url[:120]} {self.headers or ''} {json.dumps(self.body)[:160]}"


#: No field: everything that is named is one's own.
NONE = Field("path", "")


def request_for(operation: Operation, field: Field, value: Any, others: Things) -> Request:
    """Name *value* in *field*, and in the path's other places what there is of that kind in *others*."""
    path = operation.path
    for each in operation.fields:
        if each.where == "path":
            there = value if each == field else others[operation.kind_of(each) or ""][0]
            path = path.replace(f"{{{each.name}}}", quote(str(there), safe=""))
    asked = {field.name: value} if field.where == "query" else {}
    if operation.name in QUERIES and (field.where != "query" or field.name == "identity"):
        name, kind = QUERIES[operation.name]
        asked[name] = others[kind][0]
    if asked:
        path += f"?{urlencode(asked)}"
    headers = {field.name.replace("-", "_"): value} if field.where == "header" else {}
    if (operation.name, field.name) in CHOOSES:
        headers["X_Ravi_Identity"] = others["selector"][0]
    body = filled(BODIES.get(operation.name, {}), others)
    if field.where == "body":
        body = _with(body, field.name, value)
    return Request(operation.method, path, body or None, headers, value)


def _with(body: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """*body* with *value* at *place*, a path as `walk` makes them."""
    name = place.lstrip(".").partition("[")[0].partition("{")[0]
    if place.endswith("{}"):
        return body | {name: {str(value): random_base64(32)}}
    if place.endswith("[]"):
        return body | {name: [value]}
    if "[]." in place:
        return body | {name: [BESIDE[place] | {place.rpartition(".")[2]: value}]}
    return body | {name: value}
