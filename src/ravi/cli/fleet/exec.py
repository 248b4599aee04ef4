"""Run a program in every directory of a fleet at the same time, each as its own identity.

Each is started in its directory, with RAVI_CONFIG_DIR, and with none of the variables that hold or choose your own
credentials. Its input is empty. What they print comes line by line, with the member's name before it. The exit code is
0 when all have ended with 0, otherwise 1; each one's own is in the document, 127 or 126 for one that was not found or
could not be started. With JSON, which is the default where stdout is no terminal, the document alone is on stdout and
the lines are on stderr.
"""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi fleet exec -- ravi get email --human",
    "ravi fleet exec --fleet nightly --jobs 8 -- npm test",
    "ravi fleet exec api web -- git status --short",
)


def configure(parser: VerbParser) -> None:
    """Which fleet, and the program."""
    parser.add_argument("dirs", metavar="dir", nargs="*", help="only these directories, of whatever fleet")
    parser.add_argument("--fleet", metavar="name", help="which fleet (default: that which was made here)")
    parser.add_argument("--prefix", metavar="text", help="the prefix that the fleet was made with here")
    parser.add_argument("--jobs", metavar="n", help="run so many at the same time (default: all)")
    parser.add_program("command", "the program and its arguments, as they are")


def run(args: Namespace, io: Io) -> int:
    """Print a list of exit statuses."""
    from ravi.cli.fleet import view
    from ravi.cli.fleet.abreast import run_abreast

    options = io.options
    if not args.marked and (options.json or options.human or options.identity or options.server):
        raise UsageError(
            "it is unclear whose flags these are",
            hint="put -- before the program: ravi fleet exec [flags] -- <command>",
        )
    jobs = args.jobs
    if jobs is not None and not (jobs.isascii() and jobs.isdecimal() and 0 < int(jobs) < 10_000):
        raise UsageError(f"--jobs does not understand {jobs!r}", hint="write it like --jobs 8")
    with io.client(need_identity=False) as ravi:
        posts = ravi.fleet.posts(args.dirs or None, name=args.fleet, prefix=args.prefix)
    statuses = run_abreast(posts, args.program, io.environ, at_once=int(jobs or len(posts)), on_stderr=io.out.json)
    rows = [
        {"name": post.name, "uuid": post.uuid, "workspace": post.path, "exit_status": status}
        for post, status in zip(posts, statuses, strict=True)
    ]
    failed = [row for row in rows if row["exit_status"]]
    if io.out.json:
        io.out.document(rows, view.exec_table)
    for row in failed:
        io.out.warn(f"{row['name']}: exit status {row['exit_status']}")
    return 1 if failed else 0
