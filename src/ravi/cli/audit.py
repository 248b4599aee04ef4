"""Show who did what: the last entries of the account's audit log, newest last.

With --identity those about one identity; a uuid also works for one that is gone. --since and --until take a time such
as 2026-01-31T12:00:00Z, or how long ago, such as 2h or 7d. With --after the first entries behind that number come
instead of the last ones, to read everything in parts. --head prints only where the log ends: noted elsewhere, it
shows later that nothing before it was changed. Values, bodies and subjects are never in the log. Only the account's
own credentials read it.
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
    from ravi.wire.audit import AuditEntry, AuditHead

EXAMPLES = (
    "ravi audit --since 1d",
    "ravi audit --identity research-agent --limit 20",
    "ravi audit --json | jq -r '.[] | select(.result != \"ok\") | .action'",
    "ravi audit --head",
)

_HEADERS = ("seq", "when", "by", "action", "identity", "about", "from", "result")


def configure(parser: VerbParser) -> None:
    """Which entries."""
    parser.add_argument("--since", metavar="when", help="from then on: a time, or how long ago")
    parser.add_argument("--until", metavar="when", help="before then: a time, or how long ago")
    parser.add_argument("--limit", metavar="number", type=int, help="at most so many; 100, and no more than 1000")
    parser.add_argument("--after", metavar="seq", type=int, help="the first ones behind the entry with this number")
    parser.add_argument("--head", action="store_true", help="only the number and the hash of the last entry")


def run(args: Namespace, io: Io) -> int:
    """Print a list of entries; with --head where the log ends."""
    if args.head:
        if any(value is not None for value in (args.since, args.until, args.limit, args.after, io.options.identity)):
            raise UsageError("--head is about the whole log, so nothing goes with it")
        with io.client(need_identity=False) as ravi:
            io.out.document(ravi.audit.head(), _end)
        return 0
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit is less than one")
    since, until = _time(args.since, "--since"), _time(args.until, "--until")
    with io.client(need_identity=False) as ravi:
        found = ravi.audit.list(
            identity=io.options.identity, since=since, until=until, limit=args.limit, after=args.after
        )
    io.out.document(found, _table)
    return 0


def _time(text: str | None, flag: str) -> str | None:
    """*text* as RFC 3339: itself, or so long ago. Raises UsageError."""
    if text is None:
        return None
    from datetime import UTC, datetime, timedelta

    from ravi.cli.values import duration
    from ravi.settings.rfc3339 import find_epoch

    if find_epoch(text) is not None:
        return text
    ago = duration(text, flag)
    assert ago is not None  # there is a text
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _end(layout: Layout, head: AuditHead) -> str:
    return layout.facts([("seq", head["seq"]), ("hash", head["hash"])])


def _table(layout: Layout, entries: Sequence[AuditEntry]) -> str:
    rows = [
        (
            entry["seq"],
            moment(entry["created_dt"]),
            " ".join((entry["by"]["kind"], (entry["by"]["credential"] or "")[:8])).strip(),
            entry["action"],
            entry["identity"],
            _about(entry),
            entry["peer"],
            entry["result"],
        )
        for entry in entries
    ]
    return layout.table(_HEADERS, rows, empty="no such entries")


def _about(entry: AuditEntry) -> str:
    target = entry["target"]
    names = target.get("names")
    if isinstance(names, list):
        return ", ".join(map(str, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    known = ("name", "label", "route", "hostname", "key_uuid", "webhook_uuid", "uuid", "message_id")
    about = next((str(target[name]) for name in known if target.get(name)), "")
    return f"{about} ({target['times']} times)" if "times" in target else about
