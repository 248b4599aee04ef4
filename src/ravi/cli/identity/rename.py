"""Give an identity another name. Its address and number stay as they are."""

from __future__ import annotations

from ravi.cli.identity import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity rename research-agent reading-agent",)


def configure(parser: VerbParser) -> None:
    """Which identity, and its new name."""
    parser.add_argument("ref", metavar="name | uuid", help="the identity")
    parser.add_argument("new_name", metavar="new name", help="what it shall be called")


def run(args: Namespace, io: Io) -> int:
    """Print the renamed identity."""
    if not args.new_name.strip():
        raise UsageError("the new name is empty")
    with io.client(need_identity=False) as ravi:
        io.out.document(ravi.identities.update(args.ref, name=args.new_name), view.facts)
    return 0
