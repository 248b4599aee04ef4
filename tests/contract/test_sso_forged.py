"""SSO tokens that the server must refuse, most of them signed with its own key by somebody who has stolen it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.sso import SHOP, b64, forged, issue, parts, refusal, servers_key, verify
from tests.support.world import World

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

Claims = dict[str, Any]
FOREIGN = "this is no token of this server"

#: What is changed in the claims of a good token, signed anew with the server's own key, and why it is refused.
CHANGED: dict[str, tuple[Callable[[Claims], Any], str]] = {
    "another identity": (lambda c: c | {"sub": "00000000-0000-4000-8000-000000000000"}, "does not stand"),
    "another issuer": (lambda c: c | {"iss": "https://evil.example"}, "another URL"),
    "another audience": (lambda c: c | {"aud": "https://evil.example"}, "another audience"),
    "no audience": (lambda c: {k: v for k, v in c.items() if k != "aud"}, "names no audience"),
    "a null audience": (lambda c: c | {"aud": None}, FOREIGN),
    "a list of audiences": (lambda c: c | {"aud": [SHOP]}, FOREIGN),
    "an id that was never given out": (lambda c: c | {"jti": "x"}, "does not stand"),
    "no id": (lambda c: {k: v for k, v in c.items() if k != "jti"}, FOREIGN),
    "expired": (lambda c: c | {"iat": c["iat"] - 300, "exp": c["exp"] - 300}, "expired"),
    "good for longer": (lambda c: c | {"exp": c["exp"] + 1}, "times"),
    "good for ever": (lambda c: {k: v for k, v in c.items() if k != "exp"}, FOREIGN),
    "from the future": (lambda c: c | {"iat": c["iat"] + 31, "exp": c["exp"] + 31}, "times"),
    "an end before its beginning": (lambda c: c | {"exp": c["iat"] - 1}, "expired"),
    "times as text": (lambda c: c | {"exp": str(c["exp"])}, FOREIGN),
    "times as fractions": (lambda c: c | {"exp": c["exp"] + 0.5}, FOREIGN),
    "times beyond all numbers": (lambda c: c | {"iat": 10**400, "exp": 10**400}, "times"),
    "a claim that we do not write": (lambda c: c | {"nbf": c["iat"]}, FOREIGN),
    "a default written out": (lambda c: c | {"single_use": False}, FOREIGN),
    "a list": (lambda c: [c], FOREIGN),
    "not JSON": (lambda _: b"sub", FOREIGN),
    "not UTF-8": (lambda _: b'{"sub":"\xff"}', FOREIGN),
    "nothing": (lambda _: b"", FOREIGN),
    "blanks": (lambda c: json.dumps(c).encode(), FOREIGN),
    "a name twice": (lambda c: json.dumps(c, separators=(",", ":")).encode()[:-1] + b',"sub":"x"}', FOREIGN),
    "very deep": (lambda _: b"[" * 2000, FOREIGN),
}


async def test_whatever_its_own_key_may_sign_only_what_was_issued_is_accepted(world: World) -> None:
    token = await issue(world.agent, audience=SHOP)
    header, claims, _ = parts(token)
    key = await servers_key(world)
    assert forged(key, header, claims) == token, "the forger knows its trade"

    for change, (changed, reason) in CHANGED.items():
        said = await refusal(world, forged(key, header, changed(claims)), audience=SHOP)
        assert reason in said, change
    assert (await verify(world, token, audience=SHOP)).status_code == 200


async def test_no_other_header_is_accepted_with_any_signature(world: World) -> None:
    token = await issue(world.agent)
    header, claims, signature = parts(token)
    key, other = await servers_key(world), Ed25519PrivateKey.generate()
    jwk = (await world.nobody.get("/.well-known/jwks.json")).json()["keys"][0]
    for changed in (
        header | {"alg": "none"},
        header | {"alg": "None"},
        header | {"alg": "HS256"},
        header | {"alg": "Ed25519"},
        header | {"kid": "x"},
        header | {"kid": "../../etc/passwd"},
        header | {"typ": "at+jwt"},
        header | {"jwk": jwk},
        header | {"jku": "https://evil.example/jwks.json"},
        header | {"crit": ["exp"]},
        {name: header[name] for name in ("alg", "typ")},
        {name: header[name] for name in ("typ", "kid", "alg")},
        {},
        [],
    ):
        for signer in (key, other):
            assert await refusal(world, forged(signer, changed, claims)) == FOREIGN, changed
        first, second = b64(json.dumps(changed).encode()), token.split(".")[1]
        for end in ("", signature, b64(_hmac(base64.urlsafe_b64decode(jwk["x"] + "="), f"{first}.{second}"))):
            assert await refusal(world, f"rvt_{first}.{second}.{end}") == FOREIGN, changed
    assert await refusal(world, forged(other, header, claims)) == FOREIGN


async def test_texts_that_are_no_token_are_refused_alike(world: World) -> None:
    token = await issue(world.agent)
    bare = token.removeprefix("rvt_")
    first, second, third = bare.split(".")
    for text in (
        "", "rvt_", "rvt_.", "rvt_..", "rvt_...", bare, f"RVT_{bare}", f"rvt_rvt_{bare}", f" {token}", f"{token} ",
        f"{token}\n", f"{token}=", f"{token}.", f"{token}.x", f"rvt_{first}.{second}", f"rvt_{first}.{second}.",
        f"rvt_{first}..{third}", f"rvt_.{second}.{third}", token.swapcase(), token[:-1], token + "A",
        f"rvt_{second}.{first}.{third}", f"Bearer {token}", "rvt_" + "A" * 5000, token + "A" * 900_000,
        "\u202e" + token, world.mine["api_key"], world.tokens.access,
    ):  # fmt: skip
        assert await refusal(world, text) == FOREIGN, text[:80]


async def test_a_token_of_another_server_is_refused(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.support.world import world_on

    async with world_on(f"sqlite:///{tmp_path_factory.mktemp('other')}/ravi.db") as other:
        token = await issue(other.agent)
        assert (await verify(other, token)).status_code == 200
        assert await refusal(world, token) == FOREIGN


async def test_an_old_copy_of_the_database_makes_no_token_that_we_accept(world: World) -> None:
    """With the key and the hashes, but not the tokens; nor by somebody who has one token of its own besides."""
    token = await issue(world.agent)
    header, claims, _ = parts(token)
    row = await world.services.db.one("SELECT hash FROM sso_tokens")
    assert row is not None
    for jti in (bytes(row[0]).hex(), b64(bytes(row[0]))):
        await refusal(world, forged(await servers_key(world), header, claims | {"jti": jti}))
    for other in (world.sibling, world.foreign):
        said = await refusal(world, forged(await servers_key(world), header, claims | {"sub": other["uuid"]}))
        assert said == "this token does not stand any more"


def _hmac(secret: bytes, text: str) -> bytes:
    """What a server would accept that took the public key for the secret of an HMAC."""
    made = hmac.HMAC(secret, hashes.SHA256())
    made.update(text.encode())
    return made.finalize()
