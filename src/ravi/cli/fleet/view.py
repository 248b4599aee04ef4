"""How fleets look, as documents and to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ravi.cli.layout import Layout
    from ravi.client.fleets.lowering import Lowered
    from ravi.client.fleets.standing import Standing
    from ravi.client.fleets.values import Fleet


def members(fleet: Fleet) -> list[dict[str, Any]]:
    """The document of `up`. Never a key."""
    return [
        {
            "fleet": fleet.name,
            "status": each.status,
            "name": each.name,
            "uuid": each.uuid,
            "email": each.email,
            "phone_number": each.phone_number,
            "workspace": each.path,
            "config_dir": each.config_dir,
            "branch": each.branch,
            "env_file": each.env_file,
            "notes": each.notes,
        }
        for each in fleet.members
    ]


def ended(lowered: Lowered) -> list[dict[str, Any]]:
    """The document of `down`."""
    return [
        {
            "name": each.identity["name"],
            "uuid": each.identity["uuid"],
            "email": each.identity["email"],
            "phone_number": each.identity["phone_number"],
            "workspace": each.path,
            "removed": each.removed,
            "receipt": each.receipt,
            "notes": each.notes,
        }
        for each in lowered.ended
    ]


def up_table(layout: Layout, rows: Sequence[dict[str, Any]]) -> str:
    """One row a member."""
    cells = [(each["name"], each["email"], each["phone_number"], each["status"], each["workspace"]) for each in rows]
    return layout.table(("name", "address", "number", "status", "workspace"), cells, empty="nobody")


def down_table(layout: Layout, rows: Sequence[dict[str, Any]]) -> str:
    """One row a member that is gone."""
    cells = [(each["name"], each["email"], each["workspace"], ", ".join(each["removed"]) or None) for each in rows]
    return layout.table(("ended", "address", "workspace", "removed"), cells, empty="there was nobody")


def exec_table(layout: Layout, rows: Sequence[dict[str, Any]]) -> str:
    """One row a program."""
    cells = [(each["name"], str(each["exit_status"]), each["workspace"]) for each in rows]
    return layout.table(("name", "exit status", "workspace"), cells, empty="nobody")


def standings(them: Sequence[Standing]) -> list[dict[str, Any]]:
    """The document of `status`."""
    return [
        {
            "name": each.identity["name"],
            "uuid": each.identity["uuid"],
            "email": each.identity["email"],
            "phone_number": each.identity["phone_number"],
            "status": each.identity["status"],
            "unread_mail": each.activity["unread_mail"],
            "unread_sms": each.activity["unread_sms"],
            "last_seen_dt": each.activity["last_seen_dt"],
            "waiting": each.activity["waiting"],
            "workspace": each.path,
            "place": each.place,
            "expires_dt": each.identity["expires_dt"],
        }
        for each in them
    ]


def status_table(layout: Layout, rows: Sequence[dict[str, Any]]) -> str:
    """One row a member."""
    cells = [
        (
            each["name"],
            each["email"],
            each["phone_number"],
            str(each["unread_mail"] + each["unread_sms"]),
            moment(each["last_seen_dt"]),
            ", ".join(map(_awaited, each["waiting"])) or None,
            each["status"] if each["status"] != "active" else each["place"],
        )
        for each in rows
    ]
    headers = ("name", "address", "number", "unread", "last seen", "waits for", "place")
    return layout.table(headers, cells, empty="no such fleet; raise one with: ravi fleet up <n | dir...>")


def _awaited(wait: dict[str, Any]) -> str:
    sender = f" from {wait['sender']}" if wait["sender"] else ""
    return ("code" if wait["want"] == "otp" else str(wait["want"])) + sender
