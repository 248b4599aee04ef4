"""Workspaces: directories with an identity of their own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.session import Run
    from ravi.client.workspaces.collecting import Orphan
    from ravi.client.workspaces.standing import Standing
    from ravi.client.workspaces.values import Bound, Released


class Workspaces:
    """
    Directories, each with an identity of its own in `.ravi/config.json`. Needs the owner's sign-in, except where
    nothing has to be made.

    *folder* is a path. Raises UsageError when it is no directory or cannot be a workspace, ConfigUntrusted when what
    lies there is somebody else's.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def ensure(
        self,
        folder: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        ttl_seconds: int | None = None,
        provision_phone: bool | None = None,
        allowed_recipients: Sequence[str] | None = None,
        env_file: str | None = None,
        rebind: bool = False,
    ) -> Bound:
        """
        See to it that *folder* has its identity: with a key of its own and, where this machine holds the account's
        root, its vault key.

        May be called again, at the same time and after a crash: it is the same identity. The rest says what a new one
        shall be (see `Identities.create`; *name* is the directory's by default), but that *ttl_seconds* counts anew
        each time that the owner calls, and *env_file*, a path in *folder*, is written each time. *rebind* replaces
        what is there by a new identity; the former one is left for `gc`.

        Raises NotSignedIn, IdentityDisabled, Unauthenticated for a key that was revoked, ConfigInvalid for a file that
        `ensure` has not written. If a step after the creation fails, the identity is ended again.
        """
        from ravi.client.workspaces.ensuring import ensure
        from ravi.client.workspaces.values import Wish

        wish = Wish(
            name=name,
            labels=labels,
            ttl_seconds=ttl_seconds,
            provision_phone=provision_phone,
            allowed_recipients=allowed_recipients,
            env_file=env_file,
            rebind=rebind,
        )
        return self._run(lambda core: ensure(core, folder, wish))

    def release(self, folder: str) -> Released:
        """
        End the identity of *folder* and remove what `ensure` has written there. Nothing bound is no error.

        Raises NotSignedIn; ConfigInvalid for a file that `ensure` has not written. What fails leaves everything there.
        """
        from ravi.client.workspaces.releasing import release

        return self._run(lambda core: release(core, folder))

    def status(self, folder: str) -> Standing:
        """How it stands with *folder*: what lies there, and whether an agent could act with it. Changes nothing."""
        from ravi.client.workspaces.standing import stand

        return self._run(lambda core: stand(core, folder))

    def gc(
        self,
        *,
        dry_run: bool = False,
        also_unsure: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Orphan]:
        """
        End the identities that were made for workspaces of this machine which are gone; the answer lists them.

        *dry_run* ends none. A workspace that may only be out of sight, because the directory above it is gone or empty
        too, is listed as "unsure", and its identity is ended with *also_unsure* alone. May run twice, and in two places
        at once. *progress* is told how many of how many are ended; what cannot be ended does not stop the rest.
        """
        from ravi.client.workspaces.collecting import collect

        return self._run(lambda core: collect(core, dry_run=dry_run, also_unsure=also_unsure, progress=progress))


class AsyncWorkspaces:
    """`Workspaces`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def ensure(
        self,
        folder: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        ttl_seconds: int | None = None,
        provision_phone: bool | None = None,
        allowed_recipients: Sequence[str] | None = None,
        env_file: str | None = None,
        rebind: bool = False,
    ) -> Bound:
        from ravi.client.workspaces.ensuring import ensure
        from ravi.client.workspaces.values import Wish

        wish = Wish(
            name=name,
            labels=labels,
            ttl_seconds=ttl_seconds,
            provision_phone=provision_phone,
            allowed_recipients=allowed_recipients,
            env_file=env_file,
            rebind=rebind,
        )
        return await self._run(lambda core: ensure(core, folder, wish))

    async def release(self, folder: str) -> Released:
        from ravi.client.workspaces.releasing import release

        return await self._run(lambda core: release(core, folder))

    async def status(self, folder: str) -> Standing:
        from ravi.client.workspaces.standing import stand

        return await self._run(lambda core: stand(core, folder))

    async def gc(
        self,
        *,
        dry_run: bool = False,
        also_unsure: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Orphan]:
        from ravi.client.workspaces.collecting import collect

        return await self._run(lambda core: collect(core, dry_run=dry_run, also_unsure=also_unsure, progress=progress))
