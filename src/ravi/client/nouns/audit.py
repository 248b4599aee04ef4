"""The audit log."""

from __future__ import annotations

from ravi.client.calls import audit as calls
from ravi.client.references import uuid_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.audit import AuditEntry, AuditHead


def _list(
    core: Core,
    identity: str | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    after: int | None,
) -> Steps[list[AuditEntry]]:
    uuid = None
    if identity is not None:  # a uuid is not looked up: what is known of an identity that is gone is still there
        uuid = yield from uuid_of(core, identity)
    call = calls.list_(identity=uuid, since=since, until=until, limit=limit, after=after)
    page = yield from core.send(call)
    return page["entries"]


def _head(core: Core) -> Steps[AuditHead]:
    page = yield from core.send(calls.list_(limit=1))
    return page["head"]


class Audit:
    """Who did what in the account. Only a credential of the account reads it."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        identity: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: int | None = None,
    ) -> list[AuditEntry]:
        """
        Entries, oldest first: the last *limit* (100, at most 1000), or with *after* (a `seq`) the first behind it.

        Of *identity* (a uuid, also of one that is gone, or a name), from *since* to before *until*, both RFC 3339.
        """
        return self._run(lambda core: _list(core, identity, since, until, limit, after))

    def head(self) -> AuditHead:
        """Where the log ends. Noted elsewhere, it shows later whether anything before it was changed."""
        return self._run(_head)


class AsyncAudit:
    """`Audit`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def list(
        self,
        *,
        identity: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: int | None = None,
    ) -> list[AuditEntry]:
        return await self._run(lambda core: _list(core, identity, since, until, limit, after))

    async def head(self) -> AuditHead:
        return await self._run(_head)
