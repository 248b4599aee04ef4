"""Calls on contacts: whom the identity knows."""

from __future__ import annotations

from ravi.client.calls import Call, given, segment
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.wire.contacts import Contact

_TEXTS = ("uuid", "email", "phone_number", "display_name", "nickname", "source")
_CONTACT = (*_TEXTS, "is_trusted", "interaction_count", "last_interaction_dt")


def list_() -> Call[list[Contact]]:
    return Call("GET", paths.CONTACTS, keys=_CONTACT, texts=_TEXTS, many=True)


def search(query: str) -> Call[list[Contact]]:
    return Call("GET", paths.CONTACTS_SEARCH, {"q": query}, keys=_CONTACT, texts=_TEXTS, many=True)


def find(*, email: str | None, phone_number: str | None) -> Call[Contact]:
    return Call("GET", paths.CONTACTS_FIND, given(email=email, phone_number=phone_number), keys=_CONTACT, texts=_TEXTS)


def get(uuid: str) -> Call[Contact]:
    return Call("GET", _path(uuid), keys=_CONTACT, texts=_TEXTS)


def create(body: dict[str, Any]) -> Call[Contact]:
    return Call("POST", paths.CONTACTS, body=body, keys=_CONTACT, texts=_TEXTS, idempotent=True)


def update(uuid: str, changes: dict[str, Any]) -> Call[Contact]:
    return Call("PATCH", _path(uuid), body=changes, keys=_CONTACT, texts=_TEXTS)


def delete(uuid: str) -> Call[None]:
    return Call("DELETE", _path(uuid))


def _path(uuid: str) -> str:
    return f"{paths.CONTACTS}{segment(uuid)}/"
