"""
Add the account of an owner and print a one-time sign-in code, good for 15 minutes.

Works while the server runs.
"""

import argparse
import asyncio

from ravi.errors import Conflict
from ravi.server.command import exit_codes
from ravi.server.command.codes import print_code
from ravi.server.command.console import Console
from ravi.server.command.flags import WHERE, Parser, settings_of
from ravi.server.command.opening import opened_accounts


def configure(parser: Parser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the owner's own mail address")
    parser.add_argument("--first-name", metavar="NAME", default="", help="the owner's first name")
    parser.add_argument("--last-name", metavar="NAME", default="", help="the owner's last name")
    parser.add_settings(WHERE)


def run(arguments: argparse.Namespace, console: Console) -> int:
    asyncio.run(_add(arguments, console))
    return exit_codes.OK


async def _add(arguments: argparse.Namespace, console: Console) -> None:
    settings = settings_of(arguments)
    async with opened_accounts(settings) as accounts:
        try:
            account = await accounts.add_account(arguments.email, arguments.first_name, arguments.last_name)
        except Conflict as exists:
            raise type(exists)(
                exists.message, hint=f"for another sign-in code: ravi-server signin-code {arguments.email}"
            ) from exists
        code = await accounts.make_signin_code(account.id)
    print_code(console, settings, account, code)
