"""Signing in and out."""

from __future__ import annotations

from ravi.client.calls import auth as calls
from ravi.client.references import uuid_of
from ravi.errors import BadCredentials, Forbidden, Malformed, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.settings.values import Credential
    from ravi.wire.auth import DeviceGrant, LogoutDone, SignedIn, TokenPair, WhoAmI


def _device_poll(core: Core, device_code: str, wait: bool) -> Steps[SignedIn | None]:
    try:
        answer = yield from core.send(calls.device_token(device_code, wait=wait))
    except Malformed as refusal:
        # RFC 8628 section 3.5: this one endpoint says why in a string called `error`.
        reason = (refusal.details or {}).get("error")
        if reason == "authorization_pending":
            return None
        again = "start again with: ravi auth login"
        if reason == "access_denied":
            raise Forbidden("the sign-in was denied", details=refusal.details) from None
        if reason == "expired_token":
            raise TimedOut("nobody approved the sign-in in time", hint=again, details=refusal.details) from None
        if reason == "invalid_grant":
            message = "the sign-in is unknown to the server or was used already"
            raise BadCredentials(message, hint=again, details=refusal.details) from None
        raise
    return answer


def _bind(core: Core, ref: str) -> Steps[TokenPair]:
    uuid = yield from uuid_of(core, ref)
    pair = yield from core.send(calls.bind(uuid))
    return pair


def _refresh(core: Core) -> Steps[Credential]:
    return (yield from core.renew())


def _logout(core: Core, everywhere: bool, keys: bool) -> Steps[LogoutDone]:
    credential = yield from core.fresh_credential()
    call = calls.logout(refresh=credential.refresh, everywhere=everywhere, keys=keys)
    done = yield from core.send(call)
    return done


class Auth:
    """The sign-in of this client. Nothing here writes a file, except that refreshed tokens are saved."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def whoami(self) -> WhoAmI:
        """What the server takes our credential for."""
        return self._run(lambda core: core.send(calls.whoami()))

    def device_start(self, *, hostname: str | None = None, workspace: str | None = None) -> DeviceGrant:
        """Begin a sign-in that its owner approves in a browser."""
        return self._run(lambda core: core.send(calls.device_start(hostname=hostname, workspace=workspace)))

    def device_poll(self, device_code: str, *, wait: bool = True) -> SignedIn | None:
        """
        The sign-in once it is approved, None while it is undecided.

        With *wait* the server holds the answer back for up to 25 s; without, sleep the grant's `interval`
        between calls. Raises Forbidden when it was denied, TimedOut when it expired, BadCredentials when the
        code is unknown or was used.
        """
        return self._run(lambda core: _device_poll(core, device_code, wait))

    def login_with_code(self, code: str, *, hostname: str | None = None) -> SignedIn:
        """Sign in with a one-time code. Raises BadCredentials."""
        return self._run(lambda core: core.send(calls.login_with_code(code, hostname=hostname)))

    def refresh(self) -> Credential:
        """Renew the saved sign-in now and save it. Raises NotSignedIn when there is none to renew."""
        return self._run(_refresh)

    def bind(self, ref: str) -> TokenPair:
        """A pair of tokens that reaches the identity *ref* (uuid or unique name) and nothing else."""
        return self._run(lambda core: _bind(core, ref))

    def logout(self, *, everywhere: bool = False, keys: bool = False) -> LogoutDone:
        """
        End this sign-in on the server, or every one of the account. The files stay: see `clear_tokens`.

        *keys*, which needs *everywhere*, ends every API key too, of the account and of its identities.
        """
        return self._run(lambda core: _logout(core, everywhere, keys))


class AsyncAuth:
    """`Auth`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def whoami(self) -> WhoAmI:
        return await self._run(lambda core: core.send(calls.whoami()))

    async def device_start(self, *, hostname: str | None = None, workspace: str | None = None) -> DeviceGrant:
        call = calls.device_start(hostname=hostname, workspace=workspace)
        return await self._run(lambda core: core.send(call))

    async def device_poll(self, device_code: str, *, wait: bool = True) -> SignedIn | None:
        return await self._run(lambda core: _device_poll(core, device_code, wait))

    async def login_with_code(self, code: str, *, hostname: str | None = None) -> SignedIn:
        return await self._run(lambda core: core.send(calls.login_with_code(code, hostname=hostname)))

    async def refresh(self) -> Credential:
        return await self._run(_refresh)

    async def bind(self, ref: str) -> TokenPair:
        return await self._run(lambda core: _bind(core, ref))

    async def logout(self, *, everywhere: bool = False, keys: bool = False) -> LogoutDone:
        return await self._run(lambda core: _logout(core, everywhere, keys))
