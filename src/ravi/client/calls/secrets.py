"""Calls on secrets. Values and notes are sealed before they come here."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.wire.vault import Secret, SecretItem

_SECRET = ("uuid", "identity_uuid", "key", "value", "notes")


def list_(*, keys: Sequence[str] | None = None, values: bool = True) -> Call[list[Secret]]:
    """All secrets, or those of these *keys*; without *values* their fields are empty."""
    query = {"key": list(keys) if keys else None, "values": None if values else "false"}
    return Call("GET", paths.SECRETS, query, keys=_SECRET, texts=_SECRET, many=True)


def put(key: str, value: str, *, notes: str | None, sealed_for: str) -> Call[Secret]:
    """Set a secret, new or not: one atomic request, harmless to repeat."""
    body = given(value=value, notes=notes, sealed_for=sealed_for)
    return Call("PUT", f"{paths.SECRETS}{key}/", body=body, keys=_SECRET, texts=_SECRET)


def put_many(secrets: Sequence[SecretItem], *, sealed_for: str) -> Call[list[Secret]]:
    """Set many secrets: all or none."""
    body = {"secrets": list(secrets), "sealed_for": sealed_for}
    return Call("PUT", paths.SECRETS, body=body, keys=_SECRET, texts=_SECRET, many=True)


def delete(ref: str) -> Call[None]:
    """Delete the secret with this key or uuid."""
    return Call("DELETE", f"{paths.SECRETS}{ref}/")
