"""List sign-ins for sites, without passwords and notes. Where the vault is locked, usernames stay hidden."""

from __future__ import annotations

from ravi.cli.passwords import view
from ravi.errors import VaultLocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi passwords list", "ravi passwords list --json | jq -r '.[].domain'")

_SHOWN = ("uuid", "domain", "username", "created_dt", "updated_dt")


def run(args: None, io: Io) -> int:
    """Print a list of {"uuid", "domain", "username", "created_dt", "updated_dt"}."""
    locked = None
    with io.client(need_identity=True) as ravi:
        try:
            found = ravi.passwords.list()
        except VaultLocked as problem:
            locked = problem
            found = ravi.passwords.list(usernames=False)
    rows = [{name: row.get(name) for name in _SHOWN} for row in found]
    if locked is not None:
        rows = [{**row, "username": None} for row in rows]
        io.out.warn(f"usernames are not shown: {locked.message}", locked.hint)
    io.out.document(rows, view.table)
    return 0
