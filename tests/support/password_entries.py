"""Entries of passwords, as our own client sends them."""

import uuid
from typing import Any

from tests.support.sealed import sealed
from tests.support.world import Actor

PASSWORDS = "/api/passwords/"
FIELDS = ("username", "password", "notes", "site")
MISSING = "No PasswordEntry matches the given query."


def entry(**more: Any) -> dict[str, Any]:
    """The body of a new entry, with *more* in place of what it has."""
    return {"uuid": str(uuid.uuid4()), "domain": "example.com", **{name: sealed() for name in FIELDS}, **more}


async def made(actor: Actor, **more: Any) -> dict[str, Any]:
    """A new entry of *actor*, as the API answered it."""
    answer = await actor.post(PASSWORDS, entry(**more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def path(row: dict[str, Any]) -> str:
    """Where the entry is."""
    return f"{PASSWORDS}{row['uuid']}/"
