"""
The asynchronous client, over aiohttp (the extra `ravi[async]`), which is imported together with this module.
"""

from __future__ import annotations

import asyncio
import os
import time

from ravi.client.aio_outcomes import failure, in_thread
from ravi.client.core import Compute, Core, Exchange, Pause, Together
from ravi.client.http1 import MAX_BODY, MAX_HEAD, Answer, check_header
from ravi.client.proxy import find_proxy
from ravi.client.session import Client, settings_for
from ravi.client.transport import bracketed
from ravi.errors import RaviError, ServerNonsense, TimedOut, UsageError

try:
    # Here and not at the first call, which runs in somebody's event loop and would hold it up for 130 ms.
    import aiohttp
except ImportError as error:
    raise UsageError("AsyncClient needs aiohttp", hint="install ravi[async]") from error

_CHUNK = 64 * 1024

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from types import TracebackType
    from typing import Any, Protocol

    from ravi.client.calls import Call
    from ravi.client.core import Step, Steps
    from ravi.client.nouns.audit import AsyncAudit
    from ravi.client.nouns.auth import AsyncAuth
    from ravi.client.nouns.contacts import AsyncContacts
    from ravi.client.nouns.events import AsyncEvents
    from ravi.client.nouns.fleets import AsyncFleets
    from ravi.client.nouns.identities import AsyncIdentities
    from ravi.client.nouns.keys import AsyncKeys
    from ravi.client.nouns.mail import AsyncMail
    from ravi.client.nouns.own import AsyncOwn
    from ravi.client.nouns.passwords import AsyncPasswords
    from ravi.client.nouns.secrets import AsyncSecrets
    from ravi.client.nouns.sms import AsyncSms
    from ravi.client.nouns.sso import AsyncSso
    from ravi.client.nouns.totp import AsyncTotp
    from ravi.client.nouns.vault import AsyncVault
    from ravi.client.nouns.waiting import AsyncWaiting
    from ravi.client.nouns.webhooks import AsyncWebhooks
    from ravi.client.nouns.workspaces import AsyncWorkspaces
    from ravi.settings.generic import T
    from ravi.settings.values import Credential, Settings
    from ravi.wire.events import Event

    class AsyncRun(Protocol):
        """How a noun has its steps done, as a coroutine."""

        async def __call__(self, steps: Callable[[Core], Steps[T]], /) -> T: ...


class AsyncClient:
    """
    `Client` for asyncio: the same arguments, the same nouns, awaitable; `async with` closes it.

    Many calls may run at once. Belongs to the event loop in which it is first used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        identity: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._core = Core(settings_for(settings, api_key, base_url, identity), timeout)
        self._session: aiohttp.ClientSession | None = None

    @property
    def settings(self) -> Settings:
        """What this client goes by, each value with its source."""
        return self._core.settings

    async def send(self, call: Call[T]) -> T:
        """Send *call*; answers and errors as in `Client.send`."""
        return await self._run(lambda core: core.send(call))

    @property
    def identities(self) -> AsyncIdentities:
        """The identities in reach."""
        from ravi.client.nouns.identities import AsyncIdentities

        return AsyncIdentities(self._run)

    @property
    def own(self) -> AsyncOwn:
        """What the selected identity has."""
        from ravi.client.nouns.own import AsyncOwn

        return AsyncOwn(self._run)

    @property
    def keys(self) -> AsyncKeys:
        """API keys."""
        from ravi.client.nouns.keys import AsyncKeys

        return AsyncKeys(self._run)

    @property
    def auth(self) -> AsyncAuth:
        """Signing in and out."""
        from ravi.client.nouns.auth import AsyncAuth

        return AsyncAuth(self._run)

    @property
    def events(self) -> AsyncEvents:
        """The event log."""
        from ravi.client.nouns.events import AsyncEvents

        return AsyncEvents(self._run)

    @property
    def audit(self) -> AsyncAudit:
        """The audit log."""
        from ravi.client.nouns.audit import AsyncAudit

        return AsyncAudit(self._run)

    @property
    def mail(self) -> AsyncMail:
        """The selected identity's mail."""
        from ravi.client.nouns.mail import AsyncMail

        return AsyncMail(self._run)

    @property
    def sms(self) -> AsyncSms:
        """The selected identity's texts."""
        from ravi.client.nouns.sms import AsyncSms

        return AsyncSms(self._run)

    @property
    def contacts(self) -> AsyncContacts:
        """Whom the selected identity knows."""
        from ravi.client.nouns.contacts import AsyncContacts

        return AsyncContacts(self._run)

    @property
    def sso(self) -> AsyncSso:
        """Proving to a service which identity this is."""
        from ravi.client.nouns.sso import AsyncSso

        return AsyncSso(self._run)

    @property
    def secrets(self) -> AsyncSecrets:
        """The selected identity's secrets."""
        from ravi.client.nouns.secrets import AsyncSecrets

        return AsyncSecrets(self._run)

    @property
    def passwords(self) -> AsyncPasswords:
        """The selected identity's passwords for sites."""
        from ravi.client.nouns.passwords import AsyncPasswords

        return AsyncPasswords(self._run)

    @property
    def totp(self) -> AsyncTotp:
        """The selected identity's seeds of one-time codes."""
        from ravi.client.nouns.totp import AsyncTotp

        return AsyncTotp(self._run)

    @property
    def vault(self) -> AsyncVault:
        """The keys that open vaults: setting up, unlocking, changing, upgrading."""
        from ravi.client.nouns.vault import AsyncVault

        return AsyncVault(self._run)

    @property
    def wait(self) -> AsyncWaiting:
        """Waiting for codes, links and messages."""
        from ravi.client.nouns.waiting import AsyncWaiting

        return AsyncWaiting(self._run)

    @property
    def webhooks(self) -> AsyncWebhooks:
        """Having events posted to a URL."""
        from ravi.client.nouns.webhooks import AsyncWebhooks

        return AsyncWebhooks(self._run)

    @property
    def fleet(self) -> AsyncFleets:
        """Many workspaces at once."""
        from ravi.client.nouns.fleets import AsyncFleets

        return AsyncFleets(self._run)

    @property
    def workspaces(self) -> AsyncWorkspaces:
        """Directories with an identity of their own."""
        from ravi.client.nouns.workspaces import AsyncWorkspaces

        return AsyncWorkspaces(self._run)

    def stream(
        self,
        *,
        since: int | None = None,
        types: Sequence[str] | None = None,
        whole_account: bool = False,
        notice: Callable[[RaviError], None] | None = None,
    ) -> AsyncIterator[Event]:
        """
        Events as they happen, for ever, oldest first: those behind *since* (the `seq` of the last one seen), or from
        now on.

        They are the selected identity's; with *whole_account* those of every identity in reach. A lost connection is
        made again, without losing an event or bringing one twice; *notice* is told why. Raises what is final.
        """
        from ravi.client.aio_following import follow
        from ravi.client.calls.events import stream

        call = stream(types=types, whole_account=whole_account)
        return follow(self._run, self._opened, self._core.server, call, since, notice)

    async def close(self) -> None:
        """Close the connections. The client may be used again; it then makes new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._core.server!r})"

    async def _run(self, steps: Callable[[Core], Steps[T]]) -> T:
        """As `Client._run`."""
        running = steps(self._core)
        try:
            step = next(running)
            while True:
                try:
                    outcome = await self._do(step)
                except RaviError as error:  # the steps raise it again or deal with it
                    step = running.throw(error)
                else:
                    step = running.send(outcome)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            running.close()

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Exchange):
            return await self._exchange(step)
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, Compute):
            return await in_thread(step.work)
        if isinstance(step, Together):
            return await self._together(step)
        # Waits for a file lock and, rarely, for a server: in a thread, so that the loop goes on.
        return await asyncio.to_thread(_renew, self._core, step.credential, step.force)

    async def _together(self, step: Together) -> list[Any]:
        places = asyncio.Semaphore(step.at_once)

        async def one(task: Callable[[Core], Steps[Any]]) -> Any:
            async with places:
                try:
                    return await self._run(task)
                except RaviError as error:
                    return error
                finally:
                    step.done()

        begun = [asyncio.ensure_future(one(task)) for task in step.tasks]
        try:
            return await asyncio.gather(*begun)
        finally:  # cancelled: not before all of them have let go
            for each in begun:
                each.cancel()
            if begun:
                await asyncio.wait(begun)

    async def _exchange(self, step: Exchange) -> Answer:
        session = self._opened()
        from yarl import URL

        request, server = step.request, self._core.server
        headers = list(request.headers)
        for name, value in headers:
            check_header(name, value)
        proxy = find_proxy(server, os.environ)
        for_proxy = {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}
        if server.startswith("http:"):
            headers += for_proxy.items()  # there is no tunnel whose CONNECT could carry it
        content: bytes | _Pieces | None = request.body
        watch = asyncio.timeout(step.patience)
        if step.patience is not None and request.body:
            headers.append(("Content-Length", str(len(request.body))))
            content = _Pieces(request.body, watch, step.patience)
        now = time.monotonic()
        limits = aiohttp.ClientTimeout(total=step.deadline - now, sock_connect=step.connect_by - now)
        try:
            async with (
                watch,
                session.request(
                    request.method,
                    URL(server + request.target, encoded=True),
                    headers=headers,
                    data=content,
                    allow_redirects=False,
                    timeout=limits,
                    proxy=f"http://{bracketed(proxy.host)}:{proxy.port}" if proxy else None,
                    proxy_headers=for_proxy or None,
                ) as response,
            ):
                received = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, received, await _body(response, watch, step.patience))
        except aiohttp.ClientError as error:
            raise failure(error, server) from error
        except TimeoutError as error:
            raise TimedOut(
                f"the server at {server} did not answer in time", hint="try again, or see its log"
            ) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = _session(self._core.server)
        return self._session


def _session(server: str) -> aiohttp.ClientSession:
    """aiohttp with everything off that a browser would want: cookies, redirects, compression, `.netrc`."""
    if server.startswith("https:"):
        from ravi.client.tls import context

        connector = aiohttp.TCPConnector(ssl=context())
    else:
        connector = aiohttp.TCPConnector()
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=MAX_HEAD,
        max_field_size=MAX_HEAD,
    )


class _Pieces:
    """*body* in pieces; each is asked for when the one before it went out, and then *patience* begins anew."""

    def __init__(self, body: bytes, watch: asyncio.Timeout, patience: float) -> None:
        self._body = body
        self._watch = watch
        self._patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:  # once more when aiohttp repeats the request
        for start in range(0, len(self._body), _CHUNK):
            yield self._body[start : start + _CHUNK]
            _begin_anew(self._watch, self._patience)


def _begin_anew(watch: asyncio.Timeout, patience: float) -> None:
    if not watch.expired():
        watch.reschedule(asyncio.get_running_loop().time() + patience)


async def _body(response: aiohttp.ClientResponse, watch: asyncio.Timeout, patience: float | None) -> bytes:
    parts = []
    size = 0
    async for part in response.content.iter_any():
        if patience is not None:
            _begin_anew(watch, patience)
        size += len(part)
        if size > MAX_BODY:
            response.close()
            raise ServerNonsense(f"the server answered with more than {MAX_BODY // (1024 * 1024)} MiB")
        parts.append(part)
    return b"".join(parts)


def _renew(core: Core, credential: Credential, force: bool) -> Credential:
    from ravi.client.renewal import renew

    with Client(core.settings, timeout=core.timeout) as blocking:
        return renew(credential, blocking.send, force=force)
