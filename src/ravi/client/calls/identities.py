"""Calls on identities. All are account calls: they name the identity in the path."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.wire.identities import Identity, IdentityDeleted, Workspace


_IDENTITY = ("uuid", "name", "email")


def list_(
    *, name: str | None = None, prefix: str | None = None, labels: Mapping[str, str] | None = None
) -> Call[list[Identity]]:
    """All identities in reach, or those of exactly this *name*, beginning with *prefix*, bearing all *labels*."""
    wanted = [f"{key}={value}" for key, value in labels.items()] if labels else None
    return Call(
        "GET", paths.IDENTITIES, given(name=name, prefix=prefix, label=wanted), keys=_IDENTITY, many=True, account=True
    )


def create(
    *,
    name: str | None = None,
    email: str | None = None,
    labels: Mapping[str, str] | None = None,
    ttl_seconds: int | None = None,
    workspace: Workspace | None = None,
    provision_phone: bool | None = None,
    country_code: str | None = None,
    reuse: bool = False,
    api_key: bool = False,
    allowed_recipients: Sequence[str] | None = None,
    uuid: str | None = None,
    public_key: str | None = None,
) -> Call[Identity]:
    """
    Make an identity. The answer holds an `api_key` of its own only if *api_key* asks for one, because a key
    that nobody stores is a key that nobody misses when it leaks.

    *public_key* is the one of the identity that will have this *uuid*; the answer is another identity if *reuse* found
    one, or the server is older than the two.
    """
    body = given(
        name=name,
        email=email,
        labels=dict(labels) if labels else None,
        ttl_seconds=ttl_seconds,
        workspace=workspace,
        provision_phone=provision_phone,
        country_code=country_code,
        reuse=reuse or None,
        allowed_recipients=None if allowed_recipients is None else list(allowed_recipients),
        uuid=uuid,
        public_key=public_key,
    )
    body["api_key"] = api_key
    return Call("POST", paths.IDENTITIES, body=body, keys=_IDENTITY, idempotent=True, account=True)


def get(uuid: str) -> Call[Identity]:
    return Call("GET", _path(uuid), keys=_IDENTITY, account=True)


def update(uuid: str, changes: Mapping[str, Any]) -> Call[Identity]:
    """Change what *changes* names; the rest stays."""
    return Call("PATCH", _path(uuid), body=dict(changes), keys=_IDENTITY, account=True)


def delete(uuid: str) -> Call[IdentityDeleted]:
    return Call("DELETE", _path(uuid), keys=("uuid", "deleted_dt"), account=True)


def disable(uuid: str) -> Call[Identity]:
    return Call("POST", _path(uuid) + "disable/", keys=_IDENTITY, account=True)


def enable(uuid: str) -> Call[Identity]:
    return Call("POST", _path(uuid) + "enable/", keys=_IDENTITY, account=True)


def provision_phone(uuid: str, *, country_code: str | None = None) -> Call[Identity]:
    """Give the identity a number."""
    body = given(country_code=country_code)
    return Call("POST", _path(uuid) + "provision-phone/", body=body, keys=_IDENTITY, idempotent=True, account=True)


def release_phone(uuid: str) -> Call[Identity]:
    """Take the identity's number away for good."""
    return Call("POST", _path(uuid) + "release-phone/", keys=_IDENTITY, account=True)


def _path(uuid: str) -> str:
    return f"{paths.IDENTITIES}{uuid}/"
