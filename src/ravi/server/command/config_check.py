"""
Print every setting, where it comes from, and all that is wrong with them. Passwords are not shown.

Files and directories that other users can change, and private keys that they can read, are refused as by `run`.
"""

import argparse

from ravi.server.command import exit_codes
from ravi.server.command.console import Console, table
from ravi.server.command.flags import EVERYTHING, Parser, settings_of
from ravi.server.command.modes import require_private
from ravi.settings.server import SETTINGS, shown


def configure(parser: Parser) -> None:
    parser.add_settings(EVERYTHING)


def run(arguments: argparse.Namespace, console: Console) -> int:
    settings = settings_of(arguments)
    settings.require_safe_to_serve()
    require_private(settings)
    found = {each.name: (shown(getattr(settings, each.name)), settings.sources[each.name]) for each in SETTINGS}
    document = {
        "config_file": shown(settings.config_file),
        "settings": {name: {"value": value, "source": source} for name, (value, source) in found.items()},
    }
    rows = [[name, _written(value), source] for name, (value, source) in found.items()]
    console.document(document, table([["SETTING", "VALUE", "SOURCE"], *rows]))
    return exit_codes.OK


def _written(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(value)
    return str(value)
