"""Show one contact."""

from __future__ import annotations

from ravi.cli.contacts import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi contacts get ada@example.org", "ravi contacts get 3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01")


def configure(parser: VerbParser) -> None:
    """Whom."""
    parser.add_argument("ref", metavar="uuid | address | number", help="the contact")


def run(args: Namespace, io: Io) -> int:
    """Print the contact. Raises NotFound."""
    with io.client(need_identity=True) as ravi:
        found = ravi.contacts.get(args.ref)
    io.out.document(found, view.facts)
    return 0
