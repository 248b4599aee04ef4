"""Say whom an identity may write to, or lift that again.

What is given replaces what was said before, and holds from the next message on. A message to anybody else is refused as
a whole. The identity itself can read the list (`ravi identity show`), and never change it.
"""

from __future__ import annotations

from ravi.cli.identity import view
from ravi.cli.values import patterns
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi identity restrict research-agent --to alice@example.com --to example.org,*.example.org",
    "ravi identity restrict research-agent --nobody",
    "ravi identity restrict research-agent --anybody",
)


def configure(parser: VerbParser) -> None:
    """Which identity, and whom it may write to."""
    parser.add_argument("ref", metavar="name | uuid", help="the identity")
    parser.add_argument(
        "--to",
        metavar="pattern",
        action="append",
        help="to an address, a domain, *.domain for those below it, or a number; several with commas, or repeated",
    )
    parser.add_argument("--nobody", action="store_true", help="to nobody at all")
    parser.add_argument("--anybody", action="store_true", help="to anybody: no limits")


def run(args: Namespace, io: Io) -> int:
    """Print the identity."""
    allowed = patterns(args.to, "--to")
    if (allowed is not None) + args.nobody + args.anybody != 1:
        raise UsageError("one of --to, --nobody and --anybody is needed")
    with io.client(need_identity=False) as ravi:
        changed = ravi.identities.update(args.ref, allowed_recipients=[] if args.nobody else allowed)
    io.out.document(changed, view.facts)
    return 0
