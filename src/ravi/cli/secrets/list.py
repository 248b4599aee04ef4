"""List the names of the identity's secrets. Values are not fetched, so no key is needed and nothing is read."""

from __future__ import annotations

from ravi.cli.secrets import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi secrets list", "ravi secrets list --json | jq -r '.[].key'")


def run(args: None, io: Io) -> int:
    """Print a list of secrets without values and notes, by name."""
    with io.client(need_identity=True) as ravi:
        found = [view.listed(secret) for secret in ravi.secrets.list()]
    io.out.document(found, view.table)
    return 0
