"""Delete secrets for good, by name or uuid. Works without the vault's key.

With several arguments a list is printed, and a failure does not stop the rest. Asks first only when a person is
there to ask: with human output on a terminal and without --yes.
"""

from __future__ import annotations

from ravi.cli import terminal
from ravi.cli.identity import several
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi secrets delete API_TOKEN", "ravi secrets delete DB_USER DB_PASSWORD --yes")


def configure(parser: VerbParser) -> None:
    """Which secrets, and whether to ask."""
    parser.add_argument("refs", metavar="key | uuid", nargs="+", help="one or more secrets")
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")


def run(args: Namespace, io: Io) -> int:
    """Print {"status": "deleted", "entry"}, or a list of such when several were named."""
    asks = not args.yes and not io.out.json and terminal.can_ask()
    if asks and not terminal.confirm(f"delete {', '.join(args.refs)}?"):
        raise RaviError("cancelled; nothing was deleted")
    with io.client(need_identity=True) as ravi:

        def delete(ref: str) -> dict[str, str]:
            ravi.secrets.delete(ref)
            return {"status": "deleted", "entry": ref}

        return several.each(io, args.refs, delete, _deleted)


def _deleted(layout: Layout, deleted: Sequence[dict[str, str]]) -> str:
    return "\n".join(layout.value(f"deleted {each['entry']}") for each in deleted) or "nothing was deleted"
