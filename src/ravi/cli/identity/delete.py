"""End identities for good: their content is erased, their keys die, their addresses are never given out again.

Works from any directory, also when the workspace's config file is gone or broken. Prints a receipt of what
was revoked and erased; with several arguments a list of receipts, and a failure does not stop the rest.
Asks first only when a person is there to ask: with human output on a terminal and without --yes.
"""

from __future__ import annotations

from ravi.cli import terminal
from ravi.cli.identity import several
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.identities import IdentityDeleted

EXAMPLES = (
    "ravi identity delete research-agent",
    "ravi identity list --prefix task- --json | jq -r '.[].uuid' | xargs ravi identity delete",
)


def configure(parser: VerbParser) -> None:
    """Which identities, and whether to ask."""
    parser.add_argument("refs", metavar="name | uuid", nargs="+", help="one or more identities")
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")


def run(args: Namespace, io: Io) -> int:
    """Print the receipt, or a list of receipts when several identities were named."""
    if not args.yes and not io.out.json and terminal.can_ask():
        what = ", ".join(args.refs)
        if not terminal.confirm(f"delete {what} and erase everything in it?"):
            raise RaviError("cancelled; nothing was deleted")
    with io.client(need_identity=False) as ravi:
        return several.each(io, args.refs, ravi.identities.delete, receipts)


def receipts(layout: Layout, ended: Sequence[IdentityDeleted]) -> str:
    """What was revoked and erased, one row an identity."""
    rows = [(r["name"], r["email"], _counts(r["revoked"]), _counts(r["erased"]), r["uuid"]) for r in ended]
    return layout.table(("deleted", "address", "revoked", "erased", "uuid"), rows, empty="nothing was deleted")


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counted.items() if number) or "nothing"
