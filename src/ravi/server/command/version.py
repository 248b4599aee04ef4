"""Print the version of this release."""

import argparse

from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.flags import Parser
from ravi.version import __version__


def configure(parser: Parser) -> None:
    """Takes nothing."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    console.document({"version": __version__}, f"ravi-server {__version__}")
    return exit_codes.OK
