"""Switch identities off. Mail to them is refused, their keys stop working; `enable` brings everything back."""

from __future__ import annotations

from ravi.cli.identity import several, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity disable research-agent",)


def configure(parser: VerbParser) -> None:
    """Which identities."""
    parser.add_argument("refs", metavar="name | uuid", nargs="+", help="one or more identities")


def run(args: Namespace, io: Io) -> int:
    """Print the identity, or a list when several were named."""
    with io.client(need_identity=False) as ravi:
        return several.each(io, args.refs, ravi.identities.disable, view.table)
