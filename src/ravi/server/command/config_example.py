"""Print a configuration file with every setting, its meaning and its default."""

import argparse

from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.flags import Parser
from ravi.settings.server_example import example


def configure(parser: Parser) -> None:
    """Takes nothing."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    console.text(example())  # TOML in either mode: it is meant for a file
    return exit_codes.OK
