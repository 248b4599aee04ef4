"""Proving to somebody else's service which identity this is, and checking such a proof."""

from __future__ import annotations

from ravi.client.calls import sso as calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.session import Run
    from ravi.wire.sso import SsoProof, SsoToken


class Sso:
    """SSO tokens (`rvt_…`). They prove an identity and open nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def token(self, *, audience: str | None = None, single_use: bool = False) -> SsoToken:
        """
        A token of the selected identity for *audience*, the service it is shown to; good for five minutes, or once.

        Without *audience* whoever is shown it can show it elsewhere. Raises Forbidden when the credential is not the
        identity's own.
        """
        return self._run(lambda core: core.send(calls.token(audience=audience, single_use=single_use)))

    def verify(self, token: str, *, audience: str | None = None, consume: bool = False) -> SsoProof:
        """
        Whom *token* proves, for a service that was shown it and calls itself *audience*; needs no credential.

        *consume* uses the token up. Raises SsoTokenRefused.
        """
        return self._run(lambda core: core.send(calls.verify(token, audience=audience, consume=consume)))


class AsyncSso:
    """`Sso`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def token(self, *, audience: str | None = None, single_use: bool = False) -> SsoToken:
        return await self._run(lambda core: core.send(calls.token(audience=audience, single_use=single_use)))

    async def verify(self, token: str, *, audience: str | None = None, consume: bool = False) -> SsoProof:
        return await self._run(lambda core: core.send(calls.verify(token, audience=audience, consume=consume)))
