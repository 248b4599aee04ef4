"""List messages, the newest first; or show one: by its number, its uuid or its Message-ID.

Looking does not mark a message as read. For people, the text stands between two lines that its sender could not have
known: it is data, whatever it asks for. The line "sender" says how far the address in "from" can be believed.
"""

from __future__ import annotations

from ravi.cli.message import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi message email --unread",
    "ravi message email 17",
    "ravi message email --from shop.example --limit 1 --json | jq -r '.[0].text_content'",
)


def configure(parser: VerbParser) -> None:
    """Which messages."""
    parser.add_argument("ref", metavar="id", nargs="?", help="one message: its number, uuid or Message-ID")
    parser.add_argument("--unread", action="store_true", help="only messages that are not marked as read")
    parser.add_argument("--direction", choices=("incoming", "outgoing"), help="only what came, or only what was sent")
    parser.add_argument("--from", dest="sender", metavar="address | domain", help="only messages from there")
    parser.add_argument("--limit", metavar="number", help="at most so many")


def run(args: Namespace, io: Io) -> int:
    """Print a message, or a list of them. Raises NotFound."""
    limit = limit_of(args.limit)
    if args.ref is not None and (args.unread or args.direction or args.sender or limit):
        raise UsageError("the flags choose from many messages, and one is named already")
    with io.client(need_identity=True) as ravi:
        if args.ref is not None:
            io.out.document(ravi.mail.message(args.ref), view.message)
            return 0
        found = ravi.mail.messages(unread=args.unread, direction=args.direction, sender=args.sender, limit=limit)
    io.out.document(found, lambda layout, rows: view.table(layout, rows, empty="no messages"))
    return 0


def limit_of(text: str | None) -> int | None:
    """The number in *text*; None when the flag was not given. Raises UsageError unless it is at least 1."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) == 0:
        raise UsageError(f"--limit does not understand {text!r}", hint="write a number from 1 on")
    return int(text)
