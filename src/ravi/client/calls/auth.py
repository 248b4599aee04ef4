"""Calls for signing in, staying signed in, and signing out."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.auth import DeviceGrant, LogoutDone, SignedIn, TokenPair, WhoAmI


_GRANT = ("device_code", "user_code", "verification_uri", "expires_in", "interval")
_PAIR = ("access", "refresh", "expires_at")


def whoami() -> Call[WhoAmI]:
    return Call("GET", paths.AUTH_WHOAMI, keys=("kind", "email"), account=True)


def device_start(*, hostname: str | None = None, workspace: str | None = None) -> Call[DeviceGrant]:
    """Begin a device sign-in (RFC 8628 section 3.1). What is given is shown to the owner."""
    body = given(hostname=hostname, workspace=workspace)
    return Call("POST", paths.AUTH_DEVICE, body=body, keys=_GRANT, account=True, anonymous=True)


def device_token(device_code: str, *, wait: bool = True) -> Call[SignedIn]:
    """Ask whether the owner has decided; *wait* lets the server hold the answer back for up to 25 s."""
    body = {"device_code": device_code, "wait": wait}
    return Call("POST", paths.AUTH_DEVICE_TOKEN, body=body, keys=_PAIR, account=True, anonymous=True)


def login_with_code(code: str, *, hostname: str | None = None) -> Call[SignedIn]:
    """Sign in with a one-time code."""
    body = given(signin_code=code, hostname=hostname)
    return Call("POST", paths.AUTH_LOGIN, body=body, keys=_PAIR, account=True, anonymous=True)


def refresh(token: str) -> Call[TokenPair]:
    """Exchange a refresh token. Not repeatable: the server takes each one once (and again for 60 s)."""
    return Call("POST", paths.AUTH_REFRESH, body={"refresh": token}, keys=_PAIR, account=True, anonymous=True)


def bind(uuid: str) -> Call[TokenPair]:
    """Make a pair of tokens that reaches this one identity."""
    return Call("POST", paths.AUTH_BIND_IDENTITY, body={"identity": uuid}, keys=_PAIR, account=True)


def logout(*, refresh: str | None = None, everywhere: bool = False, keys: bool = False) -> Call[LogoutDone]:
    """End this sign-in, or *everywhere* every sign-in of the account; with *keys*, every API key as well."""
    body = given(refresh=refresh, everywhere=everywhere or None, keys=keys or None)
    return Call("POST", paths.AUTH_LOGOUT, body=body, keys=("signed_out",), account=True)
