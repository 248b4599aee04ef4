"""Calls on seeds of one-time codes. Seed and username are sealed before they come here."""

from __future__ import annotations

from ravi.client.calls import Call
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.vault import Totp, TotpCreate, TotpUpdate

_TOTP = ("uuid", "identity_uuid", "service_name", "username", "secret")


def list_(*, name: str | None = None, values: bool = True) -> Call[list[Totp]]:
    """All entries, or the one of this *name*; without *values* the sealed fields are empty."""
    query = {"name": name, "values": None if values else "false"}
    return Call("GET", paths.TOTP, query, keys=_TOTP, texts=_TOTP, many=True)


def get(uuid: str) -> Call[Totp]:
    """One entry."""
    return Call("GET", f"{paths.TOTP}{uuid}/", keys=_TOTP, texts=_TOTP)


def create(entry: TotpCreate) -> Call[Totp]:
    """A new entry under the uuid that its fields were sealed for."""
    return Call("POST", paths.TOTP, body=entry, keys=_TOTP, texts=_TOTP, idempotent=True)


def update(uuid: str, changes: TotpUpdate) -> Call[Totp]:
    """Change an entry."""
    return Call("PATCH", f"{paths.TOTP}{uuid}/", body=changes, keys=_TOTP, texts=_TOTP)


def delete(uuid: str) -> Call[None]:
    """Delete an entry."""
    return Call("DELETE", f"{paths.TOTP}{uuid}/")
