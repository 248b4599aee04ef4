"""Give the identity that this command acts as a number; it has none yet.

Where numbers cost money, each one does. An identity's own credential may do this too.
"""

from __future__ import annotations

from ravi.cli.identity import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi phone add", "ravi phone add --country DE --json | jq -r .phone")


def configure(parser: VerbParser) -> None:
    """Where the number shall be from."""
    parser.add_argument(
        "--country", "--country-code", metavar="code", help="two letters, where the carrier has a choice"
    )


def run(args: Namespace, io: Io) -> int:
    """Print the identity with its number. Raises PhoneExists, NumbersExhausted and ProviderFailed."""
    with io.client(need_identity=True) as ravi:
        made = ravi.identities.provision_phone(io.acting_as(ravi), country_code=args.country)
    io.out.document(made, view.facts)
    return 0
