"""The event log."""

from __future__ import annotations

from ravi.client.calls import events as calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.events import Event


def _list(
    core: Core, since: int | None, limit: int | None, types: Sequence[str] | None, whole_account: bool
) -> Steps[list[Event]]:
    call = calls.list_(since=since, limit=limit, types=types, whole_account=whole_account)
    page = yield from core.send(call)
    return page["events"]


class Events:
    """What happened, in order."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        since: int | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
        whole_account: bool = False,
    ) -> list[Event]:
        """
        Events after *since* (the `seq` of the last one seen), oldest first, at most *limit*.

        They are the selected identity's; with *whole_account* those of every identity in reach.
        """
        return self._run(lambda core: _list(core, since, limit, types, whole_account))


class AsyncEvents:
    """`Events`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def list(
        self,
        *,
        since: int | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
        whole_account: bool = False,
    ) -> list[Event]:
        return await self._run(lambda core: _list(core, since, limit, types, whole_account))
