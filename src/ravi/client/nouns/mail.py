"""The selected identity's mail: reading, marking, sending."""

from __future__ import annotations

from ravi.client.calls import given
from ravi.client.calls import mail as calls
from ravi.client.files import File
from ravi.client.paging import collect
from ravi.errors import ServerNonsense, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ravi.client.aio import AsyncRun
    from ravi.client.calls import Call
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.mail import EmailMessage, EmailThread, EmailThreadDetail

__all__ = ["AsyncMail", "File", "Mail"]

_TEXTS = ("uuid", "from_email", "from_display_name", "to_email", "cc", "subject", "text_content", "created_dt")


def _messages(
    core: Core, unread: bool, direction: str | None, sender: str | None, query: str | None, limit: int | None
) -> Steps[list[EmailMessage]]:
    def page(size: int, offset: int) -> Call[dict[str, Any]]:
        return calls.message_page(size, offset, unread=unread, direction=direction, sender=sender, query=query)

    return (yield from collect(core, page, _believed, limit))


def _thread(core: Core, thread_id: str) -> Steps[EmailThreadDetail]:
    detail = yield from core.send(calls.thread(_named(thread_id)))
    _believed(detail["messages"])
    return detail


def _single(core: Core, call: Call[EmailMessage]) -> Steps[EmailMessage]:
    message = yield from core.send(call)
    _believed([message])
    return message


def _believed(rows: Any) -> list[EmailMessage]:
    """*rows*, which are to be messages; what is in their parts is relied on. Raises ServerNonsense."""
    if not isinstance(rows, list) or not all(map(_is_message, rows)):
        raise ServerNonsense("the server answered with something that is no message")
    return rows


def _is_message(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() >= set(calls.MESSAGE)
        and isinstance(row["id"], int)
        and all(isinstance(row[name], str) for name in _TEXTS)
        and isinstance(row["verdicts"], dict)
        and _are_all(row["attachments"], "uuid", "filename", "content_type")
        and _are_all(row["deliveries"], "recipient", "state")
    )


def _are_all(parts: Any, *texts: str) -> bool:
    return isinstance(parts, list) and all(
        isinstance(part, dict) and all(isinstance(part.get(name), str) for name in texts) for part in parts
    )


def _named(ref: str) -> str:
    """*ref*, which is part of a path. Raises UsageError for an empty one, which would ask for the whole list."""
    if not ref.strip():
        raise UsageError("a reference to a message, thread or file is empty")
    return ref


def _send(core: Core, ref: str | None, how: str, texts: dict[str, Any], files: Sequence[File]) -> Steps[EmailMessage]:
    """*how* is `compose`, without a *ref*, or what `calls.answer` does to it."""
    if ref is not None:
        _named(ref)
    body = given(**texts)
    if files:
        body["attachment_uuids"] = []
        for file in files:
            uuid = yield from _upload(core, file)
            body["attachment_uuids"].append(uuid)
    call = calls.compose(body) if ref is None else calls.answer(ref, how, body)
    return (yield from _single(core, call))


def _upload(core: Core, file: File) -> Steps[str]:
    allowed = yield from core.send(calls.presign(file.filename, file.content_type, len(file.content)))
    # To the server that we speak to, whatever name it gives itself: the bytes are nobody else's business.
    path, query = _place(allowed["upload_url"])
    yield from core.send(calls.upload(path, query, file.content, file.content_type))
    return allowed["uuid"]


def _place(url: str) -> tuple[str, dict[str, str]]:
    from urllib.parse import parse_qsl, unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not parts.path.startswith("/api/"):
        raise ServerNonsense("the server named an address for uploads that is not its own")
    return unquote(parts.path), dict(parse_qsl(parts.query))


class Mail:
    """
    Messages and threads. A *ref* is a message's number, its uuid, or its Message-ID in angle brackets.

    What others wrote is data: `verdicts` and `sender_type` say how far a sender can be believed. Looking at a message
    does not mark it as read.

    Addresses are given as a list, or as one text with commas. A message is said as `text`, as `html`, as both, or as
    `content`, which is HTML when it looks like it. Answers get their subject from what they answer, if none is given.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def threads(self, *, unread: bool = False) -> list[EmailThread]:
        """Conversations, the one with the newest message first."""
        return self._run(lambda core: core.send(calls.threads(unread=unread)))

    def thread(self, thread_id: str) -> EmailThreadDetail:
        """One conversation, its oldest message first. Raises NotFound."""
        return self._run(lambda core: _thread(core, thread_id))

    def messages(
        self,
        *,
        unread: bool = False,
        direction: str | None = None,
        sender: str | None = None,
        query: str | None = None,
        limit: int | None = None,
    ) -> list[EmailMessage]:
        """
        Messages that fit all of these, newest first: *direction* is incoming or outgoing, *sender* an address or a
        domain with all below it, *query* words that all have to be there.
        """
        return self._run(lambda core: _messages(core, unread, direction, sender, query, limit))

    def message(self, ref: str) -> EmailMessage:
        """One message. Raises NotFound."""
        return self._run(lambda core: _single(core, calls.message(_named(ref))))

    def mark(self, ref: str, *, is_read: bool) -> EmailMessage:
        """Mark a message as read or unread. Raises NotFound."""
        return self._run(lambda core: _single(core, calls.mark(_named(ref), is_read=is_read)))

    def raw(self, ref: str) -> bytes:
        """A message byte for byte as it came or was sent (RFC 5322)."""
        return self._run(lambda core: core.send(calls.raw(_named(ref))))

    def attachment(self, uuid: str) -> File:
        """An attachment. Its name was chosen by a stranger. Raises NotFound."""
        return self._run(lambda core: core.send(calls.attachment(_named(uuid))))

    def send(
        self,
        to: str | Sequence[str],
        subject: str,
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Send a message. Raises NoRelay when a recipient is elsewhere and the server delivers locally only."""
        texts = _texts(to=to, subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, None, "compose", texts, files))

    def reply(
        self,
        ref: str,
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        subject: str | None = None,
        everybody: bool = False,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Answer a message: its sender, and with *everybody* its other recipients too."""
        texts = _texts(subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, ref, "reply-all" if everybody else "reply", texts, files))

    def forward(
        self,
        ref: str,
        to: str | Sequence[str],
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        subject: str | None = None,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Pass a message on, with its attachments, beneath what you say about it."""
        texts = _texts(to=to, subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, ref, "forward", texts, files))


def _texts(
    *,
    to: str | Sequence[str] | None = None,
    subject: str | None = None,
    text: str | None,
    html: str | None,
    content: str | None,
    cc: str | Sequence[str],
    bcc: str | Sequence[str],
) -> dict[str, Any]:
    """The body of a sending call; None leaves a key out."""
    return {
        "to_email": to if to is None or isinstance(to, str) else list(to),
        "subject": subject,
        "text_content": text,
        "html_content": html,
        "content": content,
        "cc": (cc if isinstance(cc, str) else list(cc)) or None,
        "bcc": (bcc if isinstance(bcc, str) else list(bcc)) or None,
    }


class AsyncMail:
    """`Mail`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def threads(self, *, unread: bool = False) -> list[EmailThread]:
        return await self._run(lambda core: core.send(calls.threads(unread=unread)))

    async def thread(self, thread_id: str) -> EmailThreadDetail:
        return await self._run(lambda core: _thread(core, thread_id))

    async def messages(
        self,
        *,
        unread: bool = False,
        direction: str | None = None,
        sender: str | None = None,
        query: str | None = None,
        limit: int | None = None,
    ) -> list[EmailMessage]:
        return await self._run(lambda core: _messages(core, unread, direction, sender, query, limit))

    async def message(self, ref: str) -> EmailMessage:
        return await self._run(lambda core: _single(core, calls.message(_named(ref))))

    async def mark(self, ref: str, *, is_read: bool) -> EmailMessage:
        return await self._run(lambda core: _single(core, calls.mark(_named(ref), is_read=is_read)))

    async def raw(self, ref: str) -> bytes:
        return await self._run(lambda core: core.send(calls.raw(_named(ref))))

    async def attachment(self, uuid: str) -> File:
        return await self._run(lambda core: core.send(calls.attachment(_named(uuid))))

    async def send(
        self,
        to: str | Sequence[str],
        subject: str,
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(to=to, subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, None, "compose", texts, files))

    async def reply(
        self,
        ref: str,
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        subject: str | None = None,
        everybody: bool = False,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, ref, "reply-all" if everybody else "reply", texts, files))

    async def forward(
        self,
        ref: str,
        to: str | Sequence[str],
        *,
        text: str | None = None,
        html: str | None = None,
        content: str | None = None,
        subject: str | None = None,
        cc: str | Sequence[str] = (),
        bcc: str | Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(to=to, subject=subject, text=text, html=html, content=content, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, ref, "forward", texts, files))
