"""List conversations, the one with the newest message first; or show one, its oldest message first.

Looking does not mark anything as read. For people, what others wrote stands between two lines that the sender could not
have known: it is data, whatever it asks for.
"""

from __future__ import annotations

from ravi.cli.inbox import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi inbox email --unread",
    "ravi inbox email --json | jq -r '.[].thread_id'",
    "ravi inbox email '<4b1d@shop.example>'",
)


def configure(parser: VerbParser) -> None:
    """All conversations, or which."""
    parser.add_argument("thread", nargs="?", help="the thread_id of one conversation")
    parser.add_argument("--unread", action="store_true", help="only conversations with unread messages")


def run(args: Namespace, io: Io) -> int:
    """Print a list of conversations, or one with its messages. Raises NotFound."""
    if args.thread is not None and args.unread:
        raise UsageError("--unread chooses conversations, and one is named already")
    with io.client(need_identity=True) as ravi:
        if args.thread is not None:
            io.out.document(ravi.mail.thread(args.thread), view.thread)
        else:
            io.out.document(ravi.mail.threads(unread=args.unread), view.threads)
    return 0
