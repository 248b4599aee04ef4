"""Store a sign-in for a site. Without a password one is generated on this machine; it is printed with the entry.

The site is the registrable domain of what is given: https://mail.example.com/inbox is stored as example.com. The
username is the identity's address unless --username says otherwise. Several sign-ins for one site may stand beside
each other.
"""

from __future__ import annotations

from ravi.cli.passwords import new_password, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi passwords create example.com --json | jq -r .password",
    "ravi passwords create example.com --username ada --password-stdin < password.txt",
    "ravi passwords create example.com --length 24 --no-special",
)


def configure(parser: VerbParser) -> None:
    """The site, and what is stored for it."""
    parser.add_argument("domain", help="the site: a domain, host or URL")
    parser.add_argument("--username", metavar="text", help="who signs in there (default: the identity's address)")
    new_password.configure(parser, "generate the password, as without any of these")
    parser.add_argument("--notes", metavar="text", default="", help="anything worth keeping; sealed like the password")


def run(args: Namespace, io: Io) -> int:
    """Print the entry, readable."""
    password = new_password.read(args, default=True)
    with io.client(need_identity=True) as ravi:
        made = ravi.passwords.create(args.domain, username=args.username, password=password, notes=args.notes)
    io.out.document(made, view.facts)
    if args.username is None and not made["username"]:
        io.out.warn(
            "this identity has no address, so the username is empty",
            f"set one with: ravi passwords update {made['uuid']} --username <text>",
        )
    return 0
