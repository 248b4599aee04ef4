"""Mark messages as read. With several a list is printed, and a failure does not stop the rest.

Mail and texts (SMS) are numbered each for themselves: a number means mail, with --sms a text. A uuid finds either.
"""

from __future__ import annotations

from ravi.cli.message import marking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi message read 17", "ravi message read 17 18 19", "ravi message read --sms 4")


def configure(parser: VerbParser) -> None:
    """Which messages."""
    marking.configure(parser)


def run(args: Namespace, io: Io) -> int:
    """Print the message, or a list when several were named."""
    return marking.mark(args, io, is_read=True)
