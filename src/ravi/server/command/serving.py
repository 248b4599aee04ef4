"""uvicorn and the mail listener in one event loop: signals, readiness and the order of stopping are ours."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from collections.abc import Callable, Generator
from datetime import timedelta
from functools import partial

import uvicorn

from ravi.server.app import App
from ravi.server.command.protocol import PatientProtocol
from ravi.server.http.connections import Connections
from ravi.server.smtp import Listener

#: Longer than the idle time of common reverse proxies (60 s): who closes first should be the proxy, or a request
#: of its crosses our close and fails.
KEEP_ALIVE_SECONDS = 75

#: What a request that was cancelled at the end of its time gets to say that it was.
LAST_WORDS_SECONDS = 1.0


class HttpServer(uvicorn.Server):
    """Serves one app on one listening socket, with *mail* beside it, until `should_exit` is set."""

    def __init__(
        self,
        app: App,
        mail: Listener,
        *,
        door: Connections,
        backlog: int,
        graceful_timeout: timedelta,
        tls: ssl.SSLContext | None,
        ready: Callable[[], None],
    ) -> None:
        def given_context(config: object, default: object) -> ssl.SSLContext:
            assert tls is not None
            return tls

        super().__init__(
            uvicorn.Config(
                app,
                http=partial(PatientProtocol, door=door),  # type: ignore[arg-type]  # is called, and no more
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # app.py reads them, and only when told to
                backlog=backlog,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=int(graceful_timeout.total_seconds()),
                ssl_context_factory=given_context if tls else None,
                # A pipelined request starts in the context of the one before it, open transaction included.
                reset_contextvars=True,
            )
        )
        self._app = app
        self._mail = mail
        self._graceful_timeout = graceful_timeout
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.finish()
        await asyncio.gather(self._mail.stop(self._graceful_timeout), super().shutdown(sockets))

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `Stopping`."""
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop; returns when every request has been answered or its time was over."""
        await super().serve(sockets)
        if left := list(self.server_state.tasks):
            await asyncio.wait(left, timeout=LAST_WORDS_SECONDS)


class Stopping:
    """
    SIGTERM and SIGINT: the first one stops in good order, the second one at once.

    Before there is a server to stop, the first one cancels what the current task is doing.
    """

    def __init__(self) -> None:
        self._server: HttpServer | None = None
        self._task = asyncio.current_task()
        self.asked = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)

    def applies_to(self, server: HttpServer) -> None:
        """From now on the first signal lets *server* finish."""
        self._server = server

    def _stop(self, number: signal.Signals) -> None:
        if self.asked:
            os._exit(128 + number)
        self.asked = True
        if self._server is not None:
            self._server.should_exit = True
        elif self._task is not None:
            self._task.cancel()
