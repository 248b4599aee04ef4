"""Find messages by their words: those that hold all of them in subject, text or names, the newest first.

Words are words, no patterns. Only the selected identity's mail is searched.
"""

from __future__ import annotations

from ravi.cli.message import view
from ravi.cli.message.email import limit_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi inbox search invoice march",
    "ravi inbox search order --from shop.example --limit 5",
)


def configure(parser: VerbParser) -> None:
    """The words, and what to leave out."""
    parser.add_argument("words", nargs="+", help="one or more words, all of which a message must hold")
    parser.add_argument("--from", dest="sender", metavar="address | domain", help="only messages from there")
    parser.add_argument("--limit", metavar="number", help="at most so many")


def run(args: Namespace, io: Io) -> int:
    """Print a list of messages."""
    limit = limit_of(args.limit)
    with io.client(need_identity=True) as ravi:
        found = ravi.mail.messages(query=" ".join(args.words), sender=args.sender, limit=limit)
    io.out.document(found, lambda layout, rows: view.table(layout, rows, empty="nothing was found"))
    return 0
