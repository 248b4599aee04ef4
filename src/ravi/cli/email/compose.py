"""Send a message from the identity's address.

Addresses on this server get it at once. Others get it through the relay that the operator has set; without one
nothing is sent. The text is plain or HTML, whichever it looks like; --html says so for certain. Prints the message as
it was stored.
"""

from __future__ import annotations

from ravi.cli.email import texts
from ravi.cli.message import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi email compose --to ada@example.org --subject Hello --body 'All is well.' --attach a.pdf",
    "ravi email compose --to ada@example.org,bob@example.org --subject Hello --body-file a.html",
)


def configure(parser: VerbParser) -> None:
    """To whom, and what."""
    parser.add_argument("--to", metavar="addresses", required=True, help="who gets it; commas between several")
    parser.add_argument("--subject", metavar="text", required=True, help="one line")
    texts.configure(parser)


def run(args: Namespace, io: Io) -> int:
    """Print the message. Raises NoRelay, Invalid and RateLimited."""
    words = texts.read_words(args, io, required=True)
    rest = texts.read_rest(args)
    with io.client(need_identity=True) as ravi:
        sent = ravi.mail.send(args.to, args.subject, **words, **rest)
    io.out.document(sent, view.sent)
    return 0
