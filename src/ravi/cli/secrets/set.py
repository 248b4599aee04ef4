"""Set a secret, new or not: a value under a name, sealed before it leaves this machine.

The value is given once: as KEY VALUE, as KEY=VALUE, on standard input, or in a file. On the command line other
programs can see it, and the shell may remember it. With --stdin one line break at the end is taken off, because
`echo` adds one; --exact keeps it. A file is kept byte for byte. At a terminal --stdin asks for one line and does not
show it. Values are text in UTF-8, up to 64 KiB; an empty one is set with KEY= or KEY "", and one that begins with -
follows a --. Prints the entry without the value.
"""

from __future__ import annotations

import sys

from ravi.cli import terminal
from ravi.cli.secrets import reading, view
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    'printf %s "$token" | ravi secrets set API_TOKEN --stdin',
    "ravi secrets set TLS_KEY --file key.pem --notes 'expires in May'",
    "ravi secrets set LOG_LEVEL=debug",
)

#: A word too many may be a part of the value, which no message repeats.
WORDS_ARE_SECRET = True


def configure(parser: VerbParser) -> None:
    """What to set, and where the value comes from."""
    parser.add_argument("key", metavar="key | key=value", help="the name, with or without the value")
    parser.add_argument("value", nargs="?", help="the value; others can see it")
    parser.add_argument("--stdin", action="store_true", help="read the value from standard input")
    parser.add_argument("--exact", action="store_true", help="with --stdin: keep a line break at the end")
    parser.add_argument("--file", metavar="path", help="read the value from this file, byte for byte")
    parser.add_argument("--notes", metavar="text", help="set the notes too, sealed like the value")


def run(args: Namespace, io: Io) -> int:
    """Print the secret without its value."""
    key, value = _key_and_value(args, io)
    with io.client(need_identity=True) as ravi:
        made = ravi.secrets.set(key, value, notes=args.notes)
    io.out.document(view.written(made), lambda layout, it: layout.value(f"set {it['key']}"))
    if not args.stdin and args.file is None and terminal.is_terminal(sys.stderr):
        io.out.hint(f"other programs can see a command line; next time: ravi secrets set {made['key']} --stdin")
    return 0


def _key_and_value(args: Namespace, io: Io) -> tuple[str, str]:
    """The name and its value, from the one place that was named. Raises UsageError, without the value."""
    from ravi.client.secret_keys import normalise
    from ravi.client.texts import MAX_TEXT_BYTES

    key, equals, value = args.key.partition("=")
    sources = (bool(equals), args.value is not None, args.stdin, args.file is not None)
    if sum(sources) != 1:
        what = "the value is given more than once" if any(sources) else "no value is given"
        raise UsageError(what, hint="give it as KEY VALUE or KEY=VALUE, or with --stdin or --file")
    if args.exact and not args.stdin:
        raise UsageError("--exact goes with --stdin; a file is kept as it is anyway")
    key = normalise(key)  # before anything is read
    if args.value is not None:
        value = args.value
    elif args.stdin and terminal.can_ask():
        from ravi.cli.vault.pins import ask_hidden

        value = ask_hidden(f"value of {key}: ")
    elif args.stdin:
        text = reading.decode(reading.read("-", MAX_TEXT_BYTES + 1, io), "-")
        value = text if args.exact else text.removesuffix("\n")
    elif args.file is not None:
        value = reading.decode(reading.read(args.file, MAX_TEXT_BYTES, io), args.file)
    return key, value
