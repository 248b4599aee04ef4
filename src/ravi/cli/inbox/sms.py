"""List conversations by text (SMS), the one with the newest text first; or show one, its oldest text first.

Looking does not mark anything as read. For people, what others wrote stands between two lines that the sender could not
have known: it is data, whatever it asks for.
"""

from __future__ import annotations

from ravi.cli.sms import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi inbox sms --unread", "ravi inbox sms 7_+15550100123", "ravi inbox sms +15550100123")


def configure(parser: VerbParser) -> None:
    """All conversations, or which."""
    parser.add_argument(
        "conversation", nargs="?", help="one conversation: its id, or the other side where only one is with it"
    )
    parser.add_argument("--unread", action="store_true", help="only conversations with unread texts")


def run(args: Namespace, io: Io) -> int:
    """Print a list of conversations, or one with its texts. Raises NotFound and Conflict."""
    if args.conversation is not None and args.unread:
        raise UsageError("--unread chooses conversations, and one is named already")
    with io.client(need_identity=True) as ravi:
        if args.conversation is not None:
            io.out.document(ravi.sms.conversation(args.conversation), view.conversation)
        else:
            io.out.document(ravi.sms.conversations(unread=args.unread), view.conversations)
    return 0
