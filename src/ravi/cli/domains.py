"""List the mail domains that identities of this server can have addresses at."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.wire.identities import Domain

EXAMPLES = ("ravi domains",)


def run(args: None, io: Io) -> int:
    """Print a list of domains."""
    with io.client(need_identity=False) as ravi:
        io.out.document(ravi.own.domains(), _table)
    return 0


def _table(layout: Layout, domains: Sequence[Domain]) -> str:
    rows = [(d["domain"], d["is_verified"], "server" if d["is_platform"] else "own", d["uuid"]) for d in domains]
    return layout.table(("domain", "verified", "kind", "uuid"), rows, empty="this server has no mail domain")
