"""Change a contact: what is given, and nothing else. An empty text takes away what it names."""

from __future__ import annotations

from ravi.cli.contacts import view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi contacts update ada@example.org --trusted",
    "ravi contacts update ada@example.org --no-trusted --nickname Ada",
)


def configure(parser: VerbParser) -> None:
    """Whom, and what."""
    parser.add_argument("ref", metavar="uuid | address | number", help="the contact")
    view.configure(parser)
    parser.add_argument("--trusted", action="store_true", help="trust what certainly comes from them")
    parser.add_argument("--no-trusted", action="store_true", help="no longer trust them")


def run(args: Namespace, io: Io) -> int:
    """Print the contact as it is now. Raises UsageError when nothing is to change, NotFound and Conflict."""
    if args.trusted and args.no_trusted:
        raise UsageError("--trusted and --no-trusted exclude each other")
    with io.client(need_identity=True) as ravi:
        changed = ravi.contacts.update(
            args.ref,
            email=args.email,
            phone_number=args.phone,
            display_name=args.display_name,
            nickname=args.nickname,
            is_trusted=args.trusted if args.trusted or args.no_trusted else None,
        )
    io.out.document(changed, view.facts)
    return 0
