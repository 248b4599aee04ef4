"""List the identities in reach: all of the account, or the one that the credential belongs to.

The list is always complete. The filters are joined by "and".
"""

from __future__ import annotations

from ravi.cli.identity import view
from ravi.cli.values import labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity list --prefix task-", "ravi identity list --label team=research --json | jq -r '.[].uuid'")


def configure(parser: VerbParser) -> None:
    """The filters."""
    parser.add_argument("--prefix", metavar="text", help="only names that begin with this")
    parser.add_argument("--name", metavar="name", help="only identities of exactly this name")
    parser.add_argument("--label", metavar="k=v", action="append", help="only identities with this label; repeatable")


def run(args: Namespace, io: Io) -> int:
    """Print a list of identities."""
    wanted = labels(args.label)
    with io.client(need_identity=False) as ravi:
        found = ravi.identities.list(prefix=args.prefix, label=wanted, name=args.name)
    io.out.document(found, view.table)
    return 0
