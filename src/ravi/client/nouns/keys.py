"""API keys."""

from __future__ import annotations

from ravi.client.calls import keys as calls
from ravi.client.references import uuid_of
from ravi.errors import Forbidden, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.auth import IdentityKey, ManagementKey


def _list_identity(core: Core, identity: str | None) -> Steps[list[IdentityKey]]:
    uuid = None
    if identity is not None:
        uuid = yield from uuid_of(core, identity)
    rows = yield from core.send(calls.list_identity(identity=uuid))
    return rows


def _create_identity(core: Core, ref: str, label: str | None, ttl_seconds: int | None) -> Steps[IdentityKey]:
    uuid = yield from uuid_of(core, ref)
    made = yield from core.send(calls.create_identity(uuid, label=label, ttl_seconds=ttl_seconds))
    return made


def _revoke(core: Core, uuid: str) -> Steps[None]:
    # A key's uuid does not say its kind. Identity keys first: that
    # path is open to every credential, the other only to the account's.
    try:
        yield from core.send(calls.revoke_identity(uuid))
    except NotFound as missing:
        try:
            yield from core.send(calls.revoke_management(uuid))
        except (NotFound, Forbidden):
            raise missing from None


class Keys:
    """The account's and the identities' keys. The whole `key` is only in the answer to its creation."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list_management(self) -> list[ManagementKey]:
        """The account's keys, masked."""
        return self._run(lambda core: core.send(calls.list_management()))

    def list_identity(self, *, identity: str | None = None) -> list[IdentityKey]:
        """Identity keys, masked: of *identity* (uuid or unique name), or all in reach."""
        return self._run(lambda core: _list_identity(core, identity))

    def create_management(self, label: str | None = None, ttl_seconds: int | None = None) -> ManagementKey:
        """A key to the whole account."""
        call = calls.create_management(label=label, ttl_seconds=ttl_seconds)
        return self._run(lambda core: core.send(call))

    def create_identity(self, ref: str, label: str | None = None, ttl_seconds: int | None = None) -> IdentityKey:
        """A key that reaches the identity *ref* (uuid or unique name) and nothing else."""
        return self._run(lambda core: _create_identity(core, ref, label, ttl_seconds))

    def revoke(self, uuid: str) -> None:
        """End the key with this uuid, of either kind. Raises NotFound."""
        return self._run(lambda core: _revoke(core, uuid))


class AsyncKeys:
    """`Keys`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def list_management(self) -> list[ManagementKey]:
        return await self._run(lambda core: core.send(calls.list_management()))

    async def list_identity(self, *, identity: str | None = None) -> list[IdentityKey]:
        return await self._run(lambda core: _list_identity(core, identity))

    async def create_management(self, label: str | None = None, ttl_seconds: int | None = None) -> ManagementKey:
        call = calls.create_management(label=label, ttl_seconds=ttl_seconds)
        return await self._run(lambda core: core.send(call))

    async def create_identity(self, ref: str, label: str | None = None, ttl_seconds: int | None = None) -> IdentityKey:
        return await self._run(lambda core: _create_identity(core, ref, label, ttl_seconds))

    async def revoke(self, uuid: str) -> None:
        return await self._run(lambda core: _revoke(core, uuid))
