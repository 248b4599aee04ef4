"""How webhooks look to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.layout import Layout


def table(layout: Layout, webhooks: Sequence[Mapping[str, Any]]) -> str:
    """One row a webhook."""
    rows = [
        (hook["id"], hook["url"], hook["enabled"], ", ".join(hook["event_types"]) or "all", hook.get("identity_uuid"))
        for hook in webhooks
    ]
    return layout.table(
        ("id", "url", "enabled", "types", "identity"), rows, empty="no webhooks; make one with: ravi webhooks add"
    )


def facts(layout: Layout, hook: Mapping[str, Any]) -> str:
    """A new webhook, the only time that its secret is shown."""
    return layout.facts(
        [
            ("id", hook["id"]),
            ("url", hook["url"]),
            ("types", ", ".join(hook["event_types"]) or "all"),
            ("identity", hook.get("identity_uuid")),
            ("signing secret", hook.get("signing_secret")),
        ]
    )


def deliveries(layout: Layout, rows: Sequence[Mapping[str, Any]]) -> str:
    """One row a delivery."""
    cells = [
        (
            moment(row["created_dt"]),
            row["id"],
            row["endpoint"],
            row["event_type"],
            row["status"],
            row["attempts"],
            row["response_status"],
            row["last_error"],
        )
        for row in rows
    ]
    headers = ("when", "id", "webhook", "type", "status", "tries", "answer", "error")
    return layout.table(headers, cells, empty="nothing was delivered")


def outcome(layout: Layout, row: Mapping[str, Any]) -> str:
    """How one delivery went."""
    return layout.facts(
        [
            ("status", row["status"]),
            ("answer", row["response_status"]),
            ("error", row["last_error"]),
            ("said", row["response_preview"]),
            ("delivery", row["id"]),
        ]
    )
