"""
Print a one-time sign-in code for an account, good for 15 minutes.

Works while the server runs. Codes that were printed before stay good until their own time is over.
"""

import argparse
import asyncio

from ravi.errors import NotFound
from ravi.server.command import exit_codes
from ravi.server.command.codes import print_code
from ravi.server.command.console import Console
from ravi.server.command.flags import WHERE, Parser, settings_of
from ravi.server.command.opening import opened_accounts


def configure(parser: Parser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the account's mail address")
    parser.add_settings(WHERE)


def run(arguments: argparse.Namespace, console: Console) -> int:
    asyncio.run(_make(arguments, console))
    return exit_codes.OK


async def _make(arguments: argparse.Namespace, console: Console) -> None:
    settings = settings_of(arguments)
    async with opened_accounts(settings) as accounts:
        account = await accounts.find_account(arguments.email)
        if account is None:
            raise NotFound(
                f"there is no account for {arguments.email}",
                hint=f"add it with: ravi-server owner add {arguments.email}; see all with: ravi-server owner list",
            )
        code = await accounts.make_signin_code(account.id)
    print_code(console, settings, account, code)
