"""Answer the sender of a message and all its other recipients.

The answer belongs to the same conversation, quotes what it answers, and has its subject with "Re:" in front. Prints the
message as it was stored.
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
    "ravi email reply-all 17 --body 'Thank you.'",
    "ravi email reply-all '<4b1d@shop.example>' --body-file - < answer.txt",
)


def configure(parser: VerbParser) -> None:
    """What is answered, and how."""
    parser.add_argument("ref", metavar="id", help="the message: its number, uuid or Message-ID")
    parser.add_argument("--subject", metavar="text", help="another subject")
    texts.configure(parser)


def run(args: Namespace, io: Io) -> int:
    """Print the answer. Raises NotFound, NoRelay, Invalid and RateLimited."""
    words = texts.read_words(args, io, required=True)
    rest = texts.read_rest(args)
    with io.client(need_identity=True) as ravi:
        sent = ravi.mail.reply(args.ref, subject=args.subject, everybody=True, **words, **rest)
    io.out.document(sent, view.sent)
    return 0
