"""Read secrets by name: one as an object, several as a list in the order asked for.

On a terminal, or with --plain, the bare value of one secret is printed, exactly; a line break follows on a terminal
only, and a value that would command the terminal is not shown there. Programs that want many secrets are served better
by `ravi secrets export` and `ravi run`.
"""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.cli.secrets import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi secrets get API_TOKEN --plain",
    "ravi secrets get DB_USER DB_PASSWORD --json | jq -r '.[].value'",
)


def configure(parser: VerbParser) -> None:
    """Which secrets, and how they are printed."""
    parser.add_argument("keys", metavar="key", nargs="+", help="one or more names")
    parser.add_argument("--plain", action="store_true", help="print the value alone, as it is")


def run(args: Namespace, io: Io) -> int:
    """Print a secret, or a list of them. Raises NotFound, which names all that are missing."""
    if args.plain and io.options.json:
        raise UsageError("--plain and --json exclude each other")
    if args.plain and len(args.keys) > 1:
        raise UsageError("--plain prints one value", hint="for several: ravi secrets export --only KEY,KEY")
    with io.client(need_identity=True) as ravi:
        found = [view.opened(secret) for secret in ravi.secrets.get_many(args.keys)]
    if len(args.keys) > 1:
        io.out.document(found, view.values)
    elif args.plain or not io.out.json:
        io.out.exact(found[0]["value"] + ("\n" if terminal.is_terminal(sys.stdout) else ""))
    else:
        io.out.write_json(found[0])
    return 0
