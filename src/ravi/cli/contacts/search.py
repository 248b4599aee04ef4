"""Find contacts that have these letters in name, nickname or address."""

from __future__ import annotations

from ravi.cli.contacts import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi contacts search ada",)


def configure(parser: VerbParser) -> None:
    """What to look for."""
    parser.add_argument("query", metavar="text", nargs="+", help="a part of a name, nickname or address")


def run(args: Namespace, io: Io) -> int:
    """Print a list of contacts."""
    with io.client(need_identity=True) as ravi:
        found = ravi.contacts.search(" ".join(args.query))
    io.out.document(found, view.table)
    return 0
