"""
Bring the database's schema up to date and print which migrations that took.

`ravi-server run` does the same before it serves; this is for doing it at a time of your choice.
"""

import argparse
import asyncio

from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.flags import WHERE, Parser, settings_of
from ravi.server.command.opening import now, opened
from ravi.server.db import micros
from ravi.settings.server import shown


def configure(parser: Parser) -> None:
    parser.add_settings(WHERE)


def run(arguments: argparse.Namespace, console: Console) -> int:
    asyncio.run(_migrate(arguments, console))
    return exit_codes.OK


async def _migrate(arguments: argparse.Namespace, console: Console) -> None:
    settings = settings_of(arguments)
    started = micros(now())
    async with opened(settings) as database:
        rows = await database.all("SELECT version, name, applied_at FROM schema_migrations ORDER BY version")
    applied = [f"{version:04}_{name}" for version, name, at in rows if at >= started]
    document = {"database": shown(settings.database), "version": rows[-1][0], "applied": applied}
    done = f"applied {', '.join(applied)}" if applied else "nothing to do"
    console.document(document, f"{settings.database} is at version {rows[-1][0]}: {done}")
