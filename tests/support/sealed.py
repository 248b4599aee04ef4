"""Texts as clients seal them, and accounts that take them. The server opens nothing, so random bytes will do."""

import base64
import os
from typing import Any

from tests.support.world import Actor


def sealed() -> str:
    """A text in the present format, another each time."""
    return "e2e2::" + random_base64(60)


def legacy() -> str:
    """A text in the format of the published client v0.5.2, another each time."""
    return "e2e::" + random_base64(60)


def random_base64(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode("ascii")


async def set_up_vault(owner: Actor) -> None:
    """Give the account a wrapped root: format 2."""
    root = {"root_salt": random_base64(16), "wrapped_root": "root2::" + random_base64(72), "expected_version": 0}
    _ok(await owner.send("PUT", "/api/encryption/root/", root))


async def set_up_legacy_vault(owner: Actor) -> None:
    """Give the account the key material of the published client v0.5.2: format 1."""
    material = {"salt": random_base64(16), "public_key": random_base64(32), "verifier": random_base64(63)}
    _ok(await owner.send("PATCH", "/api/encryption/", material))


async def events_of(actor: Actor, kind: str) -> list[dict[str, Any]]:
    """The events about entries of one kind (`password`, `totp`, …) that *actor* may see, oldest first."""
    rows = (await actor.get("/api/events/?limit=1000")).json()["events"]
    return [row for row in rows if row["type"].startswith(f"{kind}.")]


def _ok(answer: Any) -> None:
    assert answer.status_code == 200, answer.text
