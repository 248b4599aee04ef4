"""Print a random password, made on this machine. Stores nothing, asks no server, needs no sign-in.

It has at least one character of each kind that is not switched off.
"""

from __future__ import annotations

from ravi.cli.passwords import new_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi passwords generate", "ravi passwords generate --length 32 --no-special --json | jq -r .password")


def configure(parser: VerbParser) -> None:
    """What it shall be like."""
    new_password.configure_generator(parser)


def run(args: Namespace, io: Io) -> int:
    """Print {"password"}; for people the password alone."""
    io.out.document({"password": new_password.generated(args)}, lambda layout, made: layout.value(made["password"]))
    return 0
