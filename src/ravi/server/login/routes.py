"""Signing in over HTTP, and asking who one is."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ravi.errors import Invalid, Malformed, TooLarge
from ravi.server.auth import Auth
from ravi.server.auth.routes import user_to_wire
from ravi.server.http import Principal, Routes
from ravi.server.http.times import rfc3339, rfc3339_or_none
from ravi.server.identities.routes import to_wire as identity_to_wire
from ravi.server.login.device import LIVES, LONGEST_HOLD, POLL_EVERY
from ravi.server.login.errors import GrantRefused, GrantUnreadable
from ravi.server.login.forms import read_json_or_form
from ravi.server.login.records import SignedIn
from ravi.server.login.service import Login
from ravi.server.vault.service import Vault
from ravi.wire import auth as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("login")

NO_STORE = {"Cache-Control": "no-store"}


@routes.post(paths.AUTH_DEVICE, scope=None)
async def start_device_sign_in(request: Request, body: wire.DeviceStart, login: Login) -> wire.DeviceGrant:
    """Begin a device sign-in (RFC 8628); no credential is needed."""
    started = await login.device.start(body.get("hostname", ""), body.get("workspace", ""), peer(request))
    page = login.public_url + paths.DEVICE_PAGE
    return {
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={started.user_code}",
        "expires_in": int(LIVES.total_seconds()),
        "interval": int(POLL_EVERY.total_seconds()),
    }


@routes.post(
    paths.AUTH_DEVICE_TOKEN,
    scope=None,
    unlimited=True,
    takes=wire.DeviceTokenRequest,
    gives=wire.SignedIn,
    refuses=wire.GrantRefusal,
)
async def collect_device_sign_in(request: Request, login: Login) -> Response:
    """
    Ask for the answer to a device sign-in; with `wait` the request is held until the owner has decided.

    The body is JSON or a form, and refusals have the shape of RFC 8628 section 3.5: a string in `error`, which
    published clients demand. The cadence is never limited.
    """
    try:
        asked = await _token_request(request)
        hold = LONGEST_HOLD if asked.get("wait") else LONGEST_HOLD * 0
        answer = await login.device.collect(asked.get("device_code", ""), _to_bytes, hold=hold)
    except GrantRefused as refusal:
        body: wire.GrantRefusal = {
            "error": refusal.error,
            "error_description": refusal.message,
            "detail": refusal.message,
        }
        return Response(msgspec.json.encode(body), 400, NO_STORE, "application/json")
    return Response(answer, 200, NO_STORE, "application/json")


@routes.post(paths.AUTH_LOGIN, scope=None)
async def sign_in(request: Request, body: wire.LoginRequest, login: Login) -> wire.SignedIn:
    """Sign in without a browser: with a one-time code, or with address and password."""
    by_code = "signin_code" in body
    if by_code == ("email" in body or "password" in body):
        raise Malformed("send either signin_code, or email and password")
    if by_code:
        account = await login.use_code(body["signin_code"], address=peer(request))
    else:
        email, password = body.get("email", ""), body.get("password", "")
        account = await login.check_password(email, password, address=peer(request))
    return to_wire(await login.sign_in(account, body.get("hostname", ""), how="code" if by_code else "password"))


@routes.get(paths.AUTH_WHOAMI, scope=Scope.SESSION)
async def whoami(who: Principal, auth: Auth, vault: Vault) -> wire.WhoAmI:
    """Say what the presented credential is, as the server sees it."""
    account = await auth.get_account(who.account_id)
    return {
        "authenticated": True,
        "kind": who.kind,
        "email": account.email,
        "user": user_to_wire(account),
        "identity": who.identity.name if who.identity else None,
        "identity_uuid": who.identity.uuid if who.identity else None,
        "scopes": sorted(who.scopes),
        "expires_at": rfc3339_or_none(who.expires_at),
        "has_encryption": await vault.has_encryption(who.account_id),
    }


@routes.get(paths.AUTH_USER, scope=Scope.ACCOUNT_READ)
async def user(who: Principal, auth: Auth) -> wire.User:
    """Return the account's owner."""
    return user_to_wire(await auth.get_account(who.account_id))


def peer(request: Request) -> str:
    """Return the address the request came from, as the listener (or the proxy it trusts) says."""
    return request.client.host if request.client else "unknown"


def to_wire(signed_in: SignedIn) -> wire.SignedIn:
    body: wire.SignedIn = {
        "access": signed_in.tokens.access,
        "refresh": signed_in.tokens.refresh,
        "expires_at": rfc3339(signed_in.tokens.expires_at),
        "identities": [identity_to_wire(identity) for identity in signed_in.identities],
        "user": user_to_wire(signed_in.account),
    }
    if signed_in.management_key is not None:
        body["management_key"] = signed_in.management_key
    return body


def _to_bytes(signed_in: SignedIn) -> bytes:
    return msgspec.json.encode(to_wire(signed_in))


async def _token_request(request: Request) -> wire.DeviceTokenRequest:
    try:
        # Not strict: a form can only say "true".
        asked = msgspec.convert(await read_json_or_form(request), wire.DeviceTokenRequest, strict=False)
    except (Malformed, TooLarge, Invalid, msgspec.ValidationError) as error:
        raise GrantUnreadable(str(error)) from None
    if not asked.get("device_code"):
        raise GrantUnreadable("device_code is missing")
    return asked
