"""Ask the server who is signed in.

Exits with 0 also when nobody is: the document says so in "authenticated". A server that cannot be reached is
an error; `ravi status` works without one.
"""

from __future__ import annotations

from ravi.cli import standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout

EXAMPLES = ("ravi auth status", "ravi auth status --json | jq -e .authenticated")

_SHOWN = (
    "authenticated",
    "email",
    "identity",
    "identity_uuid",
    "has_encryption",
    "vault",
    "server",
    "sources",
    "message",
)


def run(args: None, io: Io) -> int:
    """Print what is signed in, each value with its source."""
    with io.client(need_identity=True) as ravi:
        found = standing.local(ravi.settings)
        standing.ask(ravi, found)
    io.out.document({key: found[key] for key in _SHOWN if key in found}, _facts)
    return 0


def _facts(layout: Layout, found: dict[str, Any]) -> str:
    sources = found["sources"]
    return layout.facts(
        [
            ("signed in", found["authenticated"]),
            ("as", found["email"]),
            ("credential", sources["credential"] and f"from {sources['credential']}"),
            ("server", f"{found['server']} (from {sources['server']})"),
            ("identity", found["identity"] or found["identity_uuid"]),
            ("selected by", sources["identity"]),
            ("vault", found["vault"]),
            ("note", found.get("message")),
        ]
    )
