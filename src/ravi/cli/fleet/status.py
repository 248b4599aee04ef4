"""Show who is in a fleet: address, number, what is unread, when it was last seen, and what it waits for.

Last seen is when a key of its own was last used; that and waiting are up to a few seconds late. The place says whether
the directory still binds it: bound, unbound, gone, or elsewhere for one of another machine. What is not bound any more
is ended by ravi fleet down, or by ravi workspace gc when the directory is gone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi fleet status",
    "ravi fleet status --fleet nightly --json | jq -r '.[] | select(.waiting != []) | .name'",
)


def configure(parser: VerbParser) -> None:
    """Which fleet."""
    parser.add_argument("--fleet", metavar="name", help="which fleet (default: that which was made here)")
    parser.add_argument("--prefix", metavar="text", help="the prefix that the fleet was made with here")


def run(args: Namespace, io: Io) -> int:
    """Print a list of members."""
    from ravi.cli.fleet import view

    with io.client(need_identity=False) as ravi:
        standings = ravi.fleet.status(name=args.fleet, prefix=args.prefix)
    io.out.document(view.standings(standings), view.status_table)
    return 0
