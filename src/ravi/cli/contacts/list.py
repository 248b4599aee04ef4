"""List whom the identity knows, oldest first. Exchanging a message makes a contact by itself."""

from __future__ import annotations

from ravi.cli.contacts import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi contacts list", "ravi contacts list --json | jq -r '.[] | select(.is_trusted).email'")


def run(args: None, io: Io) -> int:
    """Print a list of contacts."""
    with io.client(need_identity=True) as ravi:
        found = ravi.contacts.list()
    io.out.document(found, view.table)
    return 0
