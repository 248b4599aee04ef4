"""Have events posted to a URL as they happen, signed, and print the signing secret, this once.

The events are those of the selected identity, of every type unless --type names some; with --account those of every
identity and of the account itself. The server posts to hosts on the public internet only, unless its operator has
allowed others, and never follows a redirect.
"""

from __future__ import annotations

from ravi.cli.webhooks import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi webhooks add https://example.com/hook --type email.message.received",
    "ravi webhooks add https://example.com/hook --account --json | jq -r .signing_secret",
)


def configure(parser: VerbParser) -> None:
    """Where to, and what."""
    parser.add_argument("url", help="where events are posted to, https:// or http://")
    parser.add_argument("--type", metavar="types", help="only these, separated by commas")
    parser.add_argument("--account", action="store_true", help="of the whole account, not of one identity")


def run(args: Namespace, io: Io) -> int:
    """Print the webhook with its secret."""
    types = [name.strip() for name in args.type.split(",") if name.strip()] if args.type else None
    with io.client(need_identity=False) as ravi:
        hook = ravi.webhooks.create(args.url, types=types, whole_account=args.account)
    io.out.document(hook, view.facts)
    io.out.hint("keep the signing secret somewhere safe now; it is not shown again")
    return 0
