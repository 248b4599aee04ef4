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
from ravi.server.command.listening import allow_many_files, listen, mail_tls_context, most_connections, tls_context
from ravi.server.command.lock import Announce, only_server
from ravi.server.command.opening import explained, now, prepare, require_answer
from ravi.server.command.serving import HttpServer, Stopping
from ravi.server.db import require_whole
from ravi.server.http import logs
from ravi.server.http.connections import Connections
from ravi.server.mail.dns import system_resolver
from ravi.server.mail.verdicts import Checker
from ravi.server.smtp import Intake, Limits, Listener
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
            with explained(settings.database):
                require_whole(settings.database.file)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, console, announce))
    return exit_codes.OK


async def _serve(settings: ServerSettings, console: Console, announce: Announce | None) -> None:
    stopping = Stopping()
    tls, mail_tls = tls_context(settings), mail_tls_context(settings)
    with contextlib.ExitStack() as stack:
        listener, bound = listen(settings.http, settings.backlog)
        stack.enter_context(listener)
        mail_listener, mail_bound = listen(settings.smtp, settings.backlog, "--smtp")
        stack.enter_context(mail_listener)
        app = App(settings, public_url=settings.url_at(bound), now=now)

        def ready() -> None:
            if announce:
                announce(settings.url_at(bound))
            console.note(_ready_line(settings, bound, mail_bound))

        try:
            with explained(settings.database):
                await require_answer(settings.database)
                await app.start()
            mail = Listener(
                Intake(
                    app.services.mail, Checker(system_resolver() if settings.dns == "system" else None), app.access_log
                ),
                _limits(settings),
                hostname=settings.mail_domain[0],
                tls=mail_tls,
            )
            await mail.start(mail_listener, backlog=settings.backlog)
            server = HttpServer(
                app,
                mail,
                door=Connections(
                    most_connections(settings.http_connections),
                    settings.http_connections_per_address,
                    by_address=not settings.behind_proxy,
                ),
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


def _limits(settings: ServerSettings) -> Limits:
    return Limits(
        message_bytes=settings.smtp_message_bytes,
        recipients=settings.smtp_recipients,
        connections=settings.smtp_connections,
        connections_per_address=settings.smtp_connections_per_address,
        idle_seconds=settings.smtp_idle_timeout.total_seconds(),
        mailbox_per_minute=settings.smtp_mailbox_per_minute,
    )


def _ready_line(settings: ServerSettings, bound: Address, mail_bound: Address) -> str:
    scheme = "https" if settings.tls else "http"
    parts = [
        *([f"public URL {settings.public_url}"] if settings.public_url else []),
        f"version {__version__}",
        f"data {settings.data}",
        f"database {settings.database}",
        f"mail at smtp://{mail_bound} for {' '.join(settings.mail_domain)}",
    ]
    return f"ravi-server ready: {scheme}://{bound} ({', '.join(parts)})"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not to be had on every platform; asyncio's own loop answers two thirds as many requests
        return None
    return uvloop.new_event_loop
