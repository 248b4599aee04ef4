"""List the webhooks of the selected identity, or with --account every one in reach. Secrets are not shown."""

from __future__ import annotations

from ravi.cli.webhooks import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi webhooks list", "ravi webhooks list --account --json | jq -r '.[].url'")


def configure(parser: VerbParser) -> None:
    """Whose."""
    parser.add_argument("--account", action="store_true", help="of the whole account, not of one identity")


def run(args: Namespace, io: Io) -> int:
    """Print a list of webhooks."""
    with io.client(need_identity=False) as ravi:
        found = ravi.webhooks.list(whole_account=args.account)
    io.out.document(found, view.table)
    return 0
