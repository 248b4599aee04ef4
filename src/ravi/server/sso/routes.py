"""SSO tokens over HTTP. Only issuing asks for a credential, and that must be an identity's own."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ravi.errors import Malformed
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.times import rfc3339
from ravi.server.sso.records import Proven
from ravi.server.sso.service import Sso
from ravi.wire import paths
from ravi.wire import sso as wire
from ravi.wire.scopes import Scope

routes = Routes("sso")

#: In seconds. A new key is known everywhere by the time that the old one's tokens have ended.
_KEYS_MAY_BE_KEPT = 300


@routes.post(paths.SSO_TOKEN, scope=Scope.SSO, selects=Selects.ACTS, status=201, creates=True)
async def issue_sso_token(who: Principal, body: wire.SsoTokenRequest, sso: Sso) -> wire.SsoToken:
    """Make a token that proves the identity to one service, or to whoever gets it, for five minutes or once."""
    issued = await sso.issue(who, audience=body.get("audience"), single_use=body.get("single_use", False))
    return {"token": issued.token, "expires_at": rfc3339(issued.expires_at)}


@routes.post(paths.SSO_VERIFY, scope=None)
async def verify_sso_token(request: Request, body: wire.SsoVerifyRequest, sso: Sso) -> wire.SsoProof:
    """Say whom a token proves; for services that were shown one, so no credential is needed."""
    if "token" not in body:
        raise Malformed("token is missing")
    proven = await sso.verify(
        body["token"],
        audience=body.get("audience"),
        consume=body.get("consume", False),
        peer=request.client.host if request.client else "unknown",
    )
    return to_wire(proven)


@routes.get(paths.SSO_JWKS, scope=None, gives=wire.JwkSet)
async def list_sso_keys(sso: Sso) -> Response:
    """Return the public key of the signatures, as a set of JSON web keys (RFC 7517)."""
    return _keys(sso)


@routes.get(paths.JWKS, scope=None, gives=wire.JwkSet)
async def list_well_known_sso_keys(sso: Sso) -> Response:
    """Return the same as `/api/sso/jwks/`, where libraries look for it."""
    return _keys(sso)


def to_wire(proven: Proven) -> wire.SsoProof:
    identity = proven.identity
    body: wire.SsoProof = {
        "identity_uuid": identity.uuid,
        "identity_name": identity.name,
        "identity_email": identity.address or "",
        "created_at": rfc3339(identity.created_at),
        "expires_at": rfc3339(proven.expires_at),
    }
    if proven.audience is not None:
        body["audience"] = proven.audience
    if proven.owner is not None:
        body["identity_phone"] = identity.number
        name = f"{proven.owner.first_name} {proven.owner.last_name}".strip()
        body["owner"] = {"name": name, "email": proven.owner.email}
    return body


def _keys(sso: Sso) -> Response:
    body: wire.JwkSet = {"keys": [sso.jwk]}
    headers = {"cache-control": f"public, max-age={_KEYS_MAY_BE_KEPT}"}
    return Response(msgspec.json.encode(body), 200, headers, "application/json")
