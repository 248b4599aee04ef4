"""How identities look to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.layout import Layout
    from ravi.wire.identities import Identity

_HEADERS = ("name", "address", "number", "status", "created", "uuid")


def table(layout: Layout, identities: Sequence[Identity]) -> str:
    """One row an identity."""
    rows = [(i["name"], i["inbox"], i["phone"], i["status"], moment(i["created_dt"]), i["uuid"]) for i in identities]
    return layout.table(_HEADERS, rows, empty="no identities; make one with: ravi identity create --name NAME")


def facts(layout: Layout, identity: Identity) -> str:
    """Everything about one identity."""
    workspace = identity["workspace"]
    return layout.facts(
        [
            ("name", identity["name"]),
            ("address", identity["inbox"]),
            ("number", identity["phone"]),
            ("status", identity["status"]),
            ("uuid", identity["uuid"]),
            ("labels", identity["labels"]),
            ("workspace", f"{workspace['host']}:{workspace['path']}" if workspace else None),
            ("created", moment(identity["created_dt"])),
            ("ends", moment(identity["expires_dt"])),
            ("may write to", _recipients(identity)),
            ("public key", identity.get("public_key")),
            ("key", identity.get("api_key")),
        ]
    )


def _recipients(identity: Identity) -> str | None:
    """Whom it may write to; None when there are no limits."""
    allowed = identity.get("allowed_recipients")
    return None if allowed is None else ", ".join(allowed) or "nobody"
