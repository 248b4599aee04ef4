"""Show how it stands with a directory: whose it is, where that was written, and whether an agent can act there.

Changes nothing. Asks the server as the agent would, with the key in the directory, and needs no sign-in for that.
"""

from __future__ import annotations

from ravi.cli.workspace import asking, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi workspace status", "ravi workspace status ../agent-7 --json | jq .healthy")


def configure(parser: VerbParser) -> None:
    """Which directory."""
    parser.add_argument("dir", nargs="?", help="the workspace (default: here)")


def run(args: Namespace, io: Io) -> int:
    """Print it. Not being bound is no error: "healthy" says."""
    folder = asking.folder_of(args.dir)
    with asking.client_for(io, folder) as ravi:
        io.out.document(view.standing(ravi.workspaces.status(folder)), view.facts)
    return 0
