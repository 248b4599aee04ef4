"""Send a text (SMS) from the identity's number.

A number for fiction reaches the identities of this server and nobody else; one of a real carrier reaches the world. A
text has at most 1600 characters. Carriers count and charge segments: one is 160 characters of the GSM alphabet, or 70
as soon as there is one character beside it, such as an emoji. Line breaks at the end of a file are left out. Prints the
text as it was stored.
"""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi sms send --to +15550100123 --body 'On my way.'",
    "date | ravi sms send --to +15550100123 --body-file -",
)

#: In bytes: far more than a text may have, whose limit the server tells.
MOST_BYTES = 64 * 1024


def configure(parser: VerbParser) -> None:
    """To whom, and what."""
    parser.add_argument(
        "--to", metavar="number", required=True, help="who gets it: +15550100123 with country code, or a short code"
    )
    parser.add_argument("--body", metavar="text", help="the text")
    parser.add_argument("--body-file", metavar="path", help="read the text from a file; - is standard input")


def run(args: Namespace, io: Io) -> int:
    """Print the text. Raises NoPhone, NumberUnreachable, RecipientNotAllowed, Invalid and RateLimited."""
    from ravi.cli.sms import view

    body = _body(args, io)
    with io.client(need_identity=True) as ravi:
        sent = ravi.sms.send(args.to, body)
    io.out.document(sent, view.sent)
    return 0


def _body(args: Namespace, io: Io) -> str:
    """The text that was given. Raises UsageError for two, for none, and for one that is not in UTF-8."""
    if args.body is not None and args.body_file is not None:
        raise UsageError("--body and --body-file exclude each other")
    if args.body_file is None:
        if args.body is None:
            raise UsageError("there is nothing to send", hint="give the text with --body or --body-file")
        body: str = args.body
        try:
            body.encode("utf-8")
        except UnicodeEncodeError:  # a word of argv in some other encoding
            raise UsageError("the text is not in UTF-8") from None
        return body
    from ravi.cli.secrets import reading

    content = reading.read(args.body_file, MOST_BYTES, io)
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as fault:
        where = reading.place(args.body_file)
        raise UsageError(f"{where} is not text in UTF-8 (byte {fault.start + 1})") from None
