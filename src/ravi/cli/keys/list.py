"""List API keys: all of the account, or with --identity those of one identity. Keys themselves are masked."""

from __future__ import annotations

from contextlib import suppress

from ravi.cli.keys import view
from ravi.errors import Forbidden

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.io import Io

EXAMPLES = ("ravi keys list", "ravi keys list --identity research-agent")


def run(args: None, io: Io) -> int:
    """Print a list of keys, each with its "kind": management or identity."""
    found: list[dict[str, Any]] = []
    with io.client(need_identity=False) as ravi:
        if io.options.identity is not None:
            mine = ravi.keys.list_identity(identity=io.options.identity)
        else:
            with suppress(Forbidden):  # an identity's credential sees its own keys and no others
                found += [{"kind": "management", **key} for key in ravi.keys.list_management()]
            mine = ravi.keys.list_identity()
        found += [{"kind": "identity", **key} for key in mine]
    io.out.document(found, view.table)
    return 0
