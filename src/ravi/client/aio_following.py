"""Following events with aiohttp; the rules are those of `course.py`."""

from __future__ import annotations

import asyncio
import os

import aiohttp
from yarl import URL

from ravi.client.core import CONNECT_SECONDS
from ravi.client.course import SILENCE_SECONDS, Course, is_stream
from ravi.client.http1 import MAX_BODY, Answer, check_header
from ravi.client.problems import decode
from ravi.client.proxy import find_proxy
from ravi.client.transport import bracketed
from ravi.errors import RaviError, ServerNonsense, ServerUnreachable, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from ravi.client.aio import AsyncRun
    from ravi.client.calls import Call
    from ravi.client.core import Request
    from ravi.settings.values import Credential
    from ravi.wire.events import Event


async def follow(
    run: AsyncRun,
    opened: Callable[[], aiohttp.ClientSession],
    server: str,
    call: Call[None],
    since: int | None,
    notice: Callable[[RaviError], None] | None = None,
) -> AsyncIterator[Event]:
    """As `following.follow`; *opened* returns the session to use."""
    course = Course(since)
    while True:
        problem: RaviError | None = None
        try:
            request, credential, selected = await run(lambda core: core.opening(call, course.headers()))
            async with _requested(opened(), server, request) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status, headers, b"")
                if is_stream(answer):
                    course.connected()
                    async for data in response.content.iter_any():
                        for event in course.take(data):
                            yield event
                elif answer.status == 401 and credential.refresh is not None and course.renewed_for != credential.token:
                    course.renewed_for = credential.token
                    await _renew(run, credential)
                    continue
                else:
                    answer.body = await response.content.read(MAX_BODY)
                    decode(call, answer, selected=selected, credential=credential)
        except RaviError as error:
            problem = error
        except TimeoutError:
            problem = TimedOut(f"the server at {server} did not answer in time", hint="try again, or see its log")
        except aiohttp.ClientResponseError:
            problem = ServerNonsense("what answered does not speak HTTP")
        except aiohttp.ClientError:
            problem = ServerUnreachable(f"the server at {server} cannot be reached, or closed the connection")
        pause = course.pause_after(problem)
        if problem is not None and notice is not None:
            notice(problem)
        await asyncio.sleep(pause)


async def _renew(run: AsyncRun, refused: Credential) -> None:
    await run(lambda core: core.renew_refused(refused))


def _requested(
    session: aiohttp.ClientSession, server: str, request: Request
) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    headers = list(request.headers)
    for name, value in headers:
        check_header(name, value)
    proxy = find_proxy(server, os.environ)
    for_proxy = {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}
    if server.startswith("http:"):
        headers += for_proxy.items()
    return session.request(
        request.method,
        URL(server + request.target, encoded=True),
        headers=headers,
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS),
        proxy=f"http://{bracketed(proxy.host)}:{proxy.port}" if proxy else None,
        proxy_headers=for_proxy or None,
    )
