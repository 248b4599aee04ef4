"""Show who you are, why, and at which server: every value with the flag, variable or file it comes from.

Needs no server: without one it shows what is decided on this machine, and says so.
"""

from __future__ import annotations

from ravi.cli import standing
from ravi.errors import RequestFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout

EXAMPLES = ("ravi status", "ravi status --json | jq .sources")


def run(args: None, io: Io) -> int:
    """Print the state of things."""
    with io.client(need_identity=True) as ravi:
        settings = ravi.settings
        found = standing.local(settings)
        found["online"] = None
        try:
            standing.ask(ravi, found)
            found["online"] = True if settings.credential is not None else None
        except RequestFailed as failure:
            found["online"] = False
            found["message"] = f"only what this machine knows is shown: {failure.message}"
    found["config_dir"] = settings.config_dir
    if settings.identity is None and found["identity_uuid"] is None:
        found.setdefault("message", settings.no_identity)
    io.out.document(found, _facts)
    return 0


def _facts(layout: Layout, found: dict[str, Any]) -> str:
    sources = found["sources"]
    pairs = [
        ("identity", found["identity"]),
        ("uuid", found["identity_uuid"]),
        ("selected by", sources["identity"]),
        ("status", found.get("identity_status")),
        ("address", found.get("address")),
        ("number", found.get("number")),
        ("server", found["server"]),
        ("named by", sources["server"]),
        ("reachable", found["online"]),
        ("signed in as", found["email"]),
        ("credential", found.get("credential")),
        ("taken from", sources["credential"]),
        ("vault", found["vault"]),
        ("note", found.get("message")),
    ]
    return layout.facts(pairs)
