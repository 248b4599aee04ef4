"""Store the seed of one-time codes, as a site shows it when the second factor is set up.

A site shows a QR code, which holds an otpauth:// URI, or the bare secret in base 32. Either goes to --stdin, where
no process list shows it: the first line counts. A URI says itself how codes are made; for a bare secret they have
6 digits, last 30 seconds and use SHA1, which nearly all sites mean, unless flags say otherwise.
"""

from __future__ import annotations

from ravi.cli.totp import view
from ravi.errors import EntryExists, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi totp add github --stdin < seed.txt",
    "ravi totp add github --uri 'otpauth://totp/GitHub:ada?secret=JBSWY3DPEHPK3PXP'",
    "ravi totp add github --stdin --replace < new-seed.txt",
)


def configure(parser: VerbParser) -> None:
    """The name, the seed, and how codes are made of it."""
    parser.add_argument("name", help="what to call it; unique within the identity")
    parser.add_argument("--stdin", action="store_true", help="read the secret or URI from stdin")
    parser.add_argument("--secret", metavar="text", help="the secret in base 32; others can see it in the process list")
    parser.add_argument("--uri", metavar="text", help="the otpauth:// URI; others can see it in the process list")
    parser.add_argument("--username", metavar="text", help="the account at the site (default: the one in the URI)")
    parser.add_argument("--digits", metavar="number", type=int, help="digits of a code: 6, 7 or 8 (default: 6)")
    parser.add_argument("--period", metavar="seconds", type=int, help="how long a code lasts (default: 30)")
    parser.add_argument("--algorithm", metavar="name", help="SHA1, SHA256 or SHA512 (default: SHA1)")
    parser.add_argument("--replace", action="store_true", help="replace the seed of that name, if there is one")


def run(args: Namespace, io: Io) -> int:
    """Print {"uuid", "name", "username", "algorithm", "digits", "period", "created_dt", "updated_dt"}."""
    secret = _secret(args)
    from ravi.crypto.totp import from_uri

    try:
        with io.client(need_identity=True) as ravi:
            entry = ravi.totp.add(
                args.name,
                secret,
                username=args.username,
                algorithm=args.algorithm,
                digits=args.digits,
                period=args.period,
                replace=args.replace,
            )
    except EntryExists as taken:
        taken.hint = "choose another name, or replace its seed with --replace"
        raise
    _, seed = from_uri(entry["secret"])
    document = {
        "uuid": entry["uuid"],
        "name": entry["service_name"],
        "username": entry["username"],
        "algorithm": seed.algorithm,
        "digits": seed.digits,
        "period": seed.period,
        "created_dt": entry["created_dt"],
        "updated_dt": entry["updated_dt"],
    }
    io.out.document(document, view.facts)
    io.out.hint(f"print a code with: ravi totp code {entry['uuid']}")
    return 0


def _secret(args: Namespace) -> str:
    """The secret or URI, from wherever it comes. Raises UsageError."""
    given = [flag for flag in ("stdin", "secret", "uri") if getattr(args, flag) not in (None, False)]
    if not given:
        raise UsageError("missing the seed", hint="give it with --stdin (or --uri, or --secret)")
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} exclude each other")
    if args.stdin:
        from ravi.cli import hidden_input

        lines = hidden_input.from_stdin("TOTP secret or URI").splitlines()
        return lines[0] if lines else ""
    if args.uri is not None and ":" not in args.uri:
        raise UsageError("--uri is not an otpauth:// URI", hint="a bare secret goes to --secret")
    secret: str = args.secret if args.uri is None else args.uri
    return secret
