"""The selected identity's contacts: whom it exchanges messages with, and whom of them it trusts."""

from __future__ import annotations

from ravi.client.calls import contacts as calls
from ravi.client.calls import given
from ravi.errors import UsageError
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from builtins import list as List  # noqa: N812 - the method below is called `list`
    from typing import Any

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.contacts import Contact


def _uuid_of(core: Core, ref: str) -> Steps[str]:
    if is_uuid(ref):
        return ref.lower()
    found = yield from _get(core, ref)
    return found["uuid"]


def _get(core: Core, ref: str) -> Steps[Contact]:
    if is_uuid(ref):
        return (yield from core.send(calls.get(ref.lower())))
    if "@" in ref:
        return (yield from core.send(calls.find(email=ref, phone_number=None)))
    if ref.startswith("+"):
        return (yield from core.send(calls.find(email=None, phone_number=ref)))
    raise UsageError(f"{ref!r} is neither a contact's uuid, nor an address, nor a number such as +15550100123")


def _find(core: Core, email: str | None, phone_number: str | None) -> Steps[Contact]:
    if not email and not phone_number:
        raise UsageError("say whom to find: an address, a number, or both")
    return (yield from core.send(calls.find(email=email or None, phone_number=phone_number or None)))


def _create(core: Core, body: dict[str, Any]) -> Steps[Contact]:
    if not body.get("email") and not body.get("phone_number"):
        raise UsageError("a contact needs an address or a number")
    return (yield from core.send(calls.create(body)))


def _update(core: Core, ref: str, changes: dict[str, Any]) -> Steps[Contact]:
    if not changes:
        raise UsageError("nothing to change")
    uuid = yield from _uuid_of(core, ref)
    return (yield from core.send(calls.update(uuid, changes)))


def _delete(core: Core, ref: str) -> Steps[None]:
    uuid = yield from _uuid_of(core, ref)
    yield from core.send(calls.delete(uuid))


class Contacts:
    """
    Whom the identity knows. Exchanging a message makes a contact by itself (`source` auto).

    Mail from a trusted contact has the `sender_type` trusted, if its sender is certain. Names of contacts may have
    been chosen by those who bear them. A *ref* is a contact's uuid, its address, or its number in E.164.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(self) -> List[Contact]:
        """All contacts, oldest first."""
        return self._run(lambda core: core.send(calls.list_()))

    def search(self, query: str) -> List[Contact]:
        """Those that have these letters in name, nickname or address."""
        return self._run(lambda core: core.send(calls.search(query)))

    def find(self, *, email: str | None = None, phone_number: str | None = None) -> Contact:
        """The one with exactly this address or number; both, if both are given. Raises NotFound."""
        return self._run(lambda core: _find(core, email, phone_number))

    def get(self, ref: str) -> Contact:
        """One contact. Raises NotFound."""
        return self._run(lambda core: _get(core, ref))

    def create(
        self,
        *,
        email: str | None = None,
        phone_number: str | None = None,
        display_name: str | None = None,
        nickname: str | None = None,
        is_trusted: bool | None = None,
    ) -> Contact:
        """Add a contact, by address, number or both. Raises Conflict when one of them is a contact's already."""
        body = _body(email, phone_number, display_name, nickname, is_trusted)
        return self._run(lambda core: _create(core, body))

    def update(
        self,
        ref: str,
        *,
        email: str | None = None,
        phone_number: str | None = None,
        display_name: str | None = None,
        nickname: str | None = None,
        is_trusted: bool | None = None,
    ) -> Contact:
        """Change what is given; an empty text takes away what it names. Raises NotFound and Conflict."""
        changes = _body(email, phone_number, display_name, nickname, is_trusted)
        return self._run(lambda core: _update(core, ref, changes))

    def delete(self, ref: str) -> None:
        """Erase a contact for good. Its messages stay. Raises NotFound."""
        return self._run(lambda core: _delete(core, ref))


def _body(
    email: str | None, phone_number: str | None, display_name: str | None, nickname: str | None, is_trusted: bool | None
) -> dict[str, Any]:
    return given(
        email=email, phone_number=phone_number, display_name=display_name, nickname=nickname, is_trusted=is_trusted
    )


class AsyncContacts:
    """`Contacts`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def list(self) -> List[Contact]:
        return await self._run(lambda core: core.send(calls.list_()))

    async def search(self, query: str) -> List[Contact]:
        return await self._run(lambda core: core.send(calls.search(query)))

    async def find(self, *, email: str | None = None, phone_number: str | None = None) -> Contact:
        return await self._run(lambda core: _find(core, email, phone_number))

    async def get(self, ref: str) -> Contact:
        return await self._run(lambda core: _get(core, ref))

    async def create(
        self,
        *,
        email: str | None = None,
        phone_number: str | None = None,
        display_name: str | None = None,
        nickname: str | None = None,
        is_trusted: bool | None = None,
    ) -> Contact:
        body = _body(email, phone_number, display_name, nickname, is_trusted)
        return await self._run(lambda core: _create(core, body))

    async def update(
        self,
        ref: str,
        *,
        email: str | None = None,
        phone_number: str | None = None,
        display_name: str | None = None,
        nickname: str | None = None,
        is_trusted: bool | None = None,
    ) -> Contact:
        changes = _body(email, phone_number, display_name, nickname, is_trusted)
        return await self._run(lambda core: _update(core, ref, changes))

    async def delete(self, ref: str) -> None:
        return await self._run(lambda core: _delete(core, ref))
