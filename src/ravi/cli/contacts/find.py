"""Show the contact with exactly this address or number; with both, if both are given."""

from __future__ import annotations

from ravi.cli.contacts import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi contacts find --email ada@example.org", "ravi contacts find --phone +15550100123")


def configure(parser: VerbParser) -> None:
    """Whom."""
    parser.add_argument("--email", metavar="address", help="the address")
    parser.add_argument("--phone", metavar="number", help="the number with its country code: +15550100123")


def run(args: Namespace, io: Io) -> int:
    """Print the contact. Raises NotFound, and UsageError when nothing is given."""
    with io.client(need_identity=True) as ravi:
        found = ravi.contacts.find(email=args.email, phone_number=args.phone)
    io.out.document(found, view.facts)
    return 0
