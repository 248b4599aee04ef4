"""What the commands that send have in common: where text, copies and files come from."""

from __future__ import annotations

import os

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import TypedDict

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.client.files import File

    class Words(TypedDict):
        """The text of a message, as the library's methods take it."""

        text: str | None
        html: str | None
        content: str | None

    class Rest(TypedDict):
        """Who gets a copy, and what goes along."""

        cc: str
        bcc: str
        files: list[File]


#: In bytes. A server takes 8 MiB with everything around it, and escaping makes a text longer.
MOST_BYTES = 4 * 1024 * 1024


def configure(parser: VerbParser) -> None:
    """The flags that all of them have."""
    parser.add_argument("--body", metavar="text", help="the message; as HTML if it is written in tags")
    parser.add_argument("--body-file", metavar="path", help="read the message from a file; - is standard input")
    parser.add_argument("--html", metavar="html", help="the message as HTML; with a body, that is its plain text")
    parser.add_argument("--cc", metavar="addresses", default="", help="who gets a copy; commas between several")
    parser.add_argument("--bcc", metavar="addresses", default="", help="who gets a copy without the others knowing")
    parser.add_argument(
        "--attach", metavar="path", action="append", default=[], help="a file to send along; again, or commas, for more"
    )


def read_words(args: Namespace, io: Io, *, required: bool) -> Words:
    """The text that was given. Raises UsageError for a text too many, or none where one is *required*."""
    if args.body is not None and args.body_file is not None:
        raise UsageError("--body and --body-file exclude each other")
    body = args.body if args.body_file is None else _from_file(args.body_file, io)
    if body is None and args.html is None and required:
        raise UsageError("the message has no text", hint="give it with --body, --body-file or --html")
    if args.html is not None:
        return {"text": body, "html": args.html, "content": None}
    return {"text": None, "html": None, "content": body}


def read_rest(args: Namespace) -> Rest:
    """Copies and files. Raises UsageError for a file that cannot be read or is too large."""
    from ravi.client.files import File

    return {"cc": args.cc, "bcc": args.bcc, "files": [File.read(path) for path in paths(args.attach)]}


def paths(given: list[str]) -> list[str]:
    """Every path in *given*: one for each, or several with commas, unless that is what one file is called."""
    found = []
    for text in given:
        parts = [text] if os.path.lexists(text) else [part.strip() for part in text.split(",")]
        found += [part for part in parts if part]
    return found


def _from_file(path: str, io: Io) -> str:
    from ravi.cli.secrets import reading

    content = reading.read(path, MOST_BYTES, io)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise UsageError(
            f"{reading.place(path)} is not text in UTF-8 (byte {fault.start + 1})",
            hint="send it as a file with --attach",
        ) from None
