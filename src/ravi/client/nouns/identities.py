"""Identities: making, finding, switching and ending them."""

from __future__ import annotations

from ravi.client.calls import identities as calls
from ravi.client.references import find, get, uuid_of
from ravi.settings.uuids import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from builtins import list as List  # noqa: N812 - the method below is called `list`
    from collections.abc import Callable, Mapping, Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.calls import Call
    from ravi.client.core import Core, Steps
    from ravi.client.nouns.pruning import Pruned
    from ravi.client.session import Run
    from ravi.wire.identities import Identity, IdentityDeleted, Workspace


class _Unset:
    """Tells "leave it as it is" from None, which takes the end away."""

    def __repr__(self) -> str:
        return "<unset>"


UNSET = _Unset()


def _on(core: Core, ref: str, make: Callable[[str], Call[Identity]]) -> Steps[Identity]:
    uuid = yield from uuid_of(core, ref)
    answer = yield from core.send(make(uuid))
    return answer


def _create(core: Core, make: Callable[[str | None, str | None], Call[Identity]]) -> Steps[Identity]:
    """Send what *make* makes of a uuid and a public key; both are None where this machine has no root to derive one."""
    from ravi.client.public_keys import fill, present_root, public_key

    uuid = key = None
    root_key = yield from present_root(core)
    if root_key is not None:
        uuid = new_uuid()
        key = public_key(root_key, uuid)
    made = yield from core.send(make(uuid, key))
    return (yield from fill(core, made))


def _fill(core: Core, identity: Identity) -> Steps[Identity]:
    from ravi.client.public_keys import fill

    return (yield from fill(core, identity))


def _delete(core: Core, ref: str) -> Steps[IdentityDeleted]:
    uuid = yield from uuid_of(core, ref)
    receipt = yield from core.send(calls.delete(uuid))
    return receipt


def _changes(
    name: str | None,
    labels: Mapping[str, str] | None,
    ttl_seconds: int | _Unset | None,
    allowed_recipients: Sequence[str] | _Unset | None,
) -> dict[str, object]:
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = name
    if labels is not None:
        changes["labels"] = dict(labels)
    if not isinstance(ttl_seconds, _Unset):
        changes["ttl_seconds"] = ttl_seconds
    if not isinstance(allowed_recipients, _Unset):
        changes["allowed_recipients"] = None if allowed_recipients is None else list(allowed_recipients)
    return changes


class Identities:
    """
    The identities that the credential reaches.

    *ref* is a uuid or a name that only one of them has: IdentityNotFound when there is none,
    IdentityAmbiguous (whose `details` lists them) when there are several.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self, *, prefix: str | None = None, label: Mapping[str, str] | None = None, name: str | None = None
    ) -> List[Identity]:
        """All of them, oldest first, or those whose name begins with *prefix*, is *name*, that bear *label*."""
        return self._run(lambda core: core.send(calls.list_(name=name, prefix=prefix, labels=label)))

    def create(
        self,
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
    ) -> Identity:
        """
        Make one, with an address and, unless refused, a number; *country_code* says from where (`provision_phone`).

        *reuse* answers with the live identity of that name if there is one. *api_key* has a key of its own
        made, which is in this answer and nowhere else. *allowed_recipients* are all that it may write to (`update`).
        Where this machine holds the account's root, the public half of the identity's vault key is registered.
        """
        return self._run(
            lambda core: _create(
                core,
                lambda uuid, public_key: calls.create(
                    name=name,
                    email=email,
                    labels=labels,
                    ttl_seconds=ttl_seconds,
                    workspace=workspace,
                    provision_phone=provision_phone,
                    country_code=country_code,
                    reuse=reuse,
                    api_key=api_key,
                    allowed_recipients=allowed_recipients,
                    uuid=uuid,
                    public_key=public_key,
                ),
            )
        )

    def get(self, ref: str) -> Identity:
        """The identity *ref*. Raises IdentityNotFound or IdentityAmbiguous."""
        return self._run(lambda core: get(core, ref))

    def find(self, ref: str) -> Identity | None:
        """The identity *ref*, or None when there is none. Raises IdentityAmbiguous."""
        return self._run(lambda core: find(core, ref))

    def fill_public_key(self, identity: Identity) -> Identity:
        """
        Register the public key of *identity*, as `get` answered it, if it has none and this machine holds the
        account's root. Returns *identity* as it is then; what goes wrong is no error, because a write tries again.
        """
        return self._run(lambda core: _fill(core, identity))

    def update(
        self,
        ref: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        ttl_seconds: int | _Unset | None = UNSET,
        allowed_recipients: Sequence[str] | _Unset | None = UNSET,
    ) -> Identity:
        """
        Change what is given. *ttl_seconds* counts from now; None means without end.

        *allowed_recipients* are all that it may write to: addresses, domains (`example.com` is exactly that one,
        `*.example.com` what is below it), E.164 numbers. An empty list means nobody, None anybody. Only for the owner.
        """
        changes = _changes(name, labels, ttl_seconds, allowed_recipients)
        return self._run(lambda core: _on(core, ref, lambda uuid: calls.update(uuid, changes)))

    def disable(self, ref: str) -> Identity:
        """Switch it off: mail and SMS are refused, its keys stop. Reversible."""
        return self._run(lambda core: _on(core, ref, calls.disable))

    def enable(self, ref: str) -> Identity:
        """Switch it on again, with everything it had."""
        return self._run(lambda core: _on(core, ref, calls.enable))

    def delete(self, ref: str) -> IdentityDeleted:
        """End it for good; the answer is a receipt. Raises IdentityDeleted (the error) the second time."""
        return self._run(lambda core: _delete(core, ref))

    def prune(
        self,
        *,
        prefix: str | None = None,
        label: Mapping[str, str] | None = None,
        older_than_seconds: int | None = None,
        dry_run: bool = False,
        confirm: Callable[[List[Identity]], bool] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Pruned:
        """
        End for good all whose name begins with *prefix*, that bear *label*, and that were made so long ago.

        One of the first two must be given. *dry_run* ends none; *confirm* is shown them and may say no. *progress* is
        told how many of how many are done. Those that somebody else has ended meanwhile are passed over, so it may run
        twice, or in two places at once; what cannot be ended does not stop the rest, and is in `failures`.
        """
        from ravi.client.nouns.pruning import Selection, prune

        chosen = Selection(prefix, label, older_than_seconds)
        return self._run(lambda core: prune(core, chosen, dry_run=dry_run, confirm=confirm, progress=progress))

    def provision_phone(self, ref: str, *, country_code: str | None = None) -> Identity:
        """
        Give it a number, from the country of these two letters if the carrier has a choice.

        Raises PhoneExists when it has one, NumbersExhausted and ProviderFailed.
        """
        return self._run(
            lambda core: _on(core, ref, lambda uuid: calls.provision_phone(uuid, country_code=country_code))
        )

    def release_phone(self, ref: str) -> Identity:
        """
        Take its number away for good: nobody gets it again. The texts stay.

        Only for the owner. Raises NoPhone when it has none.
        """
        return self._run(lambda core: _on(core, ref, calls.release_phone))


class AsyncIdentities:
    """`Identities`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def list(
        self, *, prefix: str | None = None, label: Mapping[str, str] | None = None, name: str | None = None
    ) -> List[Identity]:
        return await self._run(lambda core: core.send(calls.list_(name=name, prefix=prefix, labels=label)))

    async def create(
        self,
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
    ) -> Identity:
        return await self._run(
            lambda core: _create(
                core,
                lambda uuid, public_key: calls.create(
                    name=name,
                    email=email,
                    labels=labels,
                    ttl_seconds=ttl_seconds,
                    workspace=workspace,
                    provision_phone=provision_phone,
                    country_code=country_code,
                    reuse=reuse,
                    api_key=api_key,
                    allowed_recipients=allowed_recipients,
                    uuid=uuid,
                    public_key=public_key,
                ),
            )
        )

    async def get(self, ref: str) -> Identity:
        return await self._run(lambda core: get(core, ref))

    async def find(self, ref: str) -> Identity | None:
        return await self._run(lambda core: find(core, ref))

    async def fill_public_key(self, identity: Identity) -> Identity:
        return await self._run(lambda core: _fill(core, identity))

    async def update(
        self,
        ref: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        ttl_seconds: int | _Unset | None = UNSET,
        allowed_recipients: Sequence[str] | _Unset | None = UNSET,
    ) -> Identity:
        changes = _changes(name, labels, ttl_seconds, allowed_recipients)
        return await self._run(lambda core: _on(core, ref, lambda uuid: calls.update(uuid, changes)))

    async def disable(self, ref: str) -> Identity:
        return await self._run(lambda core: _on(core, ref, calls.disable))

    async def enable(self, ref: str) -> Identity:
        return await self._run(lambda core: _on(core, ref, calls.enable))

    async def delete(self, ref: str) -> IdentityDeleted:
        return await self._run(lambda core: _delete(core, ref))

    async def prune(
        self,
        *,
        prefix: str | None = None,
        label: Mapping[str, str] | None = None,
        older_than_seconds: int | None = None,
        dry_run: bool = False,
        confirm: Callable[[List[Identity]], bool] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Pruned:
        from ravi.client.nouns.pruning import Selection, prune

        chosen = Selection(prefix, label, older_than_seconds)
        return await self._run(lambda core: prune(core, chosen, dry_run=dry_run, confirm=confirm, progress=progress))

    async def provision_phone(self, ref: str, *, country_code: str | None = None) -> Identity:
        return await self._run(
            lambda core: _on(core, ref, lambda uuid: calls.provision_phone(uuid, country_code=country_code))
        )

    async def release_phone(self, ref: str) -> Identity:
        return await self._run(lambda core: _on(core, ref, calls.release_phone))
