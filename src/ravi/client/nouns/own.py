"""What the selected identity has been given, and what its account has."""

from __future__ import annotations

from ravi.client.calls import own as calls
from ravi.errors import NoInbox, NoPhone, ServerNonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.settings.generic import T
    from ravi.wire.identities import Domain, Inbox, Owner, Phone
    from ravi.wire.limits import Limits


def _email(core: Core) -> Steps[Inbox]:
    rows = yield from core.send(calls.inboxes())
    if not rows:
        raise NoInbox("this identity has no email address")
    return _only(rows, "inboxes")


def _phone(core: Core) -> Steps[Phone]:
    rows = yield from core.send(calls.phones())
    if not rows:
        raise NoPhone("this identity has no phone number", hint="give it one with: ravi phone add")
    return _only(rows, "phone numbers")


def _limits(core: Core) -> Steps[Limits]:
    return (yield from core.send(calls.limits(whole_account=core.settings.identity is None)))


def _only(rows: list[T], what: str) -> T:
    # More than one means that the server did not apply our selection: the first
    # row could then be another identity's, and we would be acting as somebody else.
    if len(rows) > 1:
        raise ServerNonsense(f"the server answered with {len(rows)} {what} for one identity")
    return rows[0]


class Own:
    """The identity's own address and number; the account's owner and mail domains."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def email(self) -> Inbox:
        """The identity's inbox. Raises NoInbox when it has none."""
        return self._run(_email)

    def phone(self) -> Phone:
        """The identity's number. Raises NoPhone when it has none."""
        return self._run(_phone)

    def owner(self) -> Owner:
        """The person whose account this is."""
        return self._run(lambda core: core.send(calls.owner()))

    def domains(self) -> list[Domain]:
        """The domains that addresses may be in."""
        return self._run(lambda core: core.send(calls.domains()))

    def limits(self) -> Limits:
        """
        What limits apply to the credential, and to the selected identity if there is one, and what is left of each.

        Requests are counted by each server process for itself, messages that are sent by all of them together.
        """
        return self._run(_limits)


class AsyncOwn:
    """`Own`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def email(self) -> Inbox:
        return await self._run(_email)

    async def phone(self) -> Phone:
        return await self._run(_phone)

    async def owner(self) -> Owner:
        return await self._run(lambda core: core.send(calls.owner()))

    async def domains(self) -> list[Domain]:
        return await self._run(lambda core: core.send(calls.domains()))

    async def limits(self) -> Limits:
        return await self._run(_limits)
