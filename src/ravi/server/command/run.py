"""
Run the server in the foreground until SIGTERM or SIGINT.

Says in one line on stderr when it answers requests, and logs there as one JSON object a line. The first signal
lets running requests finish, a second one ends it at once.
"""

import argparse
import asyncio
import contextlib
import logging
from collections.abc import Callable

from ravi.server.app import App
from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.flags import EVERYTHING, Parser, settings_of
from ravi.server.command.listening import allow_many_files, listen, tls_context
from ravi.server.command.lock import Announce, only_server
from ravi.server.command.opening import explained, now, prepare, require_answer
from ravi.server.command.serving import HttpServer, Stopping
from ravi.server.http import logs
from ravi.settings.server import Address, ServerSettings
from ravi.version import __version__

log = logging.getLogger("ravi.start")


def configure(parser: Parser) -> None:
    parser.add_settings(EVERYTHING)


def run(arguments: argparse.Namespace, console: Console) -> int:
    settings = settings_of(arguments)
    settings.require_safe_to_serve()
    logs.set_up(settings.log_level)
    prepare(settings)
    allow_many_files()
    with contextlib.ExitStack() as stack:
        announce: Announce | None = None
        if settings.database.file:
            announce = stack.enter_context(only_server(settings.database.file))
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, console, announce))
    return exit_codes.OK


async def _serve(settings: ServerSettings, console: Console, announce: Announce | None) -> None:
    stopping = Stopping()
    tls = tls_context(settings)
    listener, bound = listen(settings.http, settings.backlog)
    with listener:
        app = App(settings, public_url=settings.url_at(bound), now=now)

        def ready() -> None:
            if announce:
                announce(settings.url_at(bound))
            console.note(_ready_line(settings, bound))

        try:
            with explained(settings.database):
                await require_answer(settings.database)
                await app.start()
            server = HttpServer(
                app,
                backlog=settings.backlog,
                graceful_timeout=settings.graceful_timeout,
                tls=tls,
                ready=ready,
            )
            stopping.applies_to(server)
            await server.serve([listener])
        except asyncio.CancelledError:
            if not stopping.asked:
                raise
        finally:
            await app.stop()


def _ready_line(settings: ServerSettings, bound: Address) -> str:
    scheme = "https" if settings.tls else "http"
    parts = [
        *([f"public URL {settings.public_url}"] if settings.public_url else []),
        f"version {__version__}",
        f"data {settings.data}",
        f"database {settings.database}",
        "no mail intake: it is not part of this release",
    ]
    return f"ravi-server ready: {scheme}://{bound} ({', '.join(parts)})"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not to be had on every platform; asyncio's own loop answers two thirds as many requests
        return None
    return uvloop.new_event_loop
