"""List the accounts, oldest first."""

import argparse
import asyncio

from ravi.server.command import exit_codes
from ravi.server.command.console import Console, table
from ravi.server.command.flags import WHERE, Parser, settings_of
from ravi.server.command.opening import opened_accounts


def configure(parser: Parser) -> None:
    parser.add_settings(WHERE)


def run(arguments: argparse.Namespace, console: Console) -> int:
    asyncio.run(_list(arguments, console))
    return exit_codes.OK


async def _list(arguments: argparse.Namespace, console: Console) -> None:
    async with opened_accounts(settings_of(arguments)) as auth:
        accounts = await auth.list_accounts()
    found = [
        {
            "email": account.email,
            "first_name": account.first_name,
            "last_name": account.last_name,
            "account_uuid": account.uuid,
            "has_password": account.has_password,
        }
        for account in accounts
    ]
    rows = [
        [each.email, f"{each.first_name} {each.last_name}".strip(), "yes" if each.has_password else "no", each.uuid]
        for each in accounts
    ]
    empty = "no accounts; add one with: ravi-server owner add EMAIL"
    console.document(found, table([["EMAIL", "NAME", "PASSWORD", "UUID"], *rows]) if rows else empty)
