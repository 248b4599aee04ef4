"""Fleets: many workspaces at once, each with an identity of its own."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.fleets.lowering import Lowered
    from ravi.client.fleets.raising import Attempt, Progress
    from ravi.client.fleets.roster import Post
    from ravi.client.fleets.standing import Standing
    from ravi.client.fleets.values import Fleet
    from ravi.client.session import Run


class Fleets:
    """
    Fleets of the account. A fleet is the identities that bear one label, `fleet=<name>`.

    Where *name* is left out, it is made of *prefix* and the working directory, so that the same words mean the same
    fleet again. Without both, `status`, `posts` and `down` take the fleet that was started in the working directory;
    Conflict when there are several.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def up(
        self,
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
        """
        Give each of these directories an identity, or make so many directories that have one: all, or none.

        A number makes `./<prefix>-0` and so on; with *worktrees* they are worktrees of the git repository here, beside
        it, each with a branch `<worktrees>-<number>`. Identities are called `<prefix>-<number>` ("agent" by default),
        those of named directories like the directory unless *prefix* is given. The rest is as for `workspaces.ensure`.

        It may be called again, and after a crash: directories that are bound stay so, what is missing is made. When
        anything fails, or this is interrupted, everything that was made is unmade. *progress* is told what is being
        done ("preparing", "checking", "making", "finishing"), and for how many of how many.
        """
        attempt = _attempt(targets, name, prefix, worktrees, ttl_seconds, env_file, labels, provision_phone, progress)
        try:
            return self._run(attempt.up)
        except BaseException as error:
            self._run(attempt.undo)
            attempt.explain(error)
            raise

    def down(
        self,
        targets: Sequence[str] | None = None,
        *,
        name: str | None = None,
        prefix: str | None = None,
        everywhere: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Lowered:
        """
        End the identities of a fleet, or of the directories *targets*, and remove their bindings; directories and
        worktrees that were made with the fleet go too, if nothing in them would be lost.

        Members on other machines are left alone, unless *everywhere*. May run twice, and in two places at once; what
        cannot be ended does not stop the rest, and is in `failures`.
        """
        cwd = os.getcwd()
        return self._run(lambda core: _down(core, name, prefix, cwd, targets, progress, everywhere))

    def status(self, *, name: str | None = None, prefix: str | None = None) -> list[Standing]:
        """Who is in a fleet, oldest first: unread, last seen, waiting for what, and whether its directory binds it."""
        cwd = os.getcwd()
        return self._run(lambda core: _status(core, name, prefix, cwd))

    def posts(
        self, targets: Sequence[str] | None = None, *, name: str | None = None, prefix: str | None = None
    ) -> list[Post]:
        """
        Where the members of a fleet work on this machine, or those in the directories *targets*.

        Raises IdentityNotFound when there are none, UsageError for a directory that is not bound.
        """
        cwd = os.getcwd()
        return self._run(lambda core: _posts(core, name, prefix, cwd, targets))


class AsyncFleets:
    """`Fleets`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def up(
        self,
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
        attempt = _attempt(targets, name, prefix, worktrees, ttl_seconds, env_file, labels, provision_phone, progress)
        try:
            return await self._run(attempt.up)
        except BaseException as error:
            await self._run(attempt.undo)
            attempt.explain(error)
            raise

    async def down(
        self,
        targets: Sequence[str] | None = None,
        *,
        name: str | None = None,
        prefix: str | None = None,
        everywhere: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Lowered:
        cwd = os.getcwd()
        return await self._run(lambda core: _down(core, name, prefix, cwd, targets, progress, everywhere))

    async def status(self, *, name: str | None = None, prefix: str | None = None) -> list[Standing]:
        cwd = os.getcwd()
        return await self._run(lambda core: _status(core, name, prefix, cwd))

    async def posts(
        self, targets: Sequence[str] | None = None, *, name: str | None = None, prefix: str | None = None
    ) -> list[Post]:
        cwd = os.getcwd()
        return await self._run(lambda core: _posts(core, name, prefix, cwd, targets))


def _down(
    core: Core,
    name: str | None,
    prefix: str | None,
    cwd: str,
    targets: Sequence[str] | None,
    progress: Callable[[int, int], None] | None,
    everywhere: bool,
) -> Steps[Lowered]:
    from ravi.client.fleets.berths import which_fleet
    from ravi.client.fleets.lowering import down

    fleet = None if targets else (yield from which_fleet(core, name, prefix, cwd))
    return (yield from down(core, fleet, targets, progress, everywhere=everywhere))


def _status(core: Core, name: str | None, prefix: str | None, cwd: str) -> Steps[list[Standing]]:
    from ravi.client.fleets.berths import which_fleet
    from ravi.client.fleets.standing import status

    fleet = yield from which_fleet(core, name, prefix, cwd)
    return (yield from status(core, fleet))


def _posts(
    core: Core, name: str | None, prefix: str | None, cwd: str, targets: Sequence[str] | None
) -> Steps[list[Post]]:
    from ravi.client.fleets.berths import which_fleet
    from ravi.client.fleets.roster import posts

    fleet = "" if targets else (yield from which_fleet(core, name, prefix, cwd))
    return (yield from posts(core, fleet, targets))


def _attempt(
    targets: int | Sequence[str],
    name: str | None,
    prefix: str | None,
    worktrees: str | None,
    ttl_seconds: int | None,
    env_file: str | None,
    labels: Mapping[str, str] | None,
    provision_phone: bool | None,
    progress: Progress | None,
) -> Attempt:
    from ravi.client.fleets.raising import Attempt
    from ravi.client.fleets.values import Wish

    wish = Wish(
        targets,
        prefix=prefix,
        worktrees=worktrees,
        name=name,
        ttl_seconds=ttl_seconds,
        env_file=env_file,
        labels=labels,
        provision_phone=provision_phone,
    )
    return Attempt(wish, os.getcwd(), progress)
