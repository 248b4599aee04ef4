"""List seeds of one-time codes by name. Reads none of them, and needs no key."""

from __future__ import annotations

from ravi.cli.totp import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi totp list", "ravi totp list --json | jq -r '.[].name'")


def run(args: None, io: Io) -> int:
    """Print a list of {"uuid", "name", "created_dt", "updated_dt"}."""
    with io.client(need_identity=True) as ravi:
        found = ravi.totp.list()
    rows = [
        {
            "uuid": row["uuid"],
            "name": row["service_name"],
            "created_dt": row["created_dt"],
            "updated_dt": row["updated_dt"],
        }
        for row in found
    ]
    io.out.document(rows, view.table)
    return 0
