"""End all old identities of a kind for good, as `identity delete` does: what a fleet has left behind.

They are chosen by what their names begin with, by labels, and by how long ago they were made; all must fit, and one of
the first two must be given. Some are ended at the same time. It may run twice, or in two places at once: what somebody
else has ended meanwhile is passed over. What cannot be ended does not stop the rest. Asks first only when a person is
there to ask: with human output on a terminal and without --yes.
"""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.cli.values import duration, labels
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.wire.identities import Identity

EXAMPLES = (
    "ravi identity prune --prefix task- --older-than 24h --dry-run",
    "ravi identity prune --label fleet=nightly --older-than 7d --yes",
)

#: Names in the question; the rest is a number.
_NAMED = 5


def configure(parser: VerbParser) -> None:
    """Which identities, and whether to ask."""
    parser.add_argument("--prefix", metavar="text", help="only names that begin with this")
    parser.add_argument("--label", metavar="k=v", action="append", help="only identities with this label; repeatable")
    parser.add_argument("--older-than", metavar="duration", help="only those made longer ago, such as 24h or 7d")
    parser.add_argument("--dry-run", action="store_true", help="end none; print the identities that would be ended")
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")


def run(args: Namespace, io: Io) -> int:
    """Print the receipts, or with --dry-run the identities."""
    wanted, seconds = labels(args.label), duration(args.older_than, "--older-than")
    asks = not args.yes and not io.out.json and terminal.can_ask()
    with io.client(need_identity=False) as ravi:
        pruned = ravi.identities.prune(
            prefix=args.prefix,
            label=wanted,
            older_than_seconds=seconds,
            dry_run=args.dry_run,
            confirm=_confirmed if asks else None,
            progress=_show if terminal.is_terminal(sys.stderr) else None,
        )
    if args.dry_run:
        from ravi.cli.identity import view

        io.out.document(pruned.found, view.table)
        return 0
    from ravi.cli.exit_codes import exit_code
    from ravi.cli.identity.delete import receipts

    for identity, problem in pruned.failures:
        problem.message = f"{identity['name']} ({identity['uuid']}): {problem.message}"
        io.out.error(problem)
    io.out.document(pruned.receipts, receipts)
    return exit_code(pruned.failures[0][1]) if pruned.failures else 0


def _confirmed(found: list[Identity]) -> bool:
    named = ", ".join(each["name"] for each in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    if not terminal.confirm(f"delete {len(found)} identities ({named}{more}) and erase everything in them?"):
        raise RaviError("cancelled; nothing was deleted")
    return True


def _show(done: int, of: int) -> None:
    """One line that changes, and ends when all are done."""
    sys.stderr.write(f"\r{done} of {of} ended" + ("\n" if done == of else ""))
    sys.stderr.flush()
