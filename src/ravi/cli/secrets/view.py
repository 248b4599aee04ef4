"""How secrets look, to programs and to people."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.layout import Layout
    from ravi.wire.vault import Secret

_LISTED = ("uuid", "key", "revision", "created_dt", "updated_dt")


def opened(secret: Secret) -> dict[str, Any]:
    """A secret with its value."""
    return {
        "uuid": secret["uuid"],
        "key": secret["key"],
        "value": secret["value"],
        "notes": secret["notes"],
        "revision": secret["revision"],
        "created_dt": secret["created_dt"],
        "updated_dt": secret["updated_dt"],
    }


def written(secret: Secret) -> dict[str, Any]:
    """A secret that was just set. Whoever set it knows the value; logs need not."""
    return {name: value for name, value in opened(secret).items() if name != "value"}


def listed(secret: Secret) -> dict[str, Any]:
    """What a list says of a secret, which was fetched without value and notes."""
    return {name: value for name, value in opened(secret).items() if name in _LISTED}


def table(layout: Layout, secrets: Sequence[Mapping[str, Any]]) -> str:
    """One row a secret, without values."""
    rows = [(s["key"], "[hidden]", moment(s["updated_dt"]), s["uuid"]) for s in secrets]
    empty = "no secrets; set one with: ravi secrets set KEY --stdin"
    return layout.table(("key", "value", "updated", "uuid"), rows, empty=empty)


def values(layout: Layout, secrets: Sequence[Mapping[str, Any]]) -> str:
    """One row a secret, with its value on one harmless line."""
    rows = [(s["key"], s["value"], s["notes"]) for s in secrets]
    return layout.table(("key", "value", "notes"), rows, empty="no secrets")
