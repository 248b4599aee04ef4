"""Make an API key and print it, this once: the server keeps no copy that it could show again.

The key belongs to one identity and reaches nothing else: the one named with --identity, or the selected one.
With --management it belongs to the account and reaches all of it.
"""

from __future__ import annotations

from ravi.cli.keys import view
from ravi.cli.values import duration
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi keys create --identity research-agent --label laptop --json | jq -r .key",
    "ravi keys create --management --label ci --ttl 30d",
)


def configure(parser: VerbParser) -> None:
    """What the key is for."""
    parser.add_argument("--management", action="store_true", help="a key of the account, not of an identity")
    parser.add_argument("--label", metavar="text", help="where the key is used, to know it again")
    parser.add_argument("--ttl", metavar="time", help="end it after this long: 2h, 30m, 7d or seconds")


def run(args: Namespace, io: Io) -> int:
    """Print the key."""
    if args.management and io.options.identity is not None:
        raise UsageError("--management and --identity exclude each other")
    seconds = duration(args.ttl, "--ttl")
    with io.client(need_identity=not args.management) as ravi:
        if args.management:
            key = ravi.keys.create_management(label=args.label, ttl_seconds=seconds)
        else:
            key = ravi.keys.create_identity(io.acting_as(ravi), label=args.label, ttl_seconds=seconds)
    io.out.document(key, view.facts)
    io.out.hint("keep the key somewhere safe now; it is not shown again")
    return 0
