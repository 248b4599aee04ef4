"""How API keys look to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.layout import Layout

_HEADERS = ("label", "kind", "identity", "active", "last used", "ends", "uuid")


def table(layout: Layout, keys: Sequence[Mapping[str, Any]]) -> str:
    """One row a key."""
    rows = [
        (
            key["label"],
            key["kind"],
            key.get("identity_uuid"),
            key["is_active"],
            moment(key["last_used_at"]) or "never",
            moment(key["expires_at"]) or "never",
            key["uuid"],
        )
        for key in keys
    ]
    return layout.table(_HEADERS, rows, empty="no keys; make one with: ravi keys create")


def facts(layout: Layout, key: Mapping[str, Any]) -> str:
    """A new key, the only time that it is shown."""
    return layout.facts(
        [
            ("key", key["key"]),
            ("label", key["label"]),
            ("identity", key.get("identity_uuid")),
            ("ends", moment(key["expires_at"]) or "never"),
            ("uuid", key["uuid"]),
        ]
    )
