"""Read what a sign-in was before: its last ten versions, the newest first, passwords included.

A version is kept whenever username, password or notes change. It is the way back from a password that was replaced
here and not at the site.
"""

from __future__ import annotations

from ravi.cli.passwords import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi passwords history example.com", "ravi passwords history example.com --json | jq -r '.[0].password'")


def configure(parser: VerbParser) -> None:
    """Which sign-in."""
    parser.add_argument("ref", metavar="uuid | domain", help="the sign-in: its uuid, or its site")


def run(args: Namespace, io: Io) -> int:
    """Print a list of {"username", "password", "notes", "replaced_dt"}."""
    with io.client(need_identity=True) as ravi:
        found = ravi.passwords.history(args.ref)
    io.out.document(found, view.versions)
    return 0
