"""List what happened to the selected identity, oldest first, or with --follow show it as it happens.

--follow prints one event a line, as JSON or for people, until Ctrl-C. A lost connection is made again and goes on
behind the last event: none is lost and none comes twice. It begins now, or behind --since. With --account events are
those of every identity in reach, and of the account itself. Without --follow at most 100 are listed.
"""

from __future__ import annotations

from ravi.cli.layout import moment
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.client.session import Client
    from ravi.errors import RaviError
    from ravi.wire.events import Event

EXAMPLES = (
    "ravi events --type email.message.received",
    "ravi events --follow --type email.message.received,email.message.sent",
    "ravi events --follow --since 0 --limit 1 --json | jq -r .type",
)


def configure(parser: VerbParser) -> None:
    """Which events, and whether to stay."""
    parser.add_argument("--follow", action="store_true", help="stay, and print events as they happen")
    parser.add_argument("--type", metavar="types", help="only these, separated by commas")
    parser.add_argument("--since", metavar="seq", type=int, help="only those behind the event with this number")
    parser.add_argument("--limit", metavar="number", type=int, help="at most so many; with --follow, end after so many")
    parser.add_argument("--account", action="store_true", help="of the whole account, not of one identity")


def run(args: Namespace, io: Io) -> int:
    """Print a list of events; with --follow one event a line, for ever."""
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit is less than one")
    types = [name.strip() for name in args.type.split(",") if name.strip()] if args.type else None
    with io.client(need_identity=False) as ravi:
        if args.follow:
            return _follow(io, ravi, args, types)
        found = ravi.events.list(since=args.since, limit=args.limit, types=types, whole_account=args.account)
    io.out.document(found, _table)
    return 0


def _follow(io: Io, ravi: Client, args: Namespace, types: list[str] | None) -> int:
    import json

    from ravi.cli.layout import Layout

    layout = Layout(colour=False, width=None)

    def notice(problem: RaviError) -> None:
        io.out.note(f"{problem.message}; trying again")

    events = ravi.stream(since=args.since, types=types, whole_account=args.account, notice=notice)
    for count, event in enumerate(events, 1):
        io.out.exact((json.dumps(event) if io.out.json else _line(layout, event)) + "\n")
        if count == args.limit:
            break
    return 0


def _line(layout: Layout, event: Event) -> str:
    told = event["data"]
    about = told.get("subject") or told.get("name") or told.get("key") or ""
    parts = (moment(event["created_dt"]) or "", str(event["seq"]), event["type"], str(about))
    return "  ".join(layout.value(part) for part in parts if part)


def _table(layout: Layout, events: Sequence[Event]) -> str:
    rows = [(moment(event["created_dt"]), event["seq"], event["type"], event["identity"]) for event in events]
    return layout.table(("when", "seq", "type", "identity"), rows, empty="nothing has happened")
