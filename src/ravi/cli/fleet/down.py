"""End the identities of a fleet for good, and remove what was written into their directories.

Directories and worktrees that were made with the fleet are removed, too, unless something would be lost: a directory
that is not empty stays, and so does a worktree with changes, or a branch with commits of its own. Members on another
machine are left alone, unless you say --everywhere. What cannot be ended does not stop the rest. May run twice. Asks
first only when a person is there to ask: with human output on a terminal and without --yes.
"""

from __future__ import annotations

from ravi.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi fleet down", "ravi fleet down --fleet nightly --yes", "ravi fleet down api web")


def configure(parser: VerbParser) -> None:
    """Which fleet, and whether to ask."""
    parser.add_argument("dirs", metavar="dir", nargs="*", help="only these directories, of whatever fleet")
    parser.add_argument("--fleet", metavar="name", help="which fleet (default: that which was made here)")
    parser.add_argument("--prefix", metavar="text", help="the prefix that the fleet was made with here")
    parser.add_argument("--everywhere", action="store_true", help="end members on other machines, too")
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")


def run(args: Namespace, io: Io) -> int:
    """Print a list of those that are gone."""
    from ravi.cli.exit_codes import exit_code
    from ravi.cli.fleet import view
    from ravi.cli.fleet.bar import Bar
    from ravi.errors import RaviError

    if not args.yes and not io.out.json and terminal.can_ask():
        which = " ".join(args.dirs) or args.fleet or "that was made here"
        if not terminal.confirm(f"end the fleet {which}, and erase everything in its identities?"):
            raise RaviError("cancelled; nothing was ended")
    with io.client(need_identity=False) as ravi, Bar(io.environ.get("TERM")) as bar:
        lowered = ravi.fleet.down(
            args.dirs or None,
            name=args.fleet,
            prefix=args.prefix,
            everywhere=args.everywhere,
            progress=lambda done, of: bar.show("ending", done, of),
        )
    if lowered.elsewhere:
        io.out.warn(
            f"{len(lowered.elsewhere)} of this fleet belong to other machines and were left alone",
            "end them there, or with: ravi fleet down --everywhere",
        )
    for note in (note for each in lowered.ended for note in each.notes):
        io.out.warn(note)
    for identity, problem in lowered.failures:
        problem.message = f"{identity['name']} ({identity['uuid']}): {problem.message}"
        io.out.error(problem)
    io.out.document(view.ended(lowered), view.down_table)
    return exit_code(lowered.failures[0][1]) if lowered.failures else 0
