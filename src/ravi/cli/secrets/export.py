"""Print all secrets of the identity as text for another program, and nothing else.

By default as a .env file that python-dotenv, npm dotenv, sh and bash read alike, byte for byte; a value that they
would read differently is an error that names ways to write it, and then nothing is printed. --reader writes for one
of the two libraries alone. json and yaml hold everything; shell is for `.` and `eval`; docker is for --env-file.
--json means --format json. Without secrets the output is empty ({} in json and yaml), also when the vault is locked.
"""

from __future__ import annotations

from ravi.client.exports import formats as exports
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi secrets export > .env.local",
    "ravi secrets export --format shell > secrets.sh",
    "ravi secrets export --only DB_USER,DB_PASSWORD --format docker > db.env",
)


def configure(parser: VerbParser) -> None:
    """Which secrets, and for whom to write them."""
    parser.add_argument("--format", choices=exports.FORMATS, help="how to write them (default: dotenv)")
    parser.add_argument("--reader", choices=exports.LIBRARIES, help="write a .env file for this library alone")
    parser.add_argument("--only", metavar="key,key", action="append", help="only these names; repeatable")
    parser.add_argument("--prefix", metavar="text", help="only names that begin with this")


def run(args: Namespace, io: Io) -> int:
    """Print the text, whole or not at all. Raises ExportImpossible, or NotFound for a name in --only."""
    form = _format(args, io)
    only = _names(args.only)
    if only and args.prefix is not None:
        raise UsageError("--only and --prefix exclude each other")
    if args.prefix is not None and not args.prefix.strip():
        raise UsageError("--prefix is empty", hint="leave it out to export everything")
    with io.client(need_identity=True) as ravi:
        found = ravi.secrets.get_many(only) if only else ravi.secrets.all(prefix=args.prefix or "")
    values = {secret["key"]: secret["value"] for secret in found}
    if form == "json":
        io.out.write_json(values)
    else:
        io.out.exact(exports.write(values, form, args.reader))
    return 0


def _format(args: Namespace, io: Io) -> str:
    form = args.format
    if io.options.json:
        if form not in (None, "json"):
            raise UsageError(f"--json and --format {form} exclude each other")
        form = "json"
    if args.reader and form not in (None, "dotenv"):
        raise UsageError("--reader is about .env files", hint=f"leave it out: {form} has one way to be read")
    return form or "dotenv"


def _names(lists: list[str] | None) -> list[str]:
    """The names in --only. Raises UsageError when it was given and names nothing: not everything was meant."""
    if lists is None:
        return []
    names = [name for each in lists for name in each.split(",") if name.strip()]
    if not names:
        raise UsageError("--only names no secret")
    return names
