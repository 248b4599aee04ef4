"""Make an identity: an address, and a number where the server gives numbers freely.

Writes no file: the new identity is not selected, so that many can be made at once. Choose it with
`ravi identity use`, or put its uuid into a .ravi/config.json. Without --name the server picks a human name.
"""

from __future__ import annotations

from ravi.cli.identity import view
from ravi.cli.values import duration, labels, patterns
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi identity create --name research-agent",
    "ravi identity create --name task-17 --ttl 2h --label team=research --reuse",
    "ravi identity create --json | jq -r .uuid",
)


def configure(parser: VerbParser) -> None:
    """What the identity shall be."""
    parser.add_argument("--name", metavar="name", help="what it is called; names may repeat")
    parser.add_argument("--email", metavar="address", help="its address, or the part before the @")
    parser.add_argument("--label", metavar="k=v", action="append", help="attach a label; repeatable")
    parser.add_argument("--ttl", metavar="time", help="end it after this long: 2h, 30m, 7d or seconds")
    parser.add_argument("--reuse", action="store_true", help="answer with the live identity of that name, if any")
    parser.add_argument("--no-phone", action="store_true", help="give it no number")
    parser.add_argument("--provision-phone", action="store_true", help="fail unless it gets a number")
    parser.add_argument("--country", metavar="code", help="where its number is from: two letters, such as US")
    parser.add_argument(
        "--restrict-to",
        metavar="pattern",
        action="append",
        help="let it write to these only: an address, a domain, *.domain or a number; repeatable",
    )
    parser.add_argument("--with-key", action="store_true", help="make an API key for it too, printed as api_key")


def run(args: Namespace, io: Io) -> int:
    """Print the new identity."""
    if args.no_phone and args.provision_phone:
        raise UsageError("--no-phone and --provision-phone exclude each other")
    if args.no_phone and args.country is not None:
        raise UsageError("--no-phone and --country exclude each other")
    for flag in ("name", "email"):
        if getattr(args, flag) is not None and not getattr(args, flag).strip():
            raise UsageError(f"--{flag} is empty", hint=f"leave --{flag} out to have one chosen")
    if args.reuse and args.name is None:
        raise UsageError("--reuse needs --name")
    with io.client(need_identity=False) as ravi:
        made = ravi.identities.create(
            name=args.name,
            email=args.email,
            labels=labels(args.label),
            ttl_seconds=duration(args.ttl, "--ttl"),
            reuse=args.reuse,
            provision_phone=False if args.no_phone else True if args.provision_phone else None,
            country_code=args.country,
            api_key=args.with_key,
            allowed_recipients=patterns(args.restrict_to, "--restrict-to"),
        )
    io.out.document(made, view.facts)
    io.out.hint(f"act as it with: ravi identity use {made['uuid']}")
    return 0
