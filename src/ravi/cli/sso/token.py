"""Make a token that proves to a service which identity this is.

Show it to the service named with --audience within five minutes; nobody else accepts it. It opens nothing here. Only an
identity's own credential makes one: its key, not the owner's sign-in.
"""

from __future__ import annotations

from ravi.cli.layout import moment
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.sso import SsoToken

EXAMPLES = (
    "ravi sso token --audience https://service.example --single-use",
    "ravi sso token --audience https://service.example --plain",
)


def configure(parser: VerbParser) -> None:
    """For whom."""
    parser.add_argument("--audience", metavar="name", help="the service, by its URL or what it calls itself")
    parser.add_argument("--single-use", action="store_true", help="the token is accepted once")
    parser.add_argument(
        "--plain", action="store_true", help="print the token alone, also when stdout is not a terminal"
    )


def run(args: Namespace, io: Io) -> int:
    """Print {"token", "expires_at"}, or with --plain the token alone. Raises Forbidden."""
    if args.plain and io.options.json:
        raise UsageError("--plain and --json exclude each other")
    if args.audience == "":
        raise UsageError("--audience is empty", hint="--audience https://service.example")
    with io.client(need_identity=True) as ravi:
        made = ravi.sso.token(audience=args.audience, single_use=args.single_use)
    if args.plain:
        from ravi.cli.terminal import clean

        io.out.text(clean(made["token"]))
    else:
        io.out.document(made, _facts)
    if args.audience is None:
        io.out.warn(
            "this token names no audience, so whoever is shown it can show it to others and learns the owner's name",
            "name the service: ravi sso token --audience https://service.example",
        )
    return 0


def _facts(layout: Layout, made: SsoToken) -> str:
    return layout.facts([("token", made["token"]), ("good until", moment(made["expires_at"]))])
