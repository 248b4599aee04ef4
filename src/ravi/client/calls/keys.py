"""Calls on API keys. A whole key appears once, in the answer to its creation."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.auth import IdentityKey, ManagementKey


_KEY = ("uuid", "key", "label")


def list_management() -> Call[list[ManagementKey]]:
    return Call("GET", paths.KEYS_MANAGEMENT, keys=_KEY, many=True, account=True)


def list_identity(*, identity: str | None = None) -> Call[list[IdentityKey]]:
    """Identity keys in reach, or those of the identity with this uuid."""
    return Call("GET", paths.KEYS_IDENTITY, given(identity=identity), keys=_KEY, many=True, account=True)


def create_management(*, label: str | None = None, ttl_seconds: int | None = None) -> Call[ManagementKey]:
    body = given(label=label, ttl_seconds=ttl_seconds)
    return Call("POST", paths.KEYS_MANAGEMENT, body=body, keys=_KEY, idempotent=True, account=True)


def create_identity(uuid: str, *, label: str | None = None, ttl_seconds: int | None = None) -> Call[IdentityKey]:
    body = given(identity_uuid=uuid, label=label, ttl_seconds=ttl_seconds)
    return Call("POST", paths.KEYS_IDENTITY, body=body, keys=_KEY, idempotent=True, account=True)


def revoke_management(uuid: str) -> Call[None]:
    return Call("DELETE", f"{paths.KEYS_MANAGEMENT}{uuid}/", account=True)


def revoke_identity(uuid: str) -> Call[None]:
    return Call("DELETE", f"{paths.KEYS_IDENTITY}{uuid}/", account=True)
