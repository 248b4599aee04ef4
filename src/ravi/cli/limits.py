"""Show what limits apply to the credential and to the selected identity, and how much of each is left.

Requests are counted for each credential and identity, so that none can slow the others down; mail and texts for the
account, and if the operator has said so for each identity. Who is over a limit gets exit code 9, and is told when to
try again.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.wire.limits import Limit, Limits

EXAMPLES = ("ravi limits", "ravi limits --json | jq '.limits[] | select(.left == 0)'")

_NAMES = {
    "requests": "requests",
    "requests_at_once": "requests at once",
    "held_requests": "waits and streams",
    "mail_per_hour": "mail in an hour",
    "mail_per_day": "mail in a day",
    "texts_per_hour": "texts in an hour",
    "texts_per_day": "texts in a day",
}


def run(args: None, io: Io) -> int:
    """Print the limits."""
    with io.client(need_identity=True) as ravi:
        found = ravi.own.limits()
    io.out.document(found, _table)
    return 0


def _table(layout: Layout, found: Limits) -> str:
    rows = [(_NAMES.get(each["name"], each["name"]), each["of"], *_amounts(each)) for each in found["limits"]]
    return layout.table(("what", "of the", "left", "most", "comes back"), rows, empty="there are no limits")


def _amounts(limit: Limit) -> tuple[str, str, str]:
    if limit["most"] is None:
        return "any", "no limit", ""
    back = ""
    if "per_second" in limit:
        back = f"{limit['per_second']} a second"
    elif limit.get("resets_in_seconds"):
        back = f"in {limit['resets_in_seconds']} s"
    return str(limit["left"]), str(limit["most"]), back
