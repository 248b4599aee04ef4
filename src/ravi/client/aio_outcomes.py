"""What becomes of what the asynchronous client has begun: failures of aiohttp as ours, and threads that end."""

from __future__ import annotations

import asyncio

from ravi.client.core import SENT, UNSENT
from ravi.errors import ServerNonsense, ServerUnreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import aiohttp

    from ravi.errors import RaviError


def failure(error: aiohttp.ClientError, server: str) -> RaviError:
    """The error that aiohttp's *error* is in `ravi.errors`."""
    import aiohttp  # an extra; whoever has an error of it has it

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ServerNonsense(
            f"the certificate of {server} is not trusted",
            hint="have it signed by a known authority, or name yours in SSL_CERT_FILE",
        )
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return ServerNonsense(
            f"what answered at {server} does not speak TLS",
            hint="is the server's URL http:// rather than https://?",
        )
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ServerUnreachable(f"the server at {server} cannot be reached (does not answer)", details=UNSENT)
    if isinstance(error, aiohttp.ClientConnectorError):
        words = error.strerror or "does not answer"
        return ServerUnreachable(f"the server at {server} cannot be reached ({words.lower()})", details=UNSENT)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        message = f"the server at {server} was not reached: the proxy answered {error.status}"
        return ServerUnreachable(message, details=UNSENT)
    if isinstance(error, aiohttp.ClientPayloadError):
        return ServerNonsense("the server closed the connection in the middle of its answer")
    if isinstance(error, aiohttp.ClientResponseError):
        return ServerNonsense("what answered does not speak HTTP")
    return ServerUnreachable(f"the server at {server} closed the connection without an answer", details=SENT)


async def in_thread(work: Callable[[], Any]) -> Any:
    """
    What *work* returns, done in a thread.

    No thread can be stopped. Who is cancelled here goes on only when the work is over: what is done next, such as
    unlocking or undoing, would otherwise be done beside it.
    """
    begun = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        await asyncio.wait([begun])
        if not begun.cancelled():
            begun.exception()  # nobody waits for it any more
        raise
