"""Mark messages as unread. With several a list is printed, and a failure does not stop the rest."""

from __future__ import annotations

from ravi.cli.message import marking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi message unread 17", "ravi message unread 17 18 19")


def configure(parser: VerbParser) -> None:
    """Which messages."""
    parser.add_argument("refs", metavar="id", nargs="+", help="one or more messages: number, uuid or Message-ID")


def run(args: Namespace, io: Io) -> int:
    """Print the message, or a list when several were named."""
    return marking.mark(io, args.refs, is_read=False)
