"""Have a test event posted to one webhook, whatever types it takes, and say how that went. It is tried once."""

from __future__ import annotations

from ravi.cli.webhooks import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi webhooks test 3", "ravi webhooks test 3 --json | jq -r .status")


def configure(parser: VerbParser) -> None:
    """Which one."""
    parser.add_argument("ref", metavar="id | uuid", help="the webhook, from ravi webhooks list")


def run(args: Namespace, io: Io) -> int:
    """Print the delivery; exit 1 when it was not delivered."""
    with io.client(need_identity=False) as ravi:
        delivery = ravi.webhooks.test(args.ref)
    io.out.document(delivery, view.outcome)
    return 0 if delivery["status"] == "delivered" else 1
