"""Add a contact, by address, number or both.

Mail from a trusted contact is marked as such, if it is certain that it comes from there. Trust nobody whose mail you
would not act on.
"""

from __future__ import annotations

from ravi.cli.contacts import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi contacts create --email ada@example.org --display-name 'Ada Lovelace' --trusted",
    "ravi contacts create --phone +15550100123 --nickname plumber",
)


def configure(parser: VerbParser) -> None:
    """Whom."""
    view.configure(parser)
    parser.add_argument("--trusted", action="store_true", help="trust what certainly comes from them")


def run(args: Namespace, io: Io) -> int:
    """Print the contact. Raises UsageError without address and number, and Conflict when one is known already."""
    with io.client(need_identity=True) as ravi:
        made = ravi.contacts.create(
            email=args.email,
            phone_number=args.phone,
            display_name=args.display_name,
            nickname=args.nickname,
            is_trusted=args.trusted or None,
        )
    io.out.document(made, view.facts)
    return 0
