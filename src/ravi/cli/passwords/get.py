"""Read one sign-in, its password included. Every reading is recorded in the event log.

A site is found by its registrable domain, whatever host or URL of it is given. When several sign-ins are stored
for it, their uuids and usernames are named and no password is printed: choose one by its uuid.
"""

from __future__ import annotations

from ravi.cli.passwords import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi passwords get example.com --json | jq -r .password",
    "ravi passwords get https://mail.example.com/inbox",
)


def configure(parser: VerbParser) -> None:
    """Which sign-in."""
    parser.add_argument("ref", metavar="uuid | domain", help="the sign-in: its uuid, or its site")


def run(args: Namespace, io: Io) -> int:
    """Print the entry, readable."""
    with io.client(need_identity=True) as ravi:
        entry = ravi.passwords.get(args.ref)
    view.warn_of_unsealed_site(io, entry)
    io.out.document(entry, view.facts)
    return 0
