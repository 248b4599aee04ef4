"""Set every secret in a file, in one request: all of them or none.

Reads what `ravi secrets export` writes as dotenv or json, and ordinary .env files: comments, `export`, quotes, values
of several lines. Variables are not expanded, and a line that python-dotenv and npm dotenv would read differently is
an error, as is a name that comes twice; --reader says whose reading is meant. JSON is one object of texts by name.
Secrets that exist are replaced, their notes stay.
"""

from __future__ import annotations

from ravi.cli.secrets import reading
from ravi.errors import ConfigInvalid, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi secrets import .env",
    "ravi secrets export --json | ravi secrets import - --format json --identity other-agent",
)

_MOST_BYTES = 8 * 1024 * 1024


def configure(parser: VerbParser) -> None:
    """Which file, and how to read it."""
    parser.add_argument("path", metavar="file | -", help="the file; - reads standard input")
    parser.add_argument(
        "--format", choices=("dotenv", "json"), help="how it is written (default: json for *.json, else dotenv)"
    )
    parser.add_argument("--reader", choices=("npm", "python"), help="read a .env file as this library does")


def run(args: Namespace, io: Io) -> int:
    """Print {"imported": [names]}. Raises ConfigInvalid with file and line, never with what stands there."""
    form = args.format or ("json" if args.path.endswith(".json") else "dotenv")
    if args.reader and form != "dotenv":
        raise UsageError("--reader is about .env files")
    text = reading.decode(reading.read(args.path, _MOST_BYTES, io), args.path)
    place = reading.place(args.path)
    values = _from_json(text, place) if form == "json" else _from_dotenv(text, place, args.reader)
    with io.client(need_identity=True) as ravi:
        names = list(ravi.secrets.set_many(values))
    io.out.document(
        {"imported": names},
        lambda layout, it: layout.value(f"imported {len(it['imported'])}: {', '.join(it['imported'])}".rstrip(": ")),
    )
    return 0


def _from_dotenv(text: str, place: str, reader: str | None) -> dict[str, str]:
    from ravi.cli.secrets import dotenv_reading

    try:
        statements = dotenv_reading.read(text, reader)
    except dotenv_reading.Unreadable as fault:
        raise ConfigInvalid(f"{place}, {fault}", hint=fault.hint) from None
    return _checked((f"{place}, line {line}", name, value) for line, name, value in statements)


def _from_json(text: str, place: str) -> dict[str, str]:
    import json

    try:
        # Pairs, because a dictionary would hide a name that comes twice; a tuple, to know an object from a list.
        content = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=tuple)
    except json.JSONDecodeError as fault:
        raise ConfigInvalid(f"{place}, line {fault.lineno}: this is not JSON") from None
    except (ValueError, RecursionError):
        raise ConfigInvalid(f"{place}: this is not JSON that can be read") from None
    if not isinstance(content, tuple):
        raise ConfigInvalid(f"{place}: this is not one JSON object of texts by name")
    return _checked((f"{place}, entry {number}", name, value) for number, (name, value) in enumerate(content, 1))


def _checked(found: Iterable[tuple[str, str, Any]]) -> dict[str, str]:
    """Values by name, from triples of place, name and value. Raises ConfigInvalid for the first that cannot be."""
    from ravi.client.secret_keys import normalise
    from ravi.client.texts import check_text

    values: dict[str, str] = {}
    for where, name, value in found:
        try:
            key = normalise(name)
            if not isinstance(value, str):
                raise UsageError(f"the value of {key} is not a text", hint="put it into quotes")
            check_text(f"value of {key}", value)
        except UsageError as fault:
            raise ConfigInvalid(f"{where}: {fault.message}", hint=fault.hint) from None
        if key in values:
            raise ConfigInvalid(f"{where}: {key} is set a second time", hint="keep the one that is meant")
        values[key] = value
    return values
