"""
What random requests to the whole API need: somewhere to send them, and names of things that exist.

Schemathesis makes the requests and judges the answers; without the names nearly all of them would end at a 404.
"""

import asyncio
import copy
import json
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
from schemathesis import Case
from schemathesis.core import NOT_SET
from schemathesis.core.transport import Response

from tests.support.sealed import legacy, random_base64, sealed
from tests.support.world import World

BASE = "http://ravi.test"
#: In seconds. Nothing is held here, so whatever takes longer hangs.
LONGEST = 20
#: How many values of one name are remembered; the oldest of them may be gone.
REMEMBERED = 12


async def send(world: World, case: Case, token: str | None) -> Response:
    """Send what *case* says with *token* as the credential, whatever *case* has there."""
    arguments = case.as_transport_kwargs(base_url=BASE)
    asked = {name: arguments.get(name) for name in ("method", "url", "params", "json", "data", "files", "cookies")}
    sent = requests.Request(**asked, headers=dict(arguments.get("headers") or {})).prepare()
    sent.headers.pop("Authorization", None)
    if token is not None:
        sent.headers["Authorization"] = f"Bearer {token}"
    headers = [(_latin(name), _latin(value)) for name, value in sent.headers.items()]
    content = sent.body.encode() if isinstance(sent.body, str) else sent.body
    asking = world.client.request(str(sent.method), str(sent.url), headers=headers, content=content)
    answer = await asyncio.wait_for(asking, LONGEST)
    return Response(
        status_code=answer.status_code,
        headers={name: answer.headers.get_list(name) for name in answer.headers},
        content=answer.content,
        request=sent,
        elapsed=0.0,
        verify=False,
    )


def _latin(text: str | bytes) -> bytes:
    return text.encode("latin-1", "replace") if isinstance(text, str) else text


class Known:
    """Values that mean something here, by the name under which requests and answers carry them."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Any]] = defaultdict(list)
        self._by_collection: dict[str, list[Any]] = defaultdict(list)
        for _ in range(3):
            for name in ("value", "password", "secret", "username", "notes", "account_name"):
                self._add(self._by_name[name], sealed())
            self._add(self._by_name["root_salt"], random_base64(16))
            self._add(self._by_name["wrapped_root"], "root2::" + random_base64(72))
        self._by_name["value"].append(legacy())
        for name, value in SENSIBLE:
            self._by_name[name].append(value)

    def learn(self, path: str, document: Any) -> None:
        """Remember what an answer from *path* (as in the OpenAPI document) names."""
        for node in _objects(document):
            for name, value in node.items():
                if isinstance(value, str | int) and not isinstance(value, bool):
                    self._add(self._by_name[name], value)
                    if name in ("uuid", "id", "key") or name.endswith(("_id", "_ref", "_uuid")):
                        self._add(self._by_collection[_collection(path)], value)

    def put_into(self, case: Case, rng: random.Random) -> None:
        """
        Replace some of the values in *case* with known ones; names that only exist here nearly always.

        Half of the bodies become good ones with a few of the fields that *case* had.
        """
        path = case.operation.path
        likely = 0.5
        good = GOOD.get(case.operation.label)
        if good is not None and rng.random() < 0.5:
            given = case.body if isinstance(case.body, dict) else {}
            case.body = copy.deepcopy(good) | {name: value for name, value in given.items() if rng.random() < 0.15}
            case.media_type = "application/json"
            case.headers.pop("Idempotency-Key", None)
            (case.query or {}).pop("identity", None)
            likely = 0.0
        for name in case.path_parameters or {}:
            choice = self._by_name[name] + self._by_collection[_collection(path)]
            if choice and rng.random() < 0.9:
                case.path_parameters[name] = quote(str(rng.choice(choice)), safe="")
        for name in list(case.query or {}):
            if name == "identity" and rng.random() < 0.7:
                del case.query[name]
            elif self._by_name.get(name) and rng.random() < 0.4:
                case.query[name] = rng.choice(self._by_name[name])
        if isinstance(case.body, dict | list):
            for node in _objects(case.body):
                for name in node:
                    if name == "uuid" and node[name] == "":
                        node[name] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
                    elif self._by_name.get(name) and (node[name] == "" or rng.random() < likely):
                        node[name] = rng.choice(self._by_name[name])
        if path in IMPATIENT and (isinstance(case.body, dict) or not case.body or case.body is NOT_SET):
            case.body = (case.body if isinstance(case.body, dict) else {}) | IMPATIENT[path]
            case.media_type = "application/json"

    @staticmethod
    def _add(values: list[Any], value: Any) -> None:
        if value not in values:
            values.append(value)
            del values[:-REMEMBERED]


#: What no answer tells and random text never is.
SENSIBLE: list[tuple[str, Any]] = [
    ("to", ["friend@shop.example"]),
    ("to", "+15005550006"),
    ("cc", ["copy@shop.example"]),
    ("url", "https://203.0.113.9/hook"),
    ("events", ["email.received"]),
    ("phone", "+15005550006"),
    ("email", "friend@shop.example"),
    ("from_number", "22395"),
    ("audience", "https://service.example"),
    ("since", "2026-01-01T00:00:00Z"),
    ("expected_version", 0),
]
MAIL = {"to_email": "", "subject": "Hello", "content": "Hi there."}
#: A body that each of these operations takes, "" being something known. Random ones would hardly ever be one.
GOOD: dict[str, dict[str, Any]] = {
    "POST /api/auth/bind-identity/": {"identity": ""},
    "POST /api/auth/keys/identity/": {"identity_uuid": "", "label": "another"},
    "POST /api/contacts/": {"email": "friend@shop.example", "display_name": "A friend"},
    "POST /api/email-attachments/presign/": {"filename": "a.txt", "content_type": "text/plain", "size": 3},
    "POST /api/email-messages/compose/": MAIL,
    "POST /api/email-messages/{message_ref}/forward/": MAIL,
    "POST /api/email-messages/{message_ref}/reply-all/": MAIL,
    "POST /api/email-messages/{message_ref}/reply/": MAIL,
    "POST /api/email/": {},
    "POST /api/identities/": {"name": "another"},
    "POST /api/identities/{identity_uuid}/provision-phone/": {},
    "POST /api/messages/send/": {"to_number": "", "body": "Hi."},
    "POST /api/messages/simulate/": {"from_number": "22395", "body": "code 123456", "to_number": ""},
    "POST /api/mfa/": {"uuid": "", "service_name": "shop", "secret": ""},
    "POST /api/passwords/": {"uuid": "", "domain": "shop.example", "password": ""},
    "POST /api/secrets/": {"key": "TOKEN", "value": ""},
    "POST /api/sso/token/": {"audience": "https://service.example"},
    "POST /api/sso/verify/": {"token": "", "audience": "https://service.example"},
    "POST /api/webhook-subscriptions/": {"url": "https://shop.example.com/", "enabled": False},
    "PATCH /api/email-messages/{message_ref}/": {"is_read": True},
    "PATCH /api/messages/{text_ref}/": {"is_read": True},
    "PATCH /api/mfa/{totp_ref}/": {"secret": ""},
    "PATCH /api/passwords/{entry_uuid}/": {"password": ""},
    "PATCH /api/webhook-subscriptions/{webhook_ref}/": {"enabled": False},
    "POST /api/identities/{identity_uuid}/disable/": {},
    "POST /api/identities/{identity_uuid}/enable/": {},
    "POST /api/identities/{identity_uuid}/release-phone/": {},
}
#: So that nothing is held until something happens: by default a wait is.
IMPATIENT = {"/api/wait/": {"seconds": 0}, "/api/auth/device/token/": {"wait": False}}


def _collection(path: str) -> str:
    return path.split("{")[0]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def decoded(answer: Response) -> Any:
    """The document in *answer*; None where there is none."""
    try:
        return json.loads(answer.content)
    except ValueError:
        return None
