"""Change a sign-in: what is not named stays. The former version is kept; see `ravi passwords history`.

When somebody else changes the same field at the same moment, theirs stands and this command ends with exit 5.
"""

from __future__ import annotations

from ravi.cli.passwords import new_password, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi passwords update example.com --generate --json | jq -r .password",
    "ravi passwords edit example.com --password-stdin < password.txt",
    "ravi passwords update example.com --username ada --notes 'second account'",
)


def configure(parser: VerbParser) -> None:
    """Which sign-in, and what to change."""
    parser.add_argument("ref", metavar="uuid | domain", help="the sign-in: its uuid, or its site")
    parser.add_argument("--domain", metavar="domain", help="move it to this site: a domain, host or URL")
    parser.add_argument("--username", metavar="text", help="who signs in there")
    new_password.configure(parser, "replace the password by a generated one")
    parser.add_argument("--notes", metavar="text", help="replace the notes")


def run(args: Namespace, io: Io) -> int:
    """Print the entry as it is now, readable."""
    password = new_password.read(args, default=False)
    with io.client(need_identity=True) as ravi:
        entry = ravi.passwords.update(
            args.ref, domain=args.domain, username=args.username, password=password, notes=args.notes
        )
    view.warn_of_unsealed_site(io, entry)
    io.out.document(entry, view.facts)
    return 0
