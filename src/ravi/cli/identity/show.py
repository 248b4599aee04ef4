"""Show one identity: the selected one, or the one that is named."""

from __future__ import annotations

from ravi.cli.identity import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity show", "ravi identity show research-agent")


def configure(parser: VerbParser) -> None:
    """Which identity."""
    parser.add_argument("ref", metavar="name | uuid", nargs="?", help="default: the selected identity")


def run(args: Namespace, io: Io) -> int:
    """Print the identity."""
    with io.client(need_identity=args.ref is None) as ravi:
        shown = ravi.identities.fill_public_key(ravi.identities.get(args.ref or io.acting_as(ravi)))
    io.out.document(shown, view.facts)
    return 0
