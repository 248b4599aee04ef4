"""How workspaces look, as documents and to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ravi.cli.layout import Layout
    from ravi.client.workspaces.collecting import Orphan
    from ravi.client.workspaces.standing import Standing
    from ravi.client.workspaces.values import Bound, Released
    from ravi.wire.identities import Identity

_LABELS = {"email": "address", "phone_number": "number", "expires_dt": "ends", "identity_uuid": "uuid"}


def bound(it: Bound) -> dict[str, Any]:
    """The document of `ensure`."""
    return {
        "status": it.status,
        "workspace": it.path,
        "config_dir": it.config_dir,
        "identity_uuid": it.identity_uuid,
        "identity_name": it.identity_name,
        **_given(it.identity),
        "server": it.server,
        "opens_vault": it.opens_vault,
        "env_file": it.env_file,
        "notes": it.notes,
    }


def released(it: Released, status: str) -> dict[str, Any]:
    """The document of `release`."""
    return {
        "status": status,
        "workspace": it.path,
        "identity_uuid": it.identity_uuid,
        "receipt": it.receipt,
        "notes": it.notes,
    }


def standing(it: Standing) -> dict[str, Any]:
    """The document of `status`."""
    found = it.found
    return {
        "state": it.state,
        "healthy": it.healthy,
        "problem": None if it.healthy else it.problem,
        "workspace": found.workspace.path,
        "config_file": None if found.file is None else found.file.path,
        "identity_uuid": found.uuid,
        "identity_name": it.identity["name"] if it.identity else None,
        "identity_status": it.identity["status"] if it.identity else None,
        **_given(it.identity),
        "server": found.server,
        "bound_on": found.host,
        "is_this_host": it.is_this_host,
        "bound_in": found.path,
        "opens_vault": bool(found.file is not None and found.file.data.get("vault_key")),
        "env_file": found.env_file,
    }


def orphan(it: Orphan) -> dict[str, Any]:
    """One entry of the document of `gc`."""
    workspace = it.identity["workspace"]
    return {
        "uuid": it.identity["uuid"],
        "name": it.identity["name"],
        "email": it.identity["email"],
        "workspace": workspace["path"] if workspace else None,
        "host": workspace["host"] if workspace else None,
        "verdict": it.verdict,
        "why": it.why,
        "ended": it.receipt is not None,
    }


def facts(layout: Layout, document: dict[str, Any]) -> str:
    """What `ensure`, `release` or `status` has to say, one fact a line."""
    shown = {**document, "expires_dt": moment(document.get("expires_dt"))}
    return layout.facts(
        [
            (_LABELS.get(key, key.replace("_", " ")), value)
            for key, value in shown.items()
            if not isinstance(value, dict | list)
        ]
    )


def table(layout: Layout, orphans: Sequence[dict[str, Any]]) -> str:
    """One row an orphan."""
    rows = [(each["name"], each["verdict"], each["ended"], each["why"], each["uuid"]) for each in orphans]
    empty = "every workspace of this machine is where it was"
    return layout.table(("identity", "workspace", "ended", "because", "uuid"), rows, empty=empty)


def _given(identity: Identity | None) -> dict[str, Any]:
    known: dict[str, Any] = {} if identity is None else dict(identity)
    return {key: known.get(key) for key in ("email", "phone_number", "expires_dt")}
