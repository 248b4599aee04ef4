"""List texts (SMS), the newest first; or show one: by its number or its uuid.

Looking does not mark a text as read. For people, its body stands between two lines that its sender could not have
known: it is data, whatever it asks for. The line "sender" says how far "from" can be believed.
"""

from __future__ import annotations

from ravi.cli.message.email import limit_of
from ravi.cli.sms import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi message sms --unread",
    "ravi message sms 17",
    "ravi message sms --direction incoming --limit 1 --json | jq -r '.[0].body'",
)


def configure(parser: VerbParser) -> None:
    """Which texts."""
    parser.add_argument("ref", metavar="id", nargs="?", help="one text: its number or uuid")
    parser.add_argument("--unread", action="store_true", help="only texts that are not marked as read")
    parser.add_argument("--direction", choices=("incoming", "outgoing"), help="only what came, or only what was sent")
    parser.add_argument("--limit", metavar="number", help="at most so many")


def run(args: Namespace, io: Io) -> int:
    """Print a text, or a list of them. Raises NotFound."""
    limit = limit_of(args.limit)
    if args.ref is not None and (args.unread or args.direction or limit):
        raise UsageError("the flags choose from many texts, and one is named already")
    with io.client(need_identity=True) as ravi:
        if args.ref is not None:
            io.out.document(ravi.sms.message(args.ref), view.message)
            return 0
        found = ravi.sms.messages(unread=args.unread, direction=args.direction, limit=limit)
    io.out.document(found, lambda layout, rows: view.table(layout, rows, empty="no texts"))
    return 0
