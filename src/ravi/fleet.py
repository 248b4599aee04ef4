"""
Fleets in one line, for programs that need nothing else of the library.

    import ravi

    fleet = ravi.fleet.up(10, ttl_seconds=3600)
    for member in fleet.members:
        start_agent(member.path, RAVI_CONFIG_DIR=member.config_dir)
    ravi.fleet.down()

Each function makes a `ravi.Client` of what is found in the environment and this user's files, and closes it again.
The arguments are those of `Client.fleet`, whose methods say what they mean; `aup`, `adown` and `astatus` are awaited.
"""

from __future__ import annotations

from ravi.client.aio import AsyncClient
from ravi.client.session import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ravi.client.fleets.lowering import Lowered
    from ravi.client.fleets.raising import Progress
    from ravi.client.fleets.standing import Standing
    from ravi.client.fleets.values import Fleet

__all__ = ["adown", "astatus", "aup", "down", "status", "up"]


def up(
    targets: int | Sequence[str],
    *,
    name: str | None = None,
    prefix: str | None = None,
    worktrees: str | None = None,
    ttl_seconds: int | None = None,
    env_file: str | None = None,
    labels: Mapping[str, str] | None = None,
    provision_phone: bool | None = None,
    progress: Progress | None = None,
) -> Fleet:
    """See `Client.fleet.up`."""
    with Client() as client:
        return client.fleet.up(
            targets,
            name=name,
            prefix=prefix,
            worktrees=worktrees,
            ttl_seconds=ttl_seconds,
            env_file=env_file,
            labels=labels,
            provision_phone=provision_phone,
            progress=progress,
        )


async def aup(
    targets: int | Sequence[str],
    *,
    name: str | None = None,
    prefix: str | None = None,
    worktrees: str | None = None,
    ttl_seconds: int | None = None,
    env_file: str | None = None,
    labels: Mapping[str, str] | None = None,
    provision_phone: bool | None = None,
    progress: Progress | None = None,
) -> Fleet:
    """`up`, awaitable."""
    async with AsyncClient() as client:
        return await client.fleet.up(
            targets,
            name=name,
            prefix=prefix,
            worktrees=worktrees,
            ttl_seconds=ttl_seconds,
            env_file=env_file,
            labels=labels,
            provision_phone=provision_phone,
            progress=progress,
        )


def status(*, name: str | None = None, prefix: str | None = None) -> list[Standing]:
    """See `Client.fleet.status`."""
    with Client() as client:
        return client.fleet.status(name=name, prefix=prefix)


async def astatus(*, name: str | None = None, prefix: str | None = None) -> list[Standing]:
    """`status`, awaitable."""
    async with AsyncClient() as client:
        return await client.fleet.status(name=name, prefix=prefix)


def down(
    targets: Sequence[str] | None = None,
    *,
    name: str | None = None,
    prefix: str | None = None,
    everywhere: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Lowered:
    """See `Client.fleet.down`."""
    with Client() as client:
        return client.fleet.down(targets, name=name, prefix=prefix, everywhere=everywhere, progress=progress)


async def adown(
    targets: Sequence[str] | None = None,
    *,
    name: str | None = None,
    prefix: str | None = None,
    everywhere: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Lowered:
    """`down`, awaitable."""
    async with AsyncClient() as client:
        return await client.fleet.down(targets, name=name, prefix=prefix, everywhere=everywhere, progress=progress)
