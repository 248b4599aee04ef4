"""Pass a message on to somebody else, with its attachments.

What you say about it, if anything, stands above it. The subject gets "Fwd:" in front. Prints the message as it was
stored.
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
    "ravi email forward 17 --to ada@example.org",
    "ravi email forward 17 --to ada@example.org --body 'Is this ours?'",
)


def configure(parser: VerbParser) -> None:
    """What is passed on, and to whom."""
    parser.add_argument("ref", metavar="id", help="the message: its number, uuid or Message-ID")
    parser.add_argument("--to", metavar="addresses", required=True, help="who gets it; commas between several")
    parser.add_argument("--subject", metavar="text", help="another subject")
    texts.configure(parser)


def run(args: Namespace, io: Io) -> int:
    """Print the message that was sent. Raises NotFound, NoRelay, Invalid and RateLimited."""
    words = texts.read_words(args, io, required=False)
    rest = texts.read_rest(args)
    with io.client(need_identity=True) as ravi:
        sent = ravi.mail.forward(args.ref, args.to, subject=args.subject, **words, **rest)
    io.out.document(sent, view.sent)
    return 0
