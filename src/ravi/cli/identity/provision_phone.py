"""Give an identity that has no phone number one."""

from __future__ import annotations

from ravi.cli.identity import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity provision-phone research-agent",)


def configure(parser: VerbParser) -> None:
    """Which identity, and where the number shall be from."""
    parser.add_argument("ref", metavar="name | uuid", help="the identity")
    parser.add_argument(
        "--country", "--country-code", metavar="code", help="two letters, where the carrier has a choice"
    )


def run(args: Namespace, io: Io) -> int:
    """Print the identity with its number. Raises PhoneExists when it has one."""
    with io.client(need_identity=False) as ravi:
        made = ravi.identities.provision_phone(args.ref, country_code=args.country)
    io.out.document(made, view.facts)
    return 0
