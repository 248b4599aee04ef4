"""End the identity of a directory for good, and remove what ravi workspace ensure has written there.

Nothing bound is no error, nor is a directory that is gone; what was bound to that is ended by ravi workspace gc. The
.ravi of a copied directory is removed, and the identity of the original stays. If something fails, all of it stays, so
that it can be repeated. With --lenient a failure is a warning and the exit code 0, for tools whose teardown must not
fail: remove the directory, and gc ends the identity. Never asks.
"""

from __future__ import annotations

from ravi.cli.workspace import asking, view
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi workspace release", "ravi workspace release ../agent-7 --lenient")


def configure(parser: VerbParser) -> None:
    """Which directory, and what a failure is."""
    parser.add_argument("dir", nargs="?", help="the workspace (default: here)")
    parser.add_argument("--lenient", action="store_true", help="exit with 0 whatever fails, and say it on stderr")


def run(args: Namespace, io: Io) -> int:
    """Print what was ended."""
    try:
        folder = asking.folder_of(args.dir)
        with asking.client_for(io, folder, as_owner=True) as ravi:
            released = ravi.workspaces.release(folder)
    except RaviError as problem:
        if not args.lenient:
            raise
        io.out.warn(problem.message, problem.hint or "once the directory is gone: ravi workspace gc")
        document: dict[str, object] = {
            "status": "kept",
            "workspace": args.dir or ".",
            "identity_uuid": None,
            "receipt": None,
            "notes": [],
        }
        io.out.document(document, view.facts)
        return 0
    for note in released.notes:
        io.out.warn(note)
    io.out.document(view.released(released, "released" if released.was_bound else "unbound"), view.facts)
    return 0
