"""How seeds of one-time codes look to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.layout import Layout


def table(layout: Layout, entries: Sequence[Mapping[str, Any]]) -> str:
    """One row a seed."""
    rows = [(e["name"], moment(e["updated_dt"]), e["uuid"]) for e in entries]
    return layout.table(("name", "changed", "uuid"), rows, empty="no seeds; store one with: ravi totp add NAME --stdin")


def facts(layout: Layout, entry: Mapping[str, Any]) -> str:
    """What codes one seed makes. The seed itself is never shown."""
    return layout.facts(
        [
            ("name", entry["name"]),
            ("username", entry["username"]),
            ("codes", f"{entry['digits']} digits, every {entry['period']} s, {entry['algorithm']}"),
            ("uuid", entry["uuid"]),
        ]
    )
