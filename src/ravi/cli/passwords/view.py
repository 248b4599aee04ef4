"""How sign-ins for sites look to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.wire.vault import Password, PasswordVersion


def table(layout: Layout, entries: Sequence[Mapping[str, Any]]) -> str:
    """One row a sign-in, without its password."""
    rows = [(e["domain"], e["username"], moment(e["updated_dt"]), e["uuid"]) for e in entries]
    headers = ("domain", "username", "changed", "uuid")
    return layout.table(headers, rows, empty="no sign-ins; store one with: ravi passwords create DOMAIN")


def facts(layout: Layout, entry: Password) -> str:
    """Everything about one sign-in, its password included."""
    return layout.facts(
        [
            ("domain", entry["domain"]),
            ("username", entry["username"]),
            ("password", entry["password"]),
            ("notes", entry["notes"]),
            ("changed", moment(entry["updated_dt"])),
            ("uuid", entry["uuid"]),
        ]
    )


def versions(layout: Layout, found: Sequence[PasswordVersion]) -> str:
    """One row a version, the newest first."""
    rows = [(moment(v["replaced_dt"]), v["username"], v["password"], v["notes"]) for v in found]
    return layout.table(("until", "username", "password", "notes"), rows, empty="it was never changed")


def warn_of_unsealed_site(io: Io, entry: Password) -> None:
    """Say so when nothing but the server's word binds *entry* to its site: clients before this one sealed none."""
    if not entry["site"]:
        io.out.warn(
            f"the site of this entry is not sealed: that it belongs to {entry['domain']} is the server's word alone",
            f"if it is right, seal it with: ravi passwords update {entry['uuid']} --domain {entry['domain']}",
        )
