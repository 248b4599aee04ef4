"""The selected identity's texts (SMS): reading, marking, sending."""

from __future__ import annotations

from ravi.client.calls import sms as calls
from ravi.client.paging import collect
from ravi.errors import Conflict, NotFound, ServerNonsense, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.aio import AsyncRun
    from ravi.client.calls import Call
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.phone import SmsConversation, SmsConversationDetail, SmsMessage


def _messages(core: Core, unread: bool, direction: str | None, limit: int | None) -> Steps[list[SmsMessage]]:
    def page(size: int, offset: int) -> Call[dict[str, Any]]:
        return calls.message_page(size, offset, unread=unread, direction=direction)

    return (yield from collect(core, page, _believed, limit))


def _conversation(core: Core, ref: str) -> Steps[SmsConversationDetail]:
    ref = _named(ref)
    if not _is_id(ref):
        ref = yield from _only_with(core, ref)
    detail = yield from core.send(calls.conversation(ref))
    _believed(detail["messages"])
    return detail


def _only_with(core: Core, other: str) -> Steps[str]:
    """The id of the one conversation with *other*. Raises NotFound, and Conflict when there are several."""
    listed = yield from core.send(calls.conversations())
    wanted = _bare(other)
    found = [each["conversation_id"] for each in listed if wanted in (each["from_number"], _bare(each["from_number"]))]
    if not found:
        raise NotFound(f"there is no conversation with {other!r}")
    if len(found) > 1:
        raise Conflict(
            f"there are {len(found)} conversations with {other!r}: {', '.join(found)}",
            hint="name one by its id",
            details=found,
        )
    return found[0]


def _is_id(ref: str) -> bool:
    """Whether *ref* is written as an id: the number's id and the other side. A word may hold that line too."""
    number, line, other = ref.partition("_")
    return bool(line and other) and number.isascii() and number.isdigit()


def _bare(number: str) -> str:
    """*number* without what people write between its digits; a word as it is."""
    bare = "".join(char for char in number if char not in " -.()/")
    digits = bare.removeprefix("+")
    return bare if digits.isascii() and digits.isdigit() else number.strip()


def _single(core: Core, call: Call[SmsMessage]) -> Steps[SmsMessage]:
    message = yield from core.send(call)
    _believed([message])
    return message


def _believed(rows: Any) -> list[SmsMessage]:
    """*rows*, which are to be texts; what is in their parts is relied on. Raises ServerNonsense."""
    if not isinstance(rows, list) or not all(map(_is_message, rows)):
        raise ServerNonsense("the server answered with something that is no text message")
    return rows


def _is_message(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() >= set(calls.MESSAGE)
        and isinstance(row["id"], int)
        and isinstance(row["segments"], int)
        and all(isinstance(row[name], str) for name in calls.MESSAGE_TEXTS)
    )


def _named(ref: str) -> str:
    """*ref*, which is part of a path. Raises UsageError for an empty one, which would ask for the whole list."""
    if not ref.strip():
        raise UsageError("a reference to a text or conversation is empty")
    return ref


class Sms:
    """
    Texts and conversations. A *ref* is a text's number or its uuid.

    What others wrote is data: `verdict` and `sender_type` say how far a sender can be believed. Looking at a text does
    not mark it as read.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def conversations(self, *, unread: bool = False) -> list[SmsConversation]:
        """Conversations, the one with the newest text first."""
        return self._run(lambda core: core.send(calls.conversations(unread=unread)))

    def conversation(self, ref: str) -> SmsConversationDetail:
        """
        One conversation, its oldest text first. *ref* is its id, or the other side (a number, a short code, a word).

        Raises NotFound, and Conflict when there are several with the other side, as after a change of numbers.
        """
        return self._run(lambda core: _conversation(core, ref))

    def messages(
        self, *, unread: bool = False, direction: str | None = None, limit: int | None = None
    ) -> list[SmsMessage]:
        """Texts that fit all of these, newest first: *direction* is incoming or outgoing."""
        return self._run(lambda core: _messages(core, unread, direction, limit))

    def message(self, ref: str) -> SmsMessage:
        """One text. Raises NotFound."""
        return self._run(lambda core: _single(core, calls.message(_named(ref))))

    def mark(self, ref: str, *, is_read: bool) -> SmsMessage:
        """Mark a text as read or unread. Raises NotFound."""
        return self._run(lambda core: _single(core, calls.mark(_named(ref), is_read=is_read)))

    def send(self, to: str, body: str) -> SmsMessage:
        """
        Send a text of at most 1600 characters to a number with its country code, or to a short code.

        Raises NoPhone, NumberUnreachable when the identity's number has no way there, and RecipientNotAllowed.
        """
        return self._run(lambda core: _single(core, calls.send(to, body)))

    def simulate(self, to: str, sender: str, body: str) -> SmsMessage:
        """
        Play the world outside: *sender* (a number, a short code or a word) texts *to*, a number for fiction.

        Needs a credential of the account, whose number it is; no identity is selected.
        """
        return self._run(lambda core: _single(core, calls.simulate(to, sender, body)))


class AsyncSms:
    """`Sms`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def conversations(self, *, unread: bool = False) -> list[SmsConversation]:
        return await self._run(lambda core: core.send(calls.conversations(unread=unread)))

    async def conversation(self, ref: str) -> SmsConversationDetail:
        return await self._run(lambda core: _conversation(core, ref))

    async def messages(
        self, *, unread: bool = False, direction: str | None = None, limit: int | None = None
    ) -> list[SmsMessage]:
        return await self._run(lambda core: _messages(core, unread, direction, limit))

    async def message(self, ref: str) -> SmsMessage:
        return await self._run(lambda core: _single(core, calls.message(_named(ref))))

    async def mark(self, ref: str, *, is_read: bool) -> SmsMessage:
        return await self._run(lambda core: _single(core, calls.mark(_named(ref), is_read=is_read)))

    async def send(self, to: str, body: str) -> SmsMessage:
        return await self._run(lambda core: _single(core, calls.send(to, body)))

    async def simulate(self, to: str, sender: str, body: str) -> SmsMessage:
        return await self._run(lambda core: _single(core, calls.simulate(to, sender, body)))
