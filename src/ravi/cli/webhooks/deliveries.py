"""Show what was posted and how that went, newest first: of one webhook, or of all that the selected identity has."""

from __future__ import annotations

from ravi.cli.webhooks import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi webhooks deliveries",
    "ravi webhooks deliveries 3 --json | jq '.[] | select(.status != \"delivered\")'",
)


def configure(parser: VerbParser) -> None:
    """Of which."""
    parser.add_argument("ref", metavar="id | uuid", nargs="?", help="one webhook, from ravi webhooks list")
    parser.add_argument("--account", action="store_true", help="of the whole account, not of one identity")


def run(args: Namespace, io: Io) -> int:
    """Print a list of deliveries."""
    with io.client(need_identity=False) as ravi:
        found = ravi.webhooks.deliveries(endpoint=args.ref, whole_account=args.account or args.ref is not None)
    io.out.document(found, view.deliveries)
    return 0
