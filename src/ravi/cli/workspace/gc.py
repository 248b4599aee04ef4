"""End the identities whose workspace on this machine is gone, because nobody has released it. Made for cron.

Which machine and directory an identity was made for is recorded with it; other machines' are never looked at. It is
ended when its directory is gone, or is bound to another identity by now. When the directory above is gone too, or has
been empty all along, a disk may only not be mounted: then it is listed as unsure, and ended with --also-unsure alone.
It may run twice, or in two places at once. What cannot be ended does not stop the rest. Never asks.
"""

from __future__ import annotations

import sys

from ravi.cli.workspace import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi workspace gc --dry-run", "ravi workspace gc", "ravi workspace gc --also-unsure")


def configure(parser: VerbParser) -> None:
    """How far to go."""
    parser.add_argument("--dry-run", action="store_true", help="end none; print what would be ended")
    parser.add_argument("--also-unsure", action="store_true", help="end those too whose directory may be out of sight")


def run(args: Namespace, io: Io) -> int:
    """Print a list of the identities whose workspace is not where it was."""
    from ravi.cli import terminal
    from ravi.cli.exit_codes import exit_code

    with io.client(need_identity=False) as ravi:
        orphans = ravi.workspaces.gc(
            dry_run=args.dry_run,
            also_unsure=args.also_unsure,
            progress=_show if terminal.is_terminal(sys.stderr) else None,
        )
    failures = [each for each in orphans if each.failure is not None]
    for each in failures:
        if each.failure is not None:
            each.failure.message = f"{each.identity['name']} ({each.identity['uuid']}): {each.failure.message}"
            io.out.error(each.failure)
    io.out.document([view.orphan(each) for each in orphans], view.table)
    return exit_code(failures[0].failure) if failures and failures[0].failure else 0


def _show(done: int, of: int) -> None:
    """One line that changes, and ends when all are done."""
    sys.stderr.write(f"\r{done} of {of} ended" + ("\n" if done == of else ""))
    sys.stderr.flush()
