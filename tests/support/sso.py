"""SSO tokens for tests: asked for, verified, and forged with the server's own key or with another."""

import base64
import json
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ravi.server.http import server_keys
from ravi.server.sso.service import KEY_NAME
from tests.support.world import Actor, World

TOKEN, VERIFY = "/api/sso/token/", "/api/sso/verify/"
SHOP = "https://shop.example"


async def issue(actor: Actor, **body: Any) -> str:
    """A fresh token."""
    answer = await actor.post(TOKEN, body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def verify(world: World, token: str, **body: Any) -> httpx2.Response:
    """What a stranger is told about *token*."""
    return await world.nobody.post(VERIFY, {"token": token, **body})


async def refusal(world: World, token: str, **body: Any) -> str:
    """Why *token* is refused, which it must be."""
    answer = await verify(world, token, **body)
    assert (answer.status_code, answer.json()["code"]) == (401, "sso.token_refused"), answer.text
    said: str = answer.json()["detail"]
    return said


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature, unverified."""
    header, claims, signature = token.removeprefix("rvt_").split(".")
    return *(json.loads(base64.urlsafe_b64decode(each + "==")) for each in (header, claims)), signature


async def servers_key(world: World) -> Ed25519PrivateKey:
    """The key that the server signs with, as somebody would have it who stole the database."""
    return Ed25519PrivateKey.from_private_bytes(await server_keys.load(world.services.db, KEY_NAME, now=world.clock))


def forged(key: Ed25519PrivateKey, header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes) -> str:
    """A token with this header and these claims, signed with *key*."""
    first, second = (
        b64(each if isinstance(each, bytes) else json.dumps(each, separators=(",", ":")).encode())
        for each in (header, claims)
    )
    return f"rvt_{first}.{second}.{b64(key.sign(f'{first}.{second}'.encode()))}"
